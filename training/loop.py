"""Training and evaluating a network."""

import functools
import itertools
import math
import time

import torch
import torch.nn.functional as F
from tqdm.auto import tqdm

from datafiles.files import say
from figures.tracing import duplicate
from training.batches import DeviceImages, batch_limits
from training.networks import fit, left_as_it_came, place_of, random_numbers, resting_modules_rest
from training.recipes import RECIPES, finite_number, one_cycle, validated_recipe, whole_number

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
        asked = options.get("batch_size")
        while True:
            try:
                snapshots = train(dataset, net, *arguments, **options)
                if options.get("batch_size") != asked:
                    snapshots[0]["batch_size"] = options["batch_size"]
                return snapshots
            except torch.OutOfMemoryError:  # the network is as it came again
                batch_size = options.get("batch_size", RECIPES[dataset.name]["batch_size"])
                if batch_size == 1:
                    raise
            options["batch_size"] = batch_size // 2
            say(f"The device has no room for batches of {batch_size}: starting again with {batch_size // 2}.")

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
    dataset,
    net,
    criterion,
    num_epochs=20,
    device=None,
    *,
    seconds=None,
    seed=0,
    progress=True,
    on_epoch=None,
    **recipe,
):
    """Train a network, with stochastic gradient descent whose learning rate rises once and falls once.

    The stop button ends the training and keeps what was learned so far.

    Parameters
    ----------
    dataset : MulticlassDataset
        Trained on its training images; its validation images are evaluated after each epoch.
    net : nn.Module
        Changed in place, and left on ``device``, in evaluation mode; as it came if the training fails. Layers that
        are frozen, or in evaluation mode while the network is not, stay so.
    criterion : callable
        Loss of (logits, labels), a mean over the batch, such as ``nn.CrossEntropyLoss()``.
    num_epochs : int
        How many times every training image is seen.
    device : torch.device or str, optional
        `best_device` unless given.
    seconds : float, optional
        Train for so long from the first step on, and to the end of a batch, instead of ``num_epochs``: the learning
        rate rises and falls with the time, and the last snapshot's ``epoch`` need not be whole.
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
        ``weights``. The first has ``batch_size`` where a GPU had room for smaller batches only.

    Raises
    ------
    ValueError
        If an argument is out of range or unknown, there are no images, or the network cannot take them.
    FloatingPointError
        If the loss is not finite any more.
    """
    recipe = validated_recipe(dataset, num_epochs, recipe)
    num_epochs, seed = whole_number("num_epochs", num_epochs, 1), whole_number("seed", seed)
    if seconds is not None and (seconds := finite_number("seconds", seconds)) <= 0:
        raise ValueError(f"seconds must be a number above 0, but it is {seconds!r}")
    num_epochs, seconds = (num_epochs, math.inf) if seconds is None else (math.inf, seconds)
    device = torch.device(device or best_device())
    train, val = (
        DeviceImages(dataset.train, device, "training"),
        DeviceImages(dataset.val, device, "validation"),
    )
    with left_as_it_came(net), resting_modules_rest(net), random_numbers(seed, device):
        fit(net, dataset, train, val, smallest=min(recipe["batch_size"], len(train)))
        snapshots = run_epochs(
            net, train, val, criterion, num_epochs, seconds, recipe, seed, progress, on_epoch
        )
    classify_examples(net, dataset)
    return snapshots


