"""Exercise: a small network that beats PoolingCNN."""

import copy
from functools import cache

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

import cnn
from datasets import MulticlassDataset
from exercises.comparing import kind_of
from exercises.exercise import Exercise
from exercises.judging import missing, raised
from figures.tracing import count_parameters

BUDGET = 20_000  # parameters
IMAGES, EPOCHS, SEEDS = 5000, 3, (0, 1)  # of each training: a few seconds
SHAPE, CLASSES = (1, 28, 28), 10


def reference():
    """Return the network to beat; it does not beat itself."""
    return cnn.PoolingCNN()


@cache
def to_beat():
    """Return the data, and what PoolingCNN says to the validation images, for each seed."""
    dataset = MulticlassDataset.mnist().to_torch()
    return dataset, [answers(reference(), dataset, seed) for seed in SEEDS]


def answers(net, dataset, seed):
    """Return the classes that a network names for the validation images, after its training from new weights.

    Raises
    ------
    KeyboardInterrupt
        If the training was stopped: half a training is no measure.
    """
    cnn.restart(net, seed)
    few = dataset.subset(range(min(IMAGES, len(dataset.train))))
    criterion = nn.CrossEntropyLoss()
    snapshots = cnn.train_model(few, net, criterion, EPOCHS, "cpu", seed=seed, progress=False)
    if len(snapshots) <= EPOCHS:
        raise KeyboardInterrupt
    images = torch.as_tensor(dataset.val.values[:])
    with torch.no_grad():
        return torch.cat([net.eval()(part).argmax(1) for part in images.split(500)])


def judge(exercise, answer, verdict):
    """Look at a network; if all is well so far, the rest is to train it as long as PoolingCNN, and to compare them."""
    try:
        net = (
            copy.deepcopy(answer)
            if isinstance(answer, nn.Module)
            else answer()
            if callable(answer)
            else answer
        )
        if net is None or net is Ellipsis:
            verdict.answered, verdict.says = False, missing(exercise)
            return
        if not isinstance(net, nn.Module):
            verdict.says = f"Wanted is a network, an nn.Module, but this is {kind_of(net)}."
            return
        verdict.says, name = flaw(net)
    except BaseException as error:
        if verdict.over.is_set():
            raise
        verdict.says = raised(error, answer)
        return
    verdict.mistake = next((mistake for mistake in exercise.mistakes if mistake.name == name), None)
    verdict.compared = verdict.mistake is not None
    if not verdict.says:
        verdict.rest = lambda: race(exercise, net, answer, verdict)


def flaw(net):
    """Say what is wrong with a network before it is trained, and which typical mistake that is; "" for nothing."""
    images = torch.rand(2, *SHAPE)
    with torch.no_grad(), Parameters() as used:
        logits = net.eval()(images)
    shape = tuple(logits.shape) if isinstance(logits, torch.Tensor) else kind_of(logits)
    if shape != (2, CLASSES):
        return f"For two images it gives {shape}; wanted are logits of shape (2, {CLASSES}).", ""
    own = {id(weights) for weights in net.parameters()}
    if any(id(weights) not in own for weights in used.found):
        return "It uses layers that it does not know of: they would not be trained.", "layers_in_a_list"
    if (logits >= 0).all() and torch.allclose(logits.sum(1), torch.ones(2), atol=1e-4):
        return "It gives probabilities, not logits.", "softmax_at_the_end"
    count = count_parameters(net)
    if count > BUDGET:
        largest = max(net.named_parameters(), key=lambda pair: pair[1].numel())
        says = f"It has {count:,} parameters, more than {BUDGET:,}; {largest[1].numel():,} of them are {largest[0]}."
        return says, "too_many_parameters"
    return "", ""


class Parameters(TorchFunctionMode):
    """While it is entered, collects the parameters that PyTorch's functions are called with."""

    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        self.found += [value for value in (*args, *kwargs.values()) if isinstance(value, nn.Parameter)]
        return function(*args, **kwargs)


