"""Training and evaluating a network: a data set of bytes on the device, one loop, and a recipe for each data set."""

import functools
import math
import time

import torch
import torch.nn.functional as F
from tqdm.auto import tqdm

EXAMPLES = 6  # validation images whose activations a network keeps after its training
EVALUATED_AT_ONCE = 100  # images: their activations stay in the cache, which is faster than more at a time
# A step took 0.55 to 0.85 of the time of the usual layout, for each of the networks.
LAYOUT = torch.channels_last
# Floats have 32 bits throughout: in bfloat16 a step took 1.2 times (PoolingCNN) to 1.6 times (CifarCNN) as long on the
# processor it was tried on. On a GPU it was not tried.

STEPS = {
    "batch_size": 64,  # images a step: enough to keep the cores busy, few enough for many steps an epoch
    "learning_rate": 0.05,  # at its highest; at twice as much, training begins to swing
    "momentum": 0.9,  # each step keeps 90 % of the last one's direction, which averages the noise of batches out
    "weight_decay": 5e-4,  # pulls weights gently towards zero, so that none learns single images by heart
}
RECIPES = {
    "MNIST": {
        **STEPS,
        "mirror": False,  # a mirrored 3 is no digit
        "shift": 0,  # digits are centred, in training and in test images alike
    },
    "CIFAR-10": {
        **STEPS,
        "weight_decay": 1e-3,  # more than digits need: photographs are few for their variety
        "mirror": True,  # a cat seen in a mirror is a cat: each image counts for two
        "shift": 2,  # pixels at most, up or down and left or right: an image comes in 25 places
    },
}


