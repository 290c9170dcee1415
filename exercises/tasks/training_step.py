"""Exercise: a step of a training."""

import torch
import torch.nn.functional as F
from torch import nn

from exercises.exercise import Exercise

STEPS = 3  # so that gradients left over from one step show in the next
MODES = "loss of step 1", "loss of step 2", "loss of step 3", "weights after three steps"


def step(net, optimizer, images, labels, loss_of=F.cross_entropy, learning=True):
    """Take one step; ``loss_of`` gives the loss of (logits, labels), and ``learning`` is the mode of the network."""
    net.train(learning)
    loss = loss_of(net(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def reference(net, optimizer, images, labels):
    """Take one step as `training.train_epoch` does."""
    return step(net, optimizer, images, labels)


def inputs(generator):
    """Return small networks with a batch norm, which come in evaluation mode, and batches for them."""
    cases = []
    for count, pixels, classes in ((4, 2, 3), (7, 3, 2), (5, 1, 10)):
        torch_generator = torch.Generator().manual_seed(int(generator.integers(2**31)))
        net = nn.Sequential(
            nn.Flatten(), nn.Linear(pixels**2, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, classes)
        )
        batches = []
        with torch.no_grad():
            for weights in net.parameters():
                weights.normal_(generator=torch_generator)
        for _ in range(STEPS):
            images = torch.randn(count, 1, pixels, pixels, generator=torch_generator)
            batches.append((images, torch.randint(classes, (count,), generator=torch_generator)))
        cases.append((net, tuple(batches)))
    return cases


def three_steps(answer, net, batches):
    """Return the losses of three steps, and all weights after them."""
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    net.eval()
    losses = []
    for images, labels in batches:
        losses.append(answer(net, optimizer, images, labels))
    return *losses, torch.cat([weights.detach().flatten() for weights in net.parameters()])


exercise = Exercise(
    name="training step",
    part=11,
    text="""Take one step of a training: the network sees a batch of images, and the optimiser changes its
weights a little, so that the cross-entropy of the right labels falls. The function is called once a batch,
again and again.

`net` gives logits (N, classes) of `images` (N, 1, rows, columns); it may come in evaluation mode and is to
learn as in training. `optimizer` has its weights, `labels` are whole numbers (N,). Return the loss before
the step, a mean over the batch.""",
    stub='''def training_step(net: nn.Module, optimizer, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Take one step, and return the loss."""
    ...  # your code
''',
    reference=reference,
    inputs=inputs,
    input_names=("net", "three batches"),
    outputs=MODES,
    hints=(
        "A step has five lines: mode, loss, and three that deal with gradients and weights. Which of "
        "yours is missing, or in another place?",
        "Part 11 shows an epoch of `cnn.train_model`: compare what happens to a batch there with what you"
        " do.",
    ),
    call=three_steps,
    changes_inputs=True,
)


@exercise.mistake(
    "The first step is right, the second is not, as the loss of the third shows: something is still there.",
    "`backward` adds to the gradients that it finds.",
)
def no_zero_grad(net, optimizer, images, labels):
    """Let the gradients of all steps add up."""
    net.train()
    loss = F.cross_entropy(net(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@exercise.mistake(
    "Your loss is not the cross-entropy of the logits. What does PyTorch's cross-entropy expect, and what"
    " does it get?",
    "It takes the softmax itself: part 6 says so.",
)
def softmax_twice(net, optimizer, images, labels):
    """Take softmax before the cross-entropy."""
    return step(
        net, optimizer, images, labels, lambda logits, labels: F.cross_entropy(logits.softmax(1), labels)
    )


@exercise.mistake(
    "The network has a batch norm. Which statistics does it use while it learns?",
    "The network comes in evaluation mode: a network has two modes, and part 13 says which is for what.",
)
def evaluation_mode(net, optimizer, images, labels):
    """Leave the network in evaluation mode."""
    return step(net, optimizer, images, labels, learning=False)


@exercise.mistake(
    "The loss is right, but the weights have not changed.",
    "Gradients alone change nothing, and an optimiser has nothing to do where they are zero. Look at the "
    "order of your lines.",
)
def weights_stay(net, optimizer, images, labels):
    """Compute the gradients, and take no step with them."""
    net.train()
    return F.cross_entropy(net(images), labels).item()


@exercise.mistake(
    "Your loss grows with the number of images.",
    "Wanted is the mean over the batch, which PyTorch's cross-entropy gives by itself.",
)
def sum_over_the_batch(net, optimizer, images, labels):
    """Add the losses of the images up."""
    return step(
        net,
        optimizer,
        images,
        labels,
        lambda logits, labels: F.cross_entropy(logits, labels, reduction="sum"),
    )


@exercise.mistake(
    "The weights are right. The loss is that after the step.",
    "The loss that the gradients came from is wanted: what was computed once need not be computed again.",
)
def loss_after_the_step(net, optimizer, images, labels):
    """Return the loss of the new weights."""
    step(net, optimizer, images, labels)
    with torch.no_grad():
        return F.cross_entropy(net(images), labels).item()
