"""`exercises.check` bears whatever it is given: it ends, raises nothing, and says right to nothing wrong."""

import _thread
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import exercises
from exercises import checking, running
from exercises.tasks import output_size
from tools import solutions

NAME = "output size"  # its answers take (n, k, p, s, d)
ENOUGH = threading.Event()  # set when a test is over


@pytest.fixture(autouse=True)
def nothing_goes_on():
    """End what a busy machine did not end in time: a loop that goes on makes all later tests many times slower."""
    before = threading.enumerate()
    yield
    ENOUGH.set()
    wait_for_the_end({thread.ident for thread in set(threading.enumerate()) - set(before)}, seconds=30)
    ENOUGH.clear()


def wait_for_the_end(threads, seconds):
    """Wait until threads are not in Python's own list: one may be said to have ended, and go on."""
    end = time.monotonic() + seconds
    while threads & set(sys._current_frames()):
        assert time.monotonic() < end, "a thread goes on"
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def no_misses_yet(monkeypatch):
    monkeypatch.setattr(checking, "_misses", {})


@pytest.fixture
def short(monkeypatch):
    """Give answers half a second."""
    monkeypatch.setattr(output_size.exercise, "seconds", 0.5)


def endless(n, k, p, s, d):
    while not ENOUGH.is_set():
        pass


def endless_in_bare_except(n, k, p, s, d):
    while True:
        try:
            n = abs(n)
            if ENOUGH.is_set():
                return
        except:  # noqa: E722
            pass


def endless_and_printing(n, k, p, s, d):
    while not ENOUGH.is_set():
        print("x" * 10**5)


def sleeping(n, k, p, s, d):
    time.sleep(3)


def recursive(n, k, p, s, d):
    return recursive(n, k, p, s, d)


def leaving(n, k, p, s, d):
    sys.exit()


def interrupting(n, k, p, s, d):
    raise KeyboardInterrupt


def failing(n, k, p, s, d):
    sizes = [n]
    return sizes[k + 1]


def failing_without_words(n, k, p, s, d):
    class Silent(Exception):
        def __str__(self):
            raise self

    raise Silent


def generating(n, k, p, s, d):
    yield solutions.output_size(n, k, p, s, d)


class Agreeable:
    """Equal to everything."""

    def __eq__(self, other):
        return True

    __ne__ = __lt__ = __gt__ = __array__ = None


class AgreeableNumber(int):
    """A number that is equal to everything."""

    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


ROOT = Path(__file__).resolve().parent.parent
ANSWERS = {
    "endless": (endless, "no answer after 0.5 seconds"),
    "endless in a bare except": (endless_in_bare_except, "no answer after 0.5 seconds"),
    "endless and printing": (endless_and_printing, "no answer after 0.5 seconds"),
    "sleeping": (sleeping, "Restart Kernel ends it"),
    "recursive": (recursive, "It raises RecursionError"),
    "leaving": (leaving, "It raises SystemExit"),
    "interrupting": (interrupting, "It raises KeyboardInterrupt"),
    "failing": (failing, "IndexError: list index out of range\nin line"),
    "failing without words": (failing_without_words, "It raises Silent"),
    "generating": (generating, "gives a generator"),
    "equal to everything": (lambda n, k, p, s, d: Agreeable(), "gives an Agreeable"),
    "number equal to everything": (lambda n, k, p, s, d: AgreeableNumber(3), "gives an AgreeableNumber"),
    "NaN": (lambda n, k, p, s, d: float("nan"), "not a whole number"),
    "True": (lambda n, k, p, s, d: True, "gives a bool"),
    "too large": (lambda n, k, p, s, d: 10**400, "not hold real numbers"),
    "out of memory": (lambda n, k, p, s, d: [0] * 10**15, "It raises MemoryError"),
    "text": (lambda n, k, p, s, d: "3", "gives a str"),
    "in an array": (lambda n, k, p, s, d: np.array([solutions.output_size(n, k, p, s, d)]), "shape (1,)"),
    "right but a float": (lambda n, k, p, s, d: float(solutions.output_size(n, k, p, s, d)), "not a whole number"),
    "a constant": (lambda n, k, p, s, d: 3, "The number is another one"),
    "too few parameters": (lambda n, k: n - k + 1, "It must take (n, k, p, s, d)"),
    "the result": (3, "without brackets behind its name"),
    "an array": (np.zeros(3), "without brackets behind its name"),
    "a class": (int, "It raises TypeError"),
    "None": (None, "Write the body"),
    "a function without return": (lambda n, k, p, s, d: None, "Write the body"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "says"), ANSWERS.values(), ids=ANSWERS)
