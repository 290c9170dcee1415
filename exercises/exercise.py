"""What an exercise is: its text, a reference, inputs, and the mistakes that people make."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from exercises.comparing import difference
from exercises.judging import compare


class Mistake(NamedTuple):
    """A typical mistake: a wrong solution, and what to say to whoever gives the same answers.

    Attributes
    ----------
    wrong : callable
        The wrong solution, written out.
    hints : (str, str)
        At the first miss, and what is added at the second. Neither gives the answer away.
    """

    wrong: Callable
    hints: tuple

    @property
    def name(self):
        """What the wrong solution is called."""
        return self.wrong.__name__


@dataclass(eq=False)
class Exercise:
    """An exercise that checks itself.

    Attributes
    ----------
    name : str
        What `exercises.check` calls it: "max pooling".
    part : int
        Of the lecture.
    text : str
        The task, in Markdown.
    stub : str
        The Python that the student's cell starts with. It ends in a body that is to be filled in.
    reference : callable
        A right answer, by PyTorch or by the lecture's modules.
    inputs : callable
        Returns, for a `numpy.random.Generator`, a list of tuples: what the answer is called with, the small ones first.
    hints : (str, str)
        What to say at the first and at the second miss where no typical mistake is recognised.
    call : callable
        ``call(answer, *inputs)`` returns what is compared: what the answer returns, unless given.
    same : callable
        ``same(got, wanted)`` returns what differs, in a sentence, or None: as `comparing.difference`, unless given.
    input_names : tuple of str
        What the things in a tuple of ``inputs`` are called; as the parameters of the reference, unless given.
    outputs : tuple of str
        What the several things are called that an answer returns; empty if it returns one.
    changes_inputs : bool
        Whether the answer is meant to change what it is called with.
    prepare : callable
        Gets ready what the rest of a check needs, such as data, before the time for it begins.
    judge : callable
        ``judge(exercise, answer, verdict)`` fills in a `Verdict`: by comparison with the reference, unless given.
    seconds : float
        How long a check may take, without its rest.
    mistakes : list of Mistake
        The first that fits is told.
    """

    name: str
    part: int
    text: str
    stub: str
    reference: Callable
    inputs: Callable
    hints: tuple
    call: Callable = lambda answer, *inputs: answer(*inputs)
    same: Callable = difference
    input_names: tuple = ()
    outputs: tuple = ()
    changes_inputs: bool = False
    prepare: Callable = lambda: None
    judge: Callable = compare
    seconds: float = 10
    mistakes: list = field(default_factory=list)

    def __post_init__(self):
        self.input_names = self.input_names or self.parameters

    @property
    def parameters(self):
        """The names of the parameters of an answer."""
        return tuple(inspect.signature(self.reference).parameters)

    @property
    def answer(self):
        """The name that the stub defines, and that is handed to `exercises.check`."""
        head = self.stub.split("\n", 1)[0]
        return head.removeprefix("def ").split("(")[0].split(" =")[0]

    def mistake(self, *hints):
        """Return a decorator that enters a wrong solution among the mistakes, with its hints."""

        def enter(wrong):
            self.mistakes.append(Mistake(wrong, hints))
            return wrong

        return enter
