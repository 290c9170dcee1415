"""Files from the network: several hosts in turn, resumed, checked, and never half there.

A file arrives under another name, ``<name>.part``, beside its place. Only when its checksum is right is it renamed,
so what stands in its place is whole. What was received stays in the ``.part``, and the next attempt, by whichever
host or process, asks for the rest. pooch checks and renames; what it has not (resumption, the choice of the next
host, an estimate of the time left) is the downloader that it is handed.

A download runs in a thread. Whoever wants the files looks on for as long as patience lasts; the thread goes on.

Three environment variables steer it: ``LECTURE_MIRROR`` (an address that is asked first; it serves a copy of the
data folder), ``LECTURE_PATIENCE`` (seconds that a download may still need, 60 unless set) and ``LECTURE_OFFLINE``
(1: do not try).
"""

import errno
import math
import os
import threading
import time
from collections import deque
from urllib.parse import urlsplit

import pooch
import requests
import urllib3
from filelock import FileLock
from tqdm.auto import tqdm

from datafiles.files import intact

CONNECT_TIMEOUT = 5  # seconds
READ_TIMEOUT = 8  # seconds without a byte
PAUSES = (0, 0.5, 1.5, 4)  # seconds before each round of attempts
PATIENCE = 60  # seconds
WARM_UP = 5  # seconds before the speed of a download is judged
WINDOW = 10  # seconds over which its speed is measured
CHUNK = 1 << 14  # bytes
WANTS_LOGIN = "cannot be asked: the proxy wants a name and a password (407); set HTTPS_PROXY to http://NAME:PASSWORD@HOST:PORT"
NO_PROXY = "cannot be asked: the proxy does not answer, or refuses; see HTTPS_PROXY and HTTP_PROXY"
NOT_TRUSTED = (
    "shows a certificate that is not trusted here, as a firewall does that looks into TLS; "
    "set REQUESTS_CA_BUNDLE to a file that holds its certificate"
)
RETRY_STATUS = {408, 425, 429, 500, 502, 503, 504}


class Refused(Exception):
    """A host will not give the file, however often it is asked."""


class NoConnection(Refused):
    """A host cannot be reached."""


class Broken(Exception):
    """An attempt failed; another one may not."""


class Unavailable(Exception):
    """No host gave this file."""


def offline():
    """Tell whether ``LECTURE_OFFLINE`` forbids the network."""
    return os.environ.get("LECTURE_OFFLINE", "").strip().lower() not in ("", "0", "false", "no")


def patience():
    """Return the seconds that a download may still need before the lecture goes on without it.

    Raises
    ------
    ValueError
        If ``LECTURE_PATIENCE`` is not a number of seconds.
    """
    text = os.environ.get("LECTURE_PATIENCE", "").strip() or str(PATIENCE)
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise ValueError(f"LECTURE_PATIENCE must be a number of seconds, 0 or more, but it is {text!r}")
    return seconds


def addresses(remote):
    """Return where to ask for a file, in order: the mirror in ``LECTURE_MIRROR`` first."""
    mirror = os.environ.get("LECTURE_MIRROR", "").strip()
    return [f"{mirror.rstrip('/')}/{remote.path}", *remote.urls] if mirror else list(remote.urls)


def part_of(path):
    """Return where the bytes of an unfinished download lie."""
    return path.with_name(path.name + ".part")


