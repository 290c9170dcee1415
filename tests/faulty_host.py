"""A web server on 127.0.0.1 that goes wrong in a chosen way, and a small MNIST for it to publish.

Run as a program, this file loads MNIST in a process of its own and prints what came of it:
``python faulty_host.py REMOTES.json [bytes that a file may have]``.
"""

import gzip
import hashlib
import json
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from datafiles import fetching, sources
from datafiles.files import Remote

COUNTS = (6_000, 1_000)  # training and test images of the small MNIST
RATE = 100_000  # bytes a second, where a host is slow
PAGE = b"<html><body>Please log in to the network</body></html>"


def small_mnist():
    """Return {path in the data folder: bytes of the archive}."""
    rng = np.random.default_rng(0)
    files = {}
    for kind, count in zip(("train", "t10k"), COUNTS, strict=True):
        images = np.zeros((count, 28, 28), np.uint8)
        images[:300] = rng.integers(0, 256, (300, 28, 28))  # what does not compress: 0.2 MB
        for name, array in (
            ("images-idx3", images),
            ("labels-idx1", rng.permutation(count).astype(np.uint8) % 10),
        ):
            header = np.array([0x800 + array.ndim, *array.shape], ">i4").tobytes()
            data = gzip.compress(header + array.tobytes(), 1, mtime=0)
            files[f"MNIST/raw/{kind}-{name}-ubyte.gz"] = data
    return files


def publish(listed):
    """Make MNIST the files in ``listed``, in this process, and retry quickly."""
    sources.MNIST[:] = listed
    sources.MNIST_COUNTS = COUNTS
    fetching.PAUSES = (0, 0.05, 0.1)
    fetching.READ_TIMEOUT = 0.5


def remotes(files, *hosts):
    """Return the `Remote` of each file, to be had from ``hosts``."""
    return [
        Remote(
            path,
            f"md5:{hashlib.md5(data).hexdigest()}",
            len(data),
            tuple(f"{host}/{path}" for host in hosts),
        )
        for path, data in files.items()
    ]


class Host:
    """A server for ``files`` that answers each request as ``behaviour(request, data, nth)`` does.

    ``nth`` counts the requests for the same file from 0; ``log`` holds (path, Range header) of all of them.
    """

    def __init__(self, files, behaviour):
        self.log = []
        host = self

        class Request(BaseHTTPRequestHandler):
            def do_GET(self):
                path = self.path.lstrip("/")
                nth = sum(path == before for before, _ in host.log)
                host.log.append((path, self.headers.get("Range")))
                if path == "page":
                    return answer(self, PAGE, content="text/html")
                if path not in files:
                    return self.send_error(404)
                try:
                    behaviour(self, files[path], nth)
                except OSError:  # the client has gone
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def answer(request, data, content="application/octet-stream", length=None, code=200, **headers):
    """Send a whole response; ``length`` is the Content-Length if it is to be a lie."""
    request.send_response(code)
    request.send_header("Content-Type", content)
    request.send_header("Content-Length", str(len(data) if length is None else length))
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(data)
    request.wfile.flush()


def good(request, data, nth):
    """Send the file, or the part of it that is asked for."""
    asked = request.headers.get("Range")
    if asked is None:
        return answer(request, data)
    start = int(asked.removeprefix("bytes=").removesuffix("-"))
    where = f"bytes {start}-{len(data) - 1}/{len(data)}"
    return answer(request, data[start:], code=206, Content_Range=where)


def refuse(code):
    """Return the behaviour that answers every request with an error."""
    return lambda request, data, nth: request.send_error(code)


def twice_500(request, data, nth):
    """Fail twice, then send the file."""
    return request.send_error(500) if nth < 2 else good(request, data, nth)


def to_page(request, data, nth):
    """Redirect to a web page, as the log-in of a guest network does."""
    request.send_response(302)
    request.send_header("Location", "/page")
    request.send_header("Content-Length", "0")
    request.end_headers()


def page_as_file(request, data, nth):
    """Send a web page and call it a file of unknown length."""
    request.send_response(200)
    request.end_headers()
    request.wfile.write(PAGE)


def truncated(request, data, nth):
    """Send half of the file, always its first half."""
    answer(request, data[: len(data) // 2], length=len(data))


def too_long(request, data, nth):
    """Send the file and go on."""
    request.send_response(200)
    request.end_headers()
    request.wfile.write(data + data)


def wrong(request, data, nth):
    """Send as many bytes, but others."""
    answer(request, bytes(len(data)))


def stalls(request, data, nth):
    """Send a quarter of the file and fall silent."""
    answer(request, data[: len(data) // 4], length=len(data))
    time.sleep(30)


def resets(request, data, nth):
    """Send a quarter of the file and reset the connection."""
    answer(request, data[: len(data) // 4], length=len(data))
    linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    request.connection.close()


def cut_once(request, data, nth):
    """Cut the connection in the middle once; the rest can be asked for."""
    return truncated(request, data, nth) if nth == 0 else good(request, data, nth)


def drips(request, data, nth):
    """Send slowly, at `RATE`; the rest can be asked for."""
    asked = request.headers.get("Range", "bytes=0-")
    start = int(asked.removeprefix("bytes=").removesuffix("-"))
    step = RATE // 20
    where = f"bytes {start}-{len(data) - 1}/{len(data)}"
    answer(request, b"", length=len(data) - start, code=206 if start else 200, Content_Range=where)
    for position in range(start, len(data), step):
        request.wfile.write(data[position : position + step])
        request.wfile.flush()
        time.sleep(0.05)


def load():
    """Load MNIST and return what came of it, as JSON can hold it."""
    from datafiles.catalogue import decide
    from datasets import MulticlassDataset

    dataset = MulticlassDataset.mnist()
    return {"title": dataset.title, "crc32": dataset.fingerprint["crc32"], "state": decide("mnist")[0].state}


def main(published, limit=None):
    """Load MNIST in this process, from what a JSON file lists, and print what came of it as the last line."""
    with open(published) as file:
        publish([Remote(*fields[:3], tuple(fields[3])) for fields in json.load(file)])
    if limit:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    print(json.dumps(load()))


if __name__ == "__main__":
    main(*sys.argv[1:])
