"""Running an answer within a time limit, whatever it does."""

import contextlib
import ctypes
import sys
import threading
import time
from typing import NamedTuple

STOPPING = 1.0  # seconds in which a thread whose time is up is asked to stop, again and again
LONGEST = 1500  # characters of what is printed that are kept


class Run(NamedTuple):
    """How a run went.

    Attributes
    ----------
    finished : bool
        Whether it came to its end in time.
    error : BaseException or None
        What it raised before that.
    stopped : bool
        Whether nothing of it is running any more.
    interrupted : bool
        Whether the stop button was pressed.
    printed : str
        The first `LONGEST` characters that it printed.
    """

    finished: bool
    error: BaseException | None
    stopped: bool
    interrupted: bool
    printed: str


class TimeUp(SystemExit):
    """Raised in a thread whose time is up. A bare ``except:`` may catch it: then the next line raises it again."""

    def __init__(self):
        frame = sys._getframe(1)
        while frame:
            frame.f_trace = again
            frame = frame.f_back
        sys.settrace(again)


def again(frame, event, argument):
    """Raise SystemExit, as a trace function; Python calls it once."""
    raise SystemExit


class Aside:
    """A stream that puts what one thread writes into a list, and hands on what the others write."""

    def __init__(self, stream, thread, kept, over):
        self.stream, self.thread, self.kept, self.over = stream, thread, kept, over

    def write(self, text):
        """Keep or hand on a text."""
        if threading.current_thread() is not self.thread:
            return self.stream.write(text)
        if self.over.is_set():
            time.sleep(0.01)  # it is not to print, nor to keep the processor busy with it
        elif room := max(0, LONGEST - sum(map(len, self.kept))):
            self.kept.append(text[:room])
        return len(text)

    def __getattr__(self, name):
        return getattr(self.stream, name)


def limited(work, seconds):
    """Run ``work(over)`` in a thread for at most so many seconds; ``over`` is an event, set when the time is up.

    A process of its own could be ended for sure, but a notebook's functions cannot be sent to one on Windows and
    macOS, and to fork is not safe once PyTorch has started its threads. So the thread is sent an exception. What waits
    in C code, as ``time.sleep``, does not hear of it before it comes back; from Python 3.12 on some loops around a bare
    ``except:`` outlive it. In Python 3.10 a loop of nothing but a ``try`` without a call in it stops everything, in any
    notebook: that version never lets go of its lock there.

    Returns
    -------
    Run
    """
    # Not `Thread.join`: up to Python 3.12 a stop button that is pressed in it marks a thread that runs as ended.
    over, ended, ends = threading.Event(), threading.Event(), []

    def run():
        try:
            with contextlib.suppress(SystemExit):
                try:
                    work(over)
                    ends.append(None)
                except BaseException as error:
                    ends.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=run, daemon=True)
    streams, kept, interrupted = (sys.stdout, sys.stderr), [], False
    sys.stdout, sys.stderr = (Aside(stream, thread, kept, over) for stream in streams)
    try:
        thread.start()
        end = time.monotonic() + seconds
        while not ended.is_set() and time.monotonic() < end:
            ended.wait(0.05)  # in short pieces, so that the stop button works on Windows, too
    except KeyboardInterrupt:
        interrupted = True
    over.set()
    finished, error = ends[:1] == [None], ends[0] if ends else None
    stop(thread, ends, ended)
    if ended.is_set():  # else what it goes on to print stays aside
        sys.stdout, sys.stderr = streams
    return Run(finished, error, ended.is_set(), interrupted, "".join(kept))


def stop(thread, ends, ended):
    """Send a thread `TimeUp` until its work has ended, for `STOPPING` seconds at most.

    Then nothing more is sent: Python's own end of a thread takes a lock that every thread needs, and an exception in
    just that moment would leave it taken.
    """
    end = time.monotonic() + STOPPING
    while not ended.is_set() and time.monotonic() < end:
        if not ends:
            identity = ctypes.c_ulong(thread.ident)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, ctypes.py_object(TimeUp))
        ended.wait(0.05)