def test_nothing_is_raised_and_each_is_told_what_is_wrong(answer, says, request):
    if any(answer is each for each in (endless, endless_in_bare_except, endless_and_printing, sleeping)):
        request.getfixturevalue("short")
    streams, start = (sys.stdout, sys.stderr), time.monotonic()
    result = exercises.check(NAME, answer)
    assert not result and says in result.says, str(result)
    assert time.monotonic() - start < 30
    assert len(result.printed) <= running.LONGEST
    assert result._repr_html_().startswith("<div") and repr(result)
    if answer is not sleeping:
        assert (sys.stdout, sys.stderr) == streams
    sys.stdout, sys.stderr = streams


def test_what_is_told_apart_is_told_apart():
    said = {says for _, says in ANSWERS.values()}
    assert len(said) > 15


@pytest.mark.parametrize("name", ["", "Max pooling", None, 5, ["im2col"], object()])
def test_an_unknown_name(name):
    result = exercises.check(name, endless)
    assert not result and "no exercise of this name" in result.says
    assert "max pooling" in result.says


def test_a_line_of_the_students_is_shown():
    assert exercises.check(NAME, failing).says.endswith("return sizes[k + 1]")


def test_an_endless_thread_is_ended(short):
    for answer in (endless, endless_and_printing):  # one in a bare except may live on from Python 3.12 on
        result = exercises.check(NAME, answer)
        assert checking.GOES_ON not in result.says
        assert [value.label for value in result.shown] == ["n", "k", "p", "s", "d"]


def test_what_an_answer_prints_is_kept_apart(capsys):
    def prints(n, k, p, s, d):
        print("n is", n)
        return solutions.output_size(n, k, p, s, d)

    result = exercises.check(NAME, prints)
    assert result and result.printed.startswith("n is 5\nn is 1\n")
    assert capsys.readouterr().out == "" and "It printed" in str(result)


def test_others_print_while_an_answer_runs(capsys):
    def waits_for_another(n, k, p, s, d):
        other = threading.Thread(target=print, args=["from elsewhere"])
        other.start()
        other.join()
        raise ValueError("once is enough")

    exercises.check(NAME, waits_for_another)
    assert set(capsys.readouterr().out.split("\n")) == {"from elsewhere", ""}