def size_of(path):
    """Return a file's size in bytes, 0 if there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def ask(session, url, headers):
    """Return a host's response, of which nothing is read yet.

    Raises
    ------
    NoConnection, Refused, Broken
        Depending on whether to try this host again.
    """
    try:
        return session.get(url, headers=headers, stream=True, timeout=(CONNECT_TIMEOUT, READ_TIMEOUT))
    except requests.exceptions.SSLError as error:
        raise Refused(NOT_TRUSTED) from error
    except requests.exceptions.ProxyError as error:
        raise Refused(WANTS_LOGIN if "407" in str(error) else NO_PROXY) from error
    except requests.ConnectionError as error:
        if isinstance(error.args[0], urllib3.exceptions.MaxRetryError):
            raise NoConnection("cannot be reached") from error
        raise Broken("broke the connection") from error
    except requests.Timeout as error:
        raise Broken(f"sent nothing for {READ_TIMEOUT:g} s") from error
    except (requests.RequestException, ValueError, OSError) as error:  # no address at all, or no certificates
        raise Refused(f"cannot be asked ({error})") from error


def receive(session, url, remote, part):
    """Receive a file, or what is missing of it, into ``part``.

    Raises
    ------
    NoConnection, Refused, Broken
        Depending on whether to try this host again.
    OSError
        If ``part`` cannot be written.
    """
    have = size_of(part)
    if have == remote.size:  # whole already: somebody died between the last byte and the renaming
        return
    headers = {"Accept-Encoding": "identity"}
    if 0 < have < remote.size:
        headers["Range"] = f"bytes={have}-"
    try:
        with ask(session, url, headers) as response:
            if response.status_code in (206, 416) and not is_rest(response, have):
                part.unlink(missing_ok=True)
                raise Broken("cannot send the rest of the file")
            mode, wanted = judge(response, remote, have)
            with open(part, mode) as file:
                for chunk in response.raw.stream(CHUNK, decode_content=False):
                    file.write(chunk)
                    file.flush()  # whoever looks on reads the progress off the file
                    wanted -= len(chunk)
                    if wanted < 0:
                        break
    except urllib3.exceptions.ReadTimeoutError as error:
        raise Broken(f"sent nothing for {READ_TIMEOUT:g} s") from error
    except urllib3.exceptions.HTTPError as error:
        raise Broken("broke off") from error
    if wanted:
        if wanted < 0:
            part.unlink()
            raise Refused(f"sent more than the {remote.size:,} bytes of the file")
        raise Broken(f"broke off {wanted:,} bytes before the end")


def is_rest(response, have):
    """Tell whether a response continues a file after its first ``have`` bytes."""
    return response.headers.get("Content-Range", "").startswith(f"bytes {have}-")


def judge(response, remote, have):
    """Return how to open the ``.part`` for a response and how many bytes have to come.

    Raises
    ------
    Refused, Broken
        If the response cannot be the file, or the rest of it.
    """
    status = response.status_code
    if status in RETRY_STATUS:
        raise Broken(f"answered {status} {response.reason}")
    if status == 407:
        raise Refused(WANTS_LOGIN)
    if status not in (200, 206):
        raise Refused(f"answered {status} {response.reason}")
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise Refused("answered with a web page")
    wanted = remote.size - have if status == 206 else remote.size
    length = response.headers.get("Content-Length", str(wanted))
    if length != str(wanted):
        raise Refused(f"offered {length} bytes where {wanted} were wanted")
    return ("ab" if status == 206 else "wb"), wanted


def attempt(session, url, remote, target):
    """Fetch a file from one host: its checksum is right, or an exception says what went wrong."""
    part = part_of(target)
    resumed = part.exists()

    def downloader(url, temporary, _):
        os.unlink(temporary)  # made by pooch, empty; left behind if this process is killed
        receive(session, url, remote, part)
        os.replace(part, temporary)

    pooch.get_logger().setLevel("WARNING")
    try:
        pooch.retrieve(url, remote.checksum, target.name, target.parent, downloader=downloader)
    except ValueError as error:  # the checksum; pooch has deleted what was received
        if resumed:  # the beginning may be another host's fault: from this host alone
            return attempt(session, url, remote, target)
        raise Refused("sent something else under this name (wrong checksum)") from error


def fetch_file(session, remote, folder):
    """Put one file in its place, unless it is there.

    Raises
    ------
    Unavailable
        If no host gave it; the message says what each of them did.
    OSError
        If it cannot be written.
    """
    target = folder / remote.path
    if intact(target, remote):
        return
    if target.exists():
        target.replace(target.with_name(target.name + ".damaged"))
    target.parent.mkdir(parents=True, exist_ok=True)
    hosts, said, rounds, best = addresses(remote), {}, 0, size_of(part_of(target))
    while hosts and rounds < len(PAUSES):
        time.sleep(PAUSES[rounds])
        rounds += 1
        for url in list(hosts):
            try:
                return attempt(session, url, remote, target)
            except (Refused, Broken) as error:
                said[url] = error
                if isinstance(error, Refused):
                    hosts.remove(url)
        received = size_of(part_of(target))
        if received > best + remote.size / 100:  # slowly but surely: such a round does not count
            best, rounds = received, 0
    if all(isinstance(error, NoConnection) for error in said.values()):
        raise Unavailable(f"no network: cannot reach {' or '.join(map(host_of, said))}")
    hosts = {}
    for url, error in said.items():
        hosts.setdefault(str(error), []).append(host_of(url))
    raise Unavailable(
        f"{target.name}: " + "; ".join(f"{' or '.join(names)} {why}" for why, names in hosts.items())
    )


def host_of(url):
    """Return the host that an address names; the whole of it if it names none, as a mirror's with a typing error."""
    try:
        return urlsplit(url).netloc or url
    except ValueError:
        return url


