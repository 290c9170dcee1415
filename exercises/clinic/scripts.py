"""The training script of the clinic, and the faults: for each, what stands in the place of one of its lines."""

from typing import NamedTuple

HEALTHY = """\
torch.manual_seed(0)
images, labels = digits("train")  # pixels from 0 to 1
val_images, val_labels = digits("validation")
test_images, test_labels = digits("test")
order = torch.randperm(len(images))
images, labels = images[order], labels[order]
mean, std = images.mean(), images.std()
images = (images - mean) / std
val_images = (val_images - mean) / std
test_images = (test_images - mean) / std
net = nn.Sequential(
    nn.Conv2d(1, 8, 5, stride=2), nn.BatchNorm2d(8), nn.ReLU(),
    nn.Conv2d(8, 16, 3, stride=2), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Flatten(), nn.Linear(16 * 5 * 5, 64), nn.ReLU(), nn.Dropout(0.5),
    nn.Linear(64, 10),
)
for layer in (net[0], net[3], net[7], net[10]):
    nn.init.kaiming_normal_(layer.weight)
    nn.init.zeros_(layer.bias)
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(10):
    net.train()
    for x, y in zip(images.split(50), labels.split(50)):
        logits = net(x)
        loss = F.cross_entropy(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        report.step(loss, logits, y)
    net.eval()
    with torch.no_grad():
        report.epoch(net(val_images), val_labels)
with torch.no_grad():
    report.test(net(test_images), test_labels)
"""


class Fault(NamedTuple):
    """What is wrong with a training.

    Attributes
    ----------
    line, broken : str
        A line of `HEALTHY`, and what stands there instead; nothing does if ``broken`` is empty.
    symptom : str
        What one sees of it; `symptoms.SHOWS` is the same in numbers.
    why : str
        Why one sees that: said when it has been named.
    look : str
        Where to look: said at the second wrong name.
    """

    line: str
    broken: str
    symptom: str
    why: str
    look: str


LEARNING = "optimizer = torch.optim.SGD(net.parameters(), lr={}, momentum=0.9)".format

FAULTS = {
    "no zero_grad": Fault(
        "        optimizer.zero_grad()",
        "",
        "each gradient points where the one before pointed, with a cosine near 1",
        "PyTorch adds each gradient to those before, and nobody takes them away: every step follows the sum of all.",
        "the cosine of each gradient with the one before, and at the norms",
    ),
    "no eval()": Fault(
        "    net.eval()",
        "",
        "asked about the same images twice, the network gives different answers",
        "Dropout still switches units off at random while the network is being judged.",
        "what happens when the network is asked the same twice",
    ),
    "labels shuffled": Fault(
        "images, labels = images[order], labels[order]",
        "images, labels = images[order], labels",
        "gradients and activations have a healthy size, but no validation loss is below that of guessing, ln 10 = 2.30",
        "The images were reordered and their labels were not: there is nothing to learn but single images by heart.",
        "the validation loss, and at the gradients, which flow",
    ),
    "softmax twice": Fault(
        "    nn.Linear(64, 10),",
        "    nn.Linear(64, 10), nn.Softmax(dim=1),",
        "most answers are right, but no loss ever falls below 1.46",
        "Cross-entropy takes a softmax itself. Of probabilities, 1 and nine times 0, it makes e / (e + 9) at most, "
        "and -ln of that is 1.46.",
        "the losses beside the share of right answers: do they fit together?",
    ),
    "learning rate 100 times too high": Fault(
        LEARNING("0.02"),
        LEARNING("2"),
        "layers give numbers hundreds of times too large, or none at all, and gradients do not all point the same way",
        "Each step lands far behind the valley that it was to go down into, higher up every time.",
        "what the layers give, and at the loss of the very first steps",
    ),
    "learning rate 100 times too low": Fault(
        LEARNING("0.02"),
        LEARNING("0.0002"),
        "the losses fall from epoch to epoch, but slowly, while the gradients stay larger than the healthy ones",
        "Each step goes the right way, and nowhere near far enough.",
        "where the losses would go in ten times as many epochs",
    ),
    "normalisation forgotten in validation": Fault(
        "val_images = (val_images - mean) / std",
        "",
        "the pixels spread less in validation than in training, and so do all layers behind them",
        "The network is asked about images that are three times as pale as those it learned from.",
        "what goes in: training and validation",
    ),
    "test images in training": Fault(
        'images, labels = digits("train")  # pixels from 0 to 1',
        'images, labels = digits("train", "test")  # pixels from 0 to 1',
        "it does better in the test than in validation, and learns from more images",
        "The test asks about images that were learned from: what it says of new ones is worth nothing.",
        "the test, beside validation",
    ),
    "all weights zero": Fault(
        "    nn.init.kaiming_normal_(layer.weight)",
        "    nn.init.zeros_(layer.weight)",
        "all units are dead from the first convolution on, and all gradients are zero",
        "Where all weights are zero, all activations are, and so are the gradients: no step changes anything.",
        "the gradients and the dead units, from the first layer on",
    ),
    "data sorted by class": Fault(
        "order = torch.randperm(len(images))",
        "order = labels.argsort()",
        "a batch shows one digit or two, and the loss jumps up whenever the next digit comes",
        "The network learns that all images are 0, then that all are 1: each batch undoes those before.",
        "the loss by step, and at what a batch holds",
    ),
    "dead ReLU": Fault(
        "    nn.init.zeros_(layer.bias)",
        "    nn.init.constant_(layer.bias, -10)",
        "one layer's units are dead from the start while those before it live, and all gradients are zero",
        "The bias lies so far below zero that no image reaches through: ReLU gives 0, and its slope there is 0 too.",
        "the dead units: where do they begin?",
    ),
}

# What one may also think of, and its symptom. None of the scripts has it.
OTHERS = {
    "no momentum": "the losses fall as the healthy ones do, only later, and the signs are healthy",
    "batches too small": "the loss jumps about from step to step far more than the healthy one's, and still falls",
    "too few epochs": "the curves look healthy, and end early",
    "too much weight decay": "all layers give far less than the healthy ones, though gradients flow",
    "network too small": "training and validation stop at the same poor accuracy, with healthy signs",
    "validation images in training": "it does better in validation than in the test by far",
}


def script_with(fault=None):
    """Return the script with a fault: `HEALTHY` but for one line."""
    lines = HEALTHY.splitlines()
    if fault is not None:
        line, broken = FAULTS[fault][:2]
        place = lines.index(line)
        lines[place : place + 1] = [broken] if broken else []
    return "\n".join(lines) + "\n"
