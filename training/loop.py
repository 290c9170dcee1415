"""Training and evaluating a network."""

import copy
import functools
import math
import time

import torch
import torch.nn.functional as F
from tqdm.auto import tqdm

from training.batches import LAYOUT, DeviceImages
from training.recipes import RECIPES, one_cycle, validated_recipe

EXAMPLES = 6  # validation images whose activations a network keeps after its training


def best_device():
    """Return the fastest device there is: an NVIDIA GPU, else Apple's, else the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def smaller_batches_if_memory_runs_out(train):
    """Make a training start again with half the batch where a GPU has no room for it."""

    @functools.wraps(train)
    def attempt(dataset, net, *arguments, **options):
        at_first = {name: value.cpu().clone() for name, value in net.state_dict().items()}
        while True:
            try:
                return train(dataset, net, *arguments, **options)
            except torch.OutOfMemoryError:
                batch_size = options.get("batch_size", RECIPES[dataset.name]["batch_size"])
                if batch_size == 1:
                    raise
            options["batch_size"] = batch_size // 2
            print(
                f"The device has no room for batches of {batch_size}: starting again with {batch_size // 2}."
            )
            net.load_state_dict(at_first)

    return attempt


def train_epoch(net, batches, criterion, optimizer, scheduler):
    """Take one step for each batch of (images, labels); return the loss and the right answers, summed."""
    net.train()
    results = []
    for images, labels in batches:
        logits = net(images)
        loss = criterion(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        results.append((loss.detach(), logits.detach(), labels))
    return summed(results)


@smaller_batches_if_memory_runs_out
def train_model(
    dataset, net, criterion, num_epochs=20, device=None, *, seed=0, progress=True, on_epoch=None, **recipe
):
    """Train a network, with stochastic gradient descent whose learning rate rises once and falls once.

    The stop button ends the training and keeps what was learned so far.

    Parameters
    ----------
    dataset : MulticlassDataset
        Trained on its training images; its validation images are evaluated after each epoch.
    net : nn.Module
        Changed in place, and left on ``device``.
    criterion : callable
        Loss of (logits, labels), a mean over the batch, such as ``nn.CrossEntropyLoss()``.
    num_epochs : int
        How many times every training image is seen.
    device : torch.device or str, optional
        `best_device` unless given.
    seed : int
        Of the order and the changes of the images. The global random numbers are left alone.
    progress : bool
        Whether to show a bar.
    on_epoch : callable, optional
        Called with the snapshots so far, after each epoch and before the first.
    **recipe
        ``batch_size``, ``learning_rate`` (its peak), ``momentum``, ``weight_decay``, ``mirror``, ``shift``, where
        they are to differ from `RECIPES`.

    Returns
    -------
    list of dict
        A snapshot an epoch, and one before the first, of plain numbers and one tensor: ``epoch``, ``train_loss``,
        ``train_accuracy`` (means over the epoch), ``val_loss``, ``val_accuracy``, ``learning_rate``, ``seconds``
        (since the start), ``images_per_second`` (validation included in the time), and the first layer's
        ``weights``.

    Raises
    ------
    ValueError
        If an argument is out of range or unknown, or the network cannot take the images.
    FloatingPointError
        If the loss is not finite any more.
    """
    recipe = validated_recipe(dataset, num_epochs, recipe)
    batch_size, peak, momentum = recipe["batch_size"], recipe["learning_rate"], recipe["momentum"]
    device = torch.device(device or best_device())
    train, val = (DeviceImages(split, device) for split in (dataset.train, dataset.val))
    net.to(device, memory_format=LAYOUT)
    check_fit(net, train, dataset.title)
    optimizer = torch.optim.SGD(
        net.parameters(), peak, momentum, weight_decay=recipe["weight_decay"], nesterov=momentum > 0
    )
    steps = num_epochs * math.ceil(len(train) / batch_size)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: one_cycle(step / steps))
    generator, snapshots = torch.Generator().manual_seed(seed), []
    bar = tqdm(total=num_epochs * len(train), unit=" images", unit_scale=True, disable=not progress)
    start = time.perf_counter()
    try:
        for epoch in range(num_epochs + 1):
            epoch_start = time.perf_counter()
            if epoch == 0:  # before training: as many training images as there are for validation
                seen = min(len(train), len(val))
                totals = evaluate_batches(net, train.in_order(seen), criterion)
            else:
                seen = len(train)
                batches = train.shuffled(batch_size, generator, recipe["mirror"], recipe["shift"])
                totals = train_epoch(net, counted(batches, bar), criterion, optimizer, scheduler)
            val_totals = evaluate_batches(net, val.in_order(), criterion)
            # Reading the totals is the only moment in an epoch at which the processor waits for a GPU.
            numbers = torch.cat([totals / seen, val_totals / len(val)]).tolist()
            if not math.isfinite(sum(numbers)):
                raise FloatingPointError(
                    f"After epoch {epoch} the loss is {numbers[0]}: the steps were too large. "
                    f"Lower learning_rate, which is {peak:g}, and train a new network."
                )
            (rate,), now = scheduler.get_last_lr(), time.perf_counter()
            snapshots.append(snapshot_of(net, epoch, numbers, rate, now - start, seen / (now - epoch_start)))
            bar.set_description(f"epoch {epoch} of {num_epochs}")
            bar.set_postfix(val_accuracy=f"{numbers[3]:.1%}", loss=f"{numbers[0]:.3f}")
            if on_epoch:
                on_epoch(snapshots)
    except KeyboardInterrupt:
        bar.set_description(f"stopped after {max(len(snapshots) - 1, 0)} of {num_epochs} epochs")
    finally:
        bar.close()
    classify_examples(net, dataset)
    return snapshots


def counted(batches, bar):
    """Yield batches of (images, labels), and move a progress bar on after each."""
    for images, labels in batches:
        yield images, labels
        bar.update(len(labels))


def snapshot_of(net, epoch, numbers, learning_rate, seconds, images_per_second):
    """Return the snapshot of an epoch; ``numbers`` are loss and accuracy in training and in validation."""
    names = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")
    weights = next(net.parameters()).detach().cpu().clone(memory_format=torch.contiguous_format)
    return {
        "epoch": epoch,
        **dict(zip(names, numbers, strict=True)),
        "learning_rate": learning_rate,
        "seconds": seconds,
        "images_per_second": images_per_second,
        "weights": weights,
    }


def summed(results):
    """Return (loss summed over images, right answers), from the (mean loss, logits, labels) of batches."""
    losses, logits, labels = zip(*results, strict=True)
    sizes = torch.tensor([len(part) for part in labels], dtype=torch.float32)
    hits = torch.cat(logits).argmax(1).eq(torch.cat(labels)).sum()
    return torch.stack([torch.stack(losses) @ sizes.to(hits.device), hits])


def evaluate_batches(net, batches, criterion):
    """Return `summed` of a network in evaluation mode over batches of (images, labels)."""
    net.eval()
    with torch.inference_mode():
        answers = ((net(images), labels) for images, labels in batches)
        return summed([(criterion(logits, labels), logits, labels) for logits, labels in answers])


def check_fit(net, images, title):
    """Raise ValueError unless a network takes the images and gives a logit for each class."""
    shape = tuple(images.pixels.shape[1:])
    try:
        with torch.inference_mode():
            logits = net.eval()(images.normalized(images.pixels[:2]))
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        raise ValueError(
            f"{type(net).__name__} cannot take {title}'s images of shape {shape}: {error}"
        ) from None
    classes = int(images.labels.max()) + 1
    if logits.shape != (2, classes):
        raise ValueError(
            f"{type(net).__name__} gives {tuple(logits.shape)} for two images; wanted are logits (2, {classes})"
        )


def evaluate(net, dataset, split, device=None):
    """Return loss and accuracy of a network on one part of a data set.

    Parameters
    ----------
    net : nn.Module
        Left as it is: a copy is evaluated.
    dataset : MulticlassDataset
        What ``split`` is a part of.
    split : Split
        ``dataset.val``, ``dataset.test`` or ``dataset.train``.
    device : torch.device or str, optional
        `best_device` unless given.

    Returns
    -------
    (float, float)
        Mean cross-entropy (natural logarithm), and the fraction of right answers.
    """
    device = torch.device(device or best_device())
    images, copied = DeviceImages(split, device), copy.deepcopy(net).to(device, memory_format=LAYOUT)
    loss, accuracy = (evaluate_batches(copied, images.in_order(), F.cross_entropy) / len(images)).tolist()
    return loss, accuracy


def classify_examples(net, dataset):
    """Return a network's class probabilities for the first six validation images, (6, classes).

    The networks of `cnn` then hold the activations of these six in ``outputs``.
    """
    examples = torch.as_tensor(dataset.val.values[:EXAMPLES]).to(next(net.parameters()).device)
    with torch.no_grad():
        logits = net.eval()(examples)
    net.data_title = dataset.title
    return logits.softmax(1).cpu()