@pytest.mark.slow
def test_what_is_loaded_at_a_first_call_is_not_cut_short():
    """An endless answer in a new process, with next to no time: the next answer is judged as ever."""
    code = f"""
import exercises
from exercises.tasks import output_size
from tools import solutions
def endless(n, k, p, s, d):
    while True:
        pass
output_size.exercise.seconds = 0.01
assert "no answer" in exercises.check({NAME!r}, endless).says
output_size.exercise.seconds = 10
assert exercises.check({NAME!r}, solutions.output_size)
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


def test_the_stop_button_ends_a_check():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    threads = set()

    def pressed(*arguments):
        threads.add(threading.get_ident())
        time.sleep(0.1)  # what waits for the answer is waiting by then
        _thread.interrupt_main()
        endless(*arguments)

    try:
        result = exercises.check(NAME, pressed)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not result and result.state == "stopped" and "You stopped it" in result.says
    assert threads
    wait_for_the_end(threads, seconds=10)


def test_hints_on_numbers_come_after_what_has_failed():
    counts = [len(exercises.check(NAME, failing).hints) for _ in range(3)]
    assert counts == [0, 1, 2]


def test_a_shape_that_could_be_broadcast_is_wrong():
    def column(x, size, stride):
        return solutions.im2col(x, size, stride)[:, :1]

    def one_more_axis(x, size, stride):
        return solutions.im2col(x, size, stride)[None]

    for answer in (column, one_more_axis):
        result = exercises.check("im2col", answer)
        assert not result and "wanted is (" in result.says


def test_nan_is_equal_to_nothing():
    def holes(image, kernel):
        return np.full_like(solutions.convolve(image, kernel), np.nan)

    result = exercises.check("convolution", holes)
    assert not result and "NaN" in result.says


def test_arrays_that_are_equal_to_everything():
    class Array(np.ndarray):
        def __eq__(self, other):
            return True

        __array_ufunc__ = None

    class Tensor(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            return True

    def arrays(x, size, stride):
        return np.zeros(solutions.im2col(x, size, stride).shape).view(Array)

    def tensors(x, size, stride):
        return torch.zeros(solutions.im2col(x, size, stride).shape).as_subclass(Tensor)

    assert not exercises.check("im2col", arrays)
    assert not exercises.check("im2col", tensors)


def test_what_was_learned_by_heart_is_wrong():
    known = {}

    def learning(image, kernel):
        known[image.tobytes(), kernel.tobytes()] = solutions.convolve(image, kernel)
        return known[image.tobytes(), kernel.tobytes()]

    def remembering(image, kernel):
        return known.get((image.tobytes(), kernel.tobytes()), np.zeros((1, 1)))

    assert exercises.check("convolution", learning)
    assert not exercises.check("convolution", remembering)


def test_an_input_that_is_changed_is_named():
    def changing(x, size, stride, padding):
        result = solutions.max_pool(x, size, stride, padding)
        x[:] = 0
        return result

    result = exercises.check("max pooling", changing)
    assert not result and "changes its input x" in result.says


def test_what_fails_on_one_input_only_is_wrong():
    def square_only(image, kernel):
        assert kernel.shape != (1, 1), "why one pixel?"
        return solutions.convolve(image, kernel)

    result = exercises.check("convolution", square_only)
    assert not result and "why one pixel?" in result.says


def test_a_fault_of_the_check_itself_is_no_fault_of_the_student(monkeypatch):
    monkeypatch.setattr(output_size.exercise, "inputs", lambda generator: 1 / 0)
    result = exercises.check(NAME, solutions.output_size)
    assert not result and "no fault of yours: ZeroDivisionError" in result.says


def test_what_is_shown_is_text_not_html():
    def tagged(n, k, p, s, d):
        raise ValueError("<script>alert(1)</script>")

    assert "<script>" not in exercises.check(NAME, tagged)._repr_html_()


def test_reset_puts_a_fresh_cell_below(monkeypatch, capsys):
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    cells = []
    monkeypatch.setattr(shell, "set_next_input", cells.append)
    monkeypatch.setattr(checking, "get_ipython", lambda: shell)
    exercises.check(NAME, lambda n, k, p, s, d: 3)
    exercises.reset(NAME)
    assert cells == [output_size.exercise.stub.rstrip("\n")]
    assert "stays where it is" in capsys.readouterr().out
    assert len(exercises.check(NAME, lambda n, k, p, s, d: 3).hints) == 1, "misses count anew"
    exercises.reset("im2coll")
    assert 'Is "im2col" meant?' in capsys.readouterr().out and len(cells) == 1


def test_reset_without_a_notebook_prints_the_stub(monkeypatch, capsys):
    monkeypatch.setattr(checking, "get_ipython", lambda: None)
    exercises.reset(NAME)
    assert "def output_size(" in capsys.readouterr().out