def race(exercise, net, answer, verdict):
    """Train a network with each seed; it is right if it is the better one with each, beyond chance."""
    from studies.uncertainty import (
        paired,
    )  # here, since studies bring torchvision, which takes seconds to load

    dataset, others = to_beat()
    labels, better, lines = dataset.val.labels, [], []
    for seed, other in zip(SEEDS, others, strict=True):
        try:
            own = answers(net, dataset, seed)
        except (Exception, KeyboardInterrupt) as error:
            verdict.says = raised(error, answer)
            return
        found = paired(other, own, labels)
        better.append(found.low > 0)
        rights = [f"{(said == labels).float().mean():.1%}" for said in (own, other)]
        lines.append(
            f"seed {seed}: {rights[0]} right, PoolingCNN {rights[1]}; difference {100 * found.difference:+.1f} "
            f"points, 95 % interval {100 * found.low:+.1f} to {100 * found.high:+.1f}"
        )
    verdict.right, verdict.compared = all(better), True
    if not any(isinstance(module, nn.Conv2d) for module in net.modules()):
        (verdict.mistake,) = (mistake for mistake in exercise.mistakes if mistake.name == "no_convolution")
    beats = "It beats" if verdict.right else "It does not clearly beat"
    verdict.says = (
        f"{beats} PoolingCNN, with {count_parameters(net):,} parameters, on {len(labels):,} validation images of "
        f"{dataset.title}. The interval says how much other images would change; another seed can change as much."
    )
    verdict.says = "\n".join([verdict.says, *lines])


exercise = Exercise(
    name="small network",
    part=9,
    text=f"""Build a network for digits that has at most {BUDGET:,} parameters and beats PoolingCNN, which
has 13,204. Both are trained alike, on {IMAGES:,} images for {EPOCHS} epochs, with each of two seeds, and
compared on the validation images: yours must be better with each, by more than chance would do (the 95 %
interval of the difference lies above 0). The check takes about a quarter of a minute.

Return an `nn.Module` that gives logits (N, 10) of images (N, 1, 28, 28).""",
    stub='''def small_network() -> nn.Module:
    """Return a network with at most 20,000 parameters."""
    ...  # your code
''',
    reference=reference,
    inputs=lambda generator: [],
    hints=(
        "Look at where PoolingCNN has its parameters. What would you rather spend them on?",
        "More than one stage of convolution and pooling shrinks the maps before a dense layer reads them;"
        " parts 9, 10 and 13 name what makes so short a training go further.",
    ),
    prepare=to_beat,
    judge=judge,
    seconds=120,
)


@exercise.mistake(
    "Most parameters of small networks sit where feature maps meet the dense layer.",
    "Fewer or smaller maps there: PoolingCNN showed one way, part 10 shows more.",
)
def too_many_parameters():
    """Build SimpleCNN."""
    return cnn.SimpleCNN()


@exercise.mistake(
    "The loss takes the softmax itself.",
    "End with the dense layer that gives a logit for each class: see part 6.",
)
def softmax_at_the_end():
    """End in softmax."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 5, stride=4), nn.Flatten(), nn.Linear(4 * 6 * 6, CLASSES), nn.Softmax(1)
    )


@exercise.mistake(
    "PyTorch finds the layers of a network among its attributes, but not within a plain list.",
    "`nn.ModuleList` or `nn.Sequential` hold layers so that they are found.",
)
def layers_in_a_list():
    """Keep a layer where PyTorch does not find it."""

    class Hidden(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Conv2d(1, 4, 5, stride=4)]
            self.dense = nn.Linear(4 * 6 * 6, CLASSES)

        def forward(self, x):
            return self.dense(self.layers[0](x).flatten(1))

    return Hidden()


@exercise.mistake(
    "There is no convolution in it.",
    "A dense layer has to learn anew at each place what an edge is: see part 1.",
)
def no_convolution():
    """Build a perceptron."""
    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 24), nn.ReLU(), nn.Linear(24, CLASSES))