def run_epochs(net, train, val, criterion, num_epochs, seconds, recipe, seed, progress, on_epoch):
    """Train a network that fits its images, and evaluate it before the first epoch and after each.

    One of ``num_epochs`` and ``seconds`` is infinite.
    """
    batch_size, peak, momentum = recipe["batch_size"], recipe["learning_rate"], recipe["momentum"]
    learning = [weights for weights in net.parameters() if weights.requires_grad]
    if not learning:
        raise ValueError(
            f"{type(net).__name__} has no weights that can learn: all are frozen, or there are none"
        )
    optimizer = torch.optim.SGD(
        learning, peak, momentum, weight_decay=recipe["weight_decay"], nesterov=momentum > 0
    )
    steps = num_epochs * (len(batch_limits(len(train), batch_size)) - 1)
    start = first_step = time.perf_counter()

    def done(step):
        """Return which share of the training is done, by steps or by time: one of the two is 0."""
        return min(1.0, step / steps + (time.perf_counter() - first_step) / seconds)

    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: one_cycle(done(step)))
    generator, snapshots = torch.Generator().manual_seed(seed), []
    total, end = num_epochs * len(train), f"of {num_epochs} epochs"
    if math.isinf(num_epochs):
        total, end = None, f"in {seconds:g} seconds"
    bar = tqdm(total=total, unit=" images", unit_scale=True, disable=not progress)
    try:
        for epoch in itertools.count():
            epoch_start = time.perf_counter()
            if epoch == 0:  # before training: as many training images as there are for validation
                seen = min(len(train), len(val))
                totals = evaluate_batches(net, train.in_order(seen), criterion)
            else:
                batches, sizes = train.shuffled(batch_size, generator, recipe["mirror"], recipe["shift"]), []
                batches = counted(batches, bar, sizes, first_step + seconds)
                totals = train_epoch(net, batches, criterion, optimizer, scheduler)
                seen = sum(sizes)
                if seen < len(train):
                    epoch += seen / len(train) - 1
            val_totals = evaluate_batches(net, val.in_order(), criterion)
            # Reading the totals is the only moment in an epoch at which the processor waits for a GPU.
            numbers = torch.cat([totals / seen, val_totals / len(val)]).tolist()
            if not math.isfinite(sum(numbers)):
                raise FloatingPointError(
                    f"After epoch {epoch} the loss is {numbers[0]}: the steps were too large. Lower learning_rate, "
                    f"which is {peak:g}, and train again; the network is as it was before."
                )
            (rate,), now = scheduler.get_last_lr(), time.perf_counter()
            snapshots.append(snapshot_of(net, epoch, numbers, rate, now - start, seen / (now - epoch_start)))
            bar.set_description(f"epoch {epoch:.4g} {end}")
            bar.set_postfix(val_accuracy=f"{numbers[3]:.1%}", loss=f"{numbers[0]:.3f}")
            if on_epoch:
                on_epoch(snapshots)
            if epoch == 0:
                first_step = time.perf_counter()
            elif epoch >= num_epochs or now >= first_step + seconds:
                break
    except KeyboardInterrupt:
        bar.set_description(f"stopped after epoch {max(len(snapshots) - 1, 0)} {end}")
    finally:
        bar.close()
    return snapshots


def counted(batches, bar, sizes, end):
    """Yield batches of (images, labels) up to a time; after each note its size, and move a progress bar on."""
    for images, labels in batches:
        yield images, labels
        sizes.append(len(labels))
        bar.update(len(labels))
        if time.perf_counter() >= end:
            return


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
    if losses[0].ndim:
        raise ValueError(
            f"a loss must be one number, the mean over a batch, but its shape is {tuple(losses[0].shape)}"
        )
    sizes = torch.tensor([len(part) for part in labels], dtype=torch.float32)
    hits = torch.cat(logits).argmax(1).eq(torch.cat(labels)).sum()
    return torch.stack([torch.stack(losses).float() @ sizes.to(hits.device), hits])


def evaluate_batches(net, batches, criterion):
    """Return `summed` of a network in evaluation mode over batches of (images, labels)."""
    net.eval()
    with torch.inference_mode():
        answers = ((net(images), labels) for images, labels in batches)
        return summed([(criterion(logits, labels), logits, labels) for logits, labels in answers])


def check_fit(net, dataset, split, device):
    """Raise ValueError unless a network takes the images of a split; give lazy layers their weights if it does."""
    with left_as_it_came(net):
        fit(
            net,
            dataset,
            DeviceImages(split.first(2), device, "training" if split is dataset.train else "given"),
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

    Raises
    ------
    ValueError
        If there are no images, or the network cannot take them.
    """
    if not hasattr(getattr(split, "values", None), "pixels"):
        raise ValueError(
            f"split must be a part of the data set, such as dataset.val, but it is {split!r:.60}"
        )
    images, copied = DeviceImages(split, torch.device(device or best_device())), duplicate(net)
    fit(copied, dataset, images)
    loss, accuracy = (evaluate_batches(copied, images.in_order(), F.cross_entropy) / len(images)).tolist()
    return loss, accuracy


def classify_examples(net, dataset):
    """Return a network's class probabilities for the first six validation images, (6, classes).

    The networks of `cnn` then hold the activations of these six in ``outputs``.
    """
    examples = torch.as_tensor(dataset.val.values[:EXAMPLES]).to(*place_of(net))
    with torch.no_grad():
        logits = net.eval()(examples)
    net.data_title = dataset.title
    return logits.float().softmax(1).cpu()