class Download:
    """Files on their way into a folder, fetched by a thread of their own.

    Several processes may start the same download: one fetches, the others wait for its lock, which the operating
    system frees should that process die.

    Parameters
    ----------
    name : str
        What a reader calls it; written beside the progress bar.
    remotes : list of Remote
        The files.
    folder : Path or None
        Where they go; None if nothing can be written anywhere.
    """

    def __init__(self, name, remotes, folder):
        self.name, self.remotes, self.folder = name, remotes, folder
        self.error = None
        # Not the thread's own word: up to Python 3.12 a stop button pressed in its `join` makes that wrong.
        self.ended = threading.Event()
        self.started = time.monotonic()
        self.seen = deque([(self.started, self.received())])
        threading.Thread(target=self.run, name=f"fetch {name}", daemon=True).start()

    def run(self):
        """Fetch all files, and say that it has ended."""
        try:
            self.fetch()
        finally:
            self.ended.set()

    def fetch(self):
        """Fetch all files; `error` says in a sentence why not."""
        if self.folder is None:
            self.error = "no folder can be written; set LECTURE_DATA to one that can"
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (
                FileLock(self.folder / f".{self.remotes[0].path.split('/')[0]}.lock", mode=0o666),
                requests.Session() as session,
            ):
                for remote in self.remotes:
                    fetch_file(session, remote, self.folder)
        except Unavailable as error:
            self.error = str(error)
        except NotImplementedError:
            self.error = (
                f"{self.folder} does not support locks; set LECTURE_DATA to a folder on this machine's disk"
            )
        except OSError as error:
            self.give_up_disk(error)
        except (
            Exception
        ) as error:  # whatever else, such as a library too old: a thread must not die without a word
            self.error = f"the download failed ({type(error).__name__}: {error})"

    def give_up_disk(self, error):
        """Say that the disk is the trouble, and give back what the unfinished files take of it."""
        full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None), errno.EFBIG)
        self.error = f"{self.folder}: {'the disk is full' if full else error.strerror or error}"
        if full:
            for remote in self.remotes:
                part_of(self.folder / remote.path).unlink(missing_ok=True)

    @property
    def total(self):
        """Bytes of all files."""
        return sum(remote.size for remote in self.remotes)

    def received(self):
        """Return the bytes that are here, whichever process fetched them."""
        if self.folder is None:
            return 0
        paths = [self.folder / remote.path for remote in self.remotes]
        return sum(size_of(path) or size_of(part_of(path)) for path in paths)

    def time_left(self):
        """Return the seconds still needed, as the last few seconds went; infinity while nothing comes."""
        now, have = time.monotonic(), self.received()
        self.seen.append((now, have))  # one look that is older than the window stays, to compare with
        while now - self.seen[1][0] > WINDOW:
            self.seen.popleft()
        (then, had), missing = self.seen[0], self.total - have
        if missing <= 0:
            return 0.0
        return missing * (now - then) / (have - had) if have > had else math.inf

    def wait(self, patience):
        """Look on, with a bar, while the download needs no more than ``patience`` seconds.

        It is judged after a few seconds at the earliest, and given up at the latest after twice ``patience`` in all.

        Returns
        -------
        bool
            Whether the files are all here.
        """
        bar = None
        try:
            while not self.ended.wait(0.1):
                waited, left = time.monotonic() - self.started, self.time_left()
                if waited >= min(WARM_UP, patience) and (left > patience or waited > 2 * patience):
                    return False
                if bar is None and waited > 0.5 and left > 0.5:  # none for what fails or arrives at once
                    bar = tqdm(
                        total=self.total, initial=self.received(), desc=self.name, unit="B", unit_scale=True
                    )
                elif bar is not None:
                    bar.update(self.received() - bar.n)
        finally:
            if bar is not None:
                if self.error is not None:  # a bar that stopped for good would look as if something hung
                    bar.total, bar.leave = None, False
                bar.close()
        return self.error is None