def best_device():
    """Return the fastest device there is: an NVIDIA GPU, else Apple's, else the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


class Resident:
    """The images of a split as bytes on a device, which makes float batches of them there.

    A float would take four times the memory of a byte, and four times as long to gather.

    Parameters
    ----------
    split : Split
        Images and labels.
    dataset : MulticlassDataset
        Says how the images are normalised.
    device : torch.device
        Where they go; on the processor they stay in the file that they are mapped from.
    """

    def __init__(self, split, dataset, device):
        self.pixels = torch.as_tensor(split.values.pixels).to(device)
        self.labels = torch.as_tensor(split.labels).to(device)
        moments = (0.0, 1.0) if dataset.mean is None else (dataset.mean, dataset.std)
        mean, std = (torch.as_tensor(moment) for moment in moments)
        self.scale, self.offset = (1 / (255 * std)).to(device), (-mean / std).to(device)

    def __len__(self):
        return len(self.labels)

    def floats(self, pixels):
        """Return bytes (N, C, H, W) as normalised floats, (x / 255 - mean) / std, in `LAYOUT`."""
        # Multiplied in the layout of the bytes, where a channel's pixels lie together: a third of the time.
        return (pixels * self.scale).add_(self.offset).contiguous(memory_format=LAYOUT)

    def in_order(self, count=None):
        """Yield the first ``count`` (images, labels) as they come, all unless given."""
        pixels, labels = (part[:count].split(EVALUATED_AT_ONCE) for part in (self.pixels, self.labels))
        for images, answers in zip(pixels, labels, strict=True):
            yield self.floats(images), answers

    def shuffled(self, batch_size, generator, mirror, shift):
        """Yield (images, labels) in random order, mirrored and shifted at random if asked for."""
        count, device = len(self), self.labels.device
        # All random numbers of an epoch are drawn at once, on the processor: the same on every device.
        order = torch.randperm(count, generator=generator).to(device)
        mirrored = torch.rand(count, generator=generator).to(device).lt(0.5)
        moves = torch.randint(2 * shift + 1, (2, count), generator=generator).to(device)
        for start in range(0, count, batch_size):
            part = slice(start, start + batch_size)
            # A fifth of the time of `self.pixels[order[part]]`, which copies pixel by pixel.
            pixels, labels = (whole.index_select(0, order[part]) for whole in (self.pixels, self.labels))
            if mirror or shift:
                pixels = moved(pixels, mirrored[part] & mirror, *(moves[:, part] - shift))
            yield self.floats(pixels), labels


def moved(pixels, mirrored, up, left):
    """Mirror and shift each image of a batch in its own way; what comes in at the border repeats the border.

    Parameters
    ----------
    pixels : Tensor
        (N, C, H, W).
    mirrored : Tensor
        (N,) bool: whether left and right change places, before the shift.
    up, left : Tensor
        (N,) int64: by how many pixels; negative ones go down and right.

    Returns
    -------
    Tensor
        (N, C, H, W).
    """
    count, channels, height, width = pixels.shape
    rows, columns = (torch.arange(size, device=pixels.device) for size in (height, width))
    rows = (rows + up[:, None]).clamp(0, height - 1)
    columns = (columns + left[:, None]).clamp(0, width - 1)
    columns = torch.where(mirrored[:, None], width - 1 - columns, columns)
    source = (rows[:, :, None] * width + columns[:, None]).view(count, 1, -1)
    return pixels.flatten(2).gather(2, source.expand(-1, channels, -1)).view_as(pixels)


def one_cycle(progress):
    """Return the learning rate as a fraction of its peak, when ``progress`` (0 to 1) of the training is done.

    It rises for a quarter of the steps, since first weights that are random bear no large ones, and falls to zero
    then, so that the weights settle (L. N. Smith and N. Topin, 2018, arXiv:1708.07120).
    """
    return 0.04 + 0.96 * progress / 0.25 if progress < 0.25 else (1 - progress) / 0.75


def checked_recipe(dataset, num_epochs, changes):
    """Return the recipe for a data set with changes, or raise ValueError about the first that makes no sense."""
    recipe = RECIPES[dataset.name]
    if unknown := set(changes) - set(recipe):
        raise ValueError(
            f"train_model knows no {', '.join(sorted(unknown))}; a recipe has {', '.join(recipe)}"
        )
    recipe = {**recipe, **changes}
    whole = {
        "num_epochs": (num_epochs, 1),
        "batch_size": (recipe["batch_size"], 1),
        "shift": (recipe["shift"], 0),
    }
    for name, (value, least) in whole.items():
        if not isinstance(value, int) or value < least:
            raise ValueError(f"{name} must be a whole number of at least {least}, but it is {value!r}")
    rates = {name: recipe[name] for name in ("learning_rate", "momentum", "weight_decay")}
    for name, value in rates.items():
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueError(f"{name} must be a finite number, but it is {value!r}")
    if recipe["learning_rate"] <= 0:
        raise ValueError(f"learning_rate must be a number above 0, but it is {recipe['learning_rate']!r}")
    for name in ("momentum", "weight_decay"):
        if not 0 <= recipe[name] < 1:
            raise ValueError(f"{name} must be from 0 to below 1, but it is {recipe[name]!r}")
    return recipe


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
        Called with the snapshots so far, after each epoch and before the first (see `inside.LiveCurves`).
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
    recipe = checked_recipe(dataset, num_epochs, recipe)
    batch_size, peak = recipe["batch_size"], recipe["learning_rate"]
    device = torch.device(device or best_device())
    train, val = (Resident(split, dataset, device) for split in (dataset.train, dataset.val))
    net.to(device, memory_format=LAYOUT)
    check_fit(net, train, dataset.title)
    momentum, decay = recipe["momentum"], recipe["weight_decay"]
    optimizer = torch.optim.SGD(net.parameters(), peak, momentum, weight_decay=decay, nesterov=momentum > 0)
    generator = torch.Generator().manual_seed(seed)
    steps, step, snapshots = num_epochs * math.ceil(len(train) / batch_size), 0, []
    bar = tqdm(total=num_epochs * len(train), unit=" images", unit_scale=True, disable=not progress)
    start = time.perf_counter()
    try:
        for epoch in range(num_epochs + 1):
            epoch_start = time.perf_counter()
            if epoch == 0:  # before training: as many training images as there are for validation
                seen = min(len(train), len(val))
                totals = sum_up(net, train.in_order(seen), criterion)
            else:
                seen, batches = len(train), []
                net.train()
                for images, labels in train.shuffled(
                    batch_size, generator, recipe["mirror"], recipe["shift"]
                ):
                    optimizer.param_groups[0]["lr"] = peak * one_cycle(step / steps)
                    logits = net(images)
                    loss = criterion(logits, labels)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    batches.append((loss.detach(), logits.detach(), labels))
                    step += 1
                    bar.update(len(labels))
                totals = tally(batches)
            val_totals = sum_up(net, val.in_order(), criterion)
            # Reading the totals is the only moment in an epoch at which the processor waits for a GPU.
            numbers = torch.cat([totals / seen, val_totals / len(val)]).tolist()
            if not math.isfinite(sum(numbers)):
                raise FloatingPointError(
                    f"After epoch {epoch} the loss is {numbers[0]}: the steps were too large. "
                    f"Lower learning_rate, which is {peak:g}, and train a new network."
                )
            rate, now = peak * one_cycle(step / steps), time.perf_counter()
            snapshots.append(snapshot_of(net, epoch, numbers, rate, now - start, seen / (now - epoch_start)))
            bar.set_description(f"epoch {epoch} of {num_epochs}")
            bar.set_postfix(val_accuracy=f"{numbers[3]:.1%}", loss=f"{numbers[0]:.3f}")
            if on_epoch:
                on_epoch(snapshots)
    except KeyboardInterrupt:
        bar.set_description(f"stopped after {max(len(snapshots) - 1, 0)} of {num_epochs} epochs")
    finally:
        bar.close()
    look(net, dataset)
    return snapshots


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


def tally(batches):
    """Return (loss summed over images, right answers), from the (mean loss, logits, labels) of batches."""
    losses, logits, labels = zip(*batches, strict=True)
    sizes = torch.tensor([len(part) for part in labels], dtype=torch.float32)
    hits = torch.cat(logits).argmax(1).eq(torch.cat(labels)).sum()
    return torch.stack([torch.stack(losses) @ sizes.to(hits.device), hits])


def sum_up(net, batches, criterion):
    """Return `tally` of a network in evaluation mode over batches of (images, labels)."""
    net.eval()
    with torch.inference_mode():
        answers = ((net(images), labels) for images, labels in batches)
        return tally([(criterion(logits, labels), logits, labels) for logits, labels in answers])


def check_fit(net, images, title):
    """Raise ValueError unless a network takes the images and gives a logit for each class."""
    shape = tuple(images.pixels.shape[1:])
    try:
        with torch.inference_mode():
            logits = net.eval()(images.floats(images.pixels[:2]))
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
        Put on ``device`` and left there, in evaluation mode.
    dataset : MulticlassDataset
        Says how the images are normalised.
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
    images = Resident(split, dataset, device)
    net.to(device, memory_format=LAYOUT)
    examples = list(getattr(net, "outputs", []))
    loss, hits = (sum_up(net, images.in_order(), F.cross_entropy) / len(images)).tolist()
    if examples:  # the activations of the last batch are of no use, and large
        net.outputs = examples
    return loss, hits


def look(net, dataset):
    """Show a network the first six validation images; return its class probabilities for them, (6, classes).

    The networks of `cnn` then hold the activations of these six in ``outputs``.
    """
    examples = torch.as_tensor(dataset.val.values[:EXAMPLES]).to(next(net.parameters()).device)
    with torch.no_grad():
        logits = net.eval()(examples)
    net.data_title = dataset.title
    return logits.softmax(1).cpu()
