"""Predict, then see: a question for most parts of the lecture, with an answer that is computed here and now."""

import numpy as np
import torch
from torch import nn

import cnn
import demos
import filters
import pooling
from demos.page import phrase
from figures.tracing import count_parameters, torchvision_network
from studies import degradation, views_and_votes
from studies.shifts import right_when_shifted

SHIFT = 4  # pixels: how far the digits are moved in part 9
IMAGES = 1000  # of them


def opening():
    """Ask how large an output is."""
    return demos.guess(
        "Opening",
        phrase(
            "A kernel of 3x3 pixels slides over a digit of 28x28, and gives a number at each place where it fits. "
            "How many rows has the output?"
        ),
        filters.output_size(28, 3),
        phrase("It fits in 28 − 3 + 1 places: a rim of one pixel is lost on each side."),
    )


def convolution(digit, title):
    """Have one paint where a horizontal-edge kernel answers on a digit, (rows, columns) in [0, 1]."""
    return demos.guess_response(
        "Convolution",
        phrase(
            "This kernel is positive above and negative below. Where on the digit will it answer red (positive), "
            "where blue (negative)? Paint it."
        ),
        digit,
        filters.horizontal_edge_kernel,
        title,
    )


def filter_banks():
    """Ask how many filters of the bank see nothing on an even grey."""
    sums = filters.leung_malik_bank().sum((1, 2))
    blind = int((np.abs(sums) < 1e-5).sum())
    return demos.guess(
        "Filter banks",
        phrase(
            "The bank has {count} filters: edges, bars, blobs and blurs. "
            "How many of them answer 0 everywhere on an evenly grey wall?",
            count=len(sums),
        ),
        blind,
        phrase(
            "Their weights add up to 0. Only the {blurs} blurs answer: their weights add up to 1.",
            blurs=len(sums) - blind,
        ),
    )


def convolutional_layers():
    """Ask what a layer costs on an image twice as high and twice as wide."""
    options = {
        1: phrase("as many"),
        2: phrase("twice as many"),
        4: phrase("four times as many"),
        16: phrase("sixteen times as many"),
    }
    places = [filters.output_size(size, 5, padding=2) ** 2 for size in (32, 64)]
    weights = count_parameters(nn.Conv2d(3, 32, 5))
    return demos.guess(
        "Convolutional layers",
        phrase(
            "A convolutional layer, 32 filters of 5x5 with padding 2, gets colour images twice as high and twice as "
            "wide. How many multiplications does it take now?"
        ),
        options[places[1] // places[0]],
        phrase(
            "The kernels have four times as many places to be at. Their {weights} parameters stay the same.",
            weights=f"{weights:,}",
        ),
        options=list(options.values()),
    )


def im2col():
    """Ask how often im2col copies a pixel."""
    pixels = np.arange(12 * 12).reshape(12, 12)
    copies = int((filters.im2col(pixels, 5) == pixels[6, 6]).sum())
    return demos.guess(
        "im2col",
        phrase(
            "im2col makes a column of every 5x5 patch. How often is a pixel copied that is far from the border?"
        ),
        copies,
        phrase(
            "It lies in 5 · 5 patches, once at each of their places: that is what the speed costs in memory."
        ),
    )


def simple_cnn():
    """Ask where SimpleCNN's parameters are."""
    net = cnn.SimpleCNN()
    share = count_parameters(net.c1) / count_parameters(net)
    options = [
        phrase("nearly all in the convolution"),
        phrase("about half and half"),
        phrase("nearly all in the dense layer"),
    ]
    return demos.guess(
        "SimpleCNN",
        phrase("SimpleCNN has {count} parameters. Where are they?", count=f"{count_parameters(net):,}"),
        options[0 if share > 0.9 else 2 if share < 0.1 else 1],
        phrase(
            "The convolution has {count}, or {share}: its kernels are shared by all places.",
            count=f"{count_parameters(net.c1):,}",
            share=f"{share:.1%}",
        ),
        options=options,
    )


def subsampling(stripes=12, pixels=32):
    """Ask what is seen of stripes when every second pixel is kept."""
    wave = np.cos(2 * np.pi * stripes * np.arange(pixels) / pixels)
    seen = int(np.abs(np.fft.rfft(wave[::2])).argmax())
    return demos.guess(
        "Subsampling",
        phrase(
            "A picture has {stripes} bright stripes over {pixels} pixels. Every second pixel is kept, without a blur. "
            "How many stripes does one see?",
            stripes=stripes,
            pixels=pixels,
        ),
        seen,
        phrase(
            "{half} pixels show at most {quarter} stripes. More come back as fewer, {half} − {stripes}: "
            "a pattern that was never there. That is aliasing.",
            half=pixels // 2,
            quarter=pixels // 4,
            stripes=stripes,
        ),
    )


def pooling_layers(digit, window=4):
    """Ask which maps change most when a digit, (rows, columns) in [0, 1], moves by a pixel to the right."""
    kinds = {
        phrase("every fourth pixel"): lambda feature: feature[::window, ::window],
        phrase("max pooled"): lambda feature: pooling.pool(feature, window, kind="max"),
        phrase("average pooled"): lambda feature: pooling.pool(feature, window, kind="average"),
    }
    digit = np.asarray(digit)
    moved = np.pad(digit, ((0, 0), (1, 0)))[:, :-1]
    before, after = (
        np.maximum(filters.convolve(image, filters.horizontal_edge_kernel), 0) for image in (digit, moved)
    )
    change = {
        name: float(np.linalg.norm(smaller(after) - smaller(before)) / np.linalg.norm(smaller(before)))
        for name, smaller in kinds.items()
    }
    order = sorted(change, key=change.get)
    return demos.guess(
        "Pooling",
        phrase(
            "The digit moves by one pixel to the right. Which of these small versions of its map of edges changes "
            "least, which most?"
        ),
        order,
        phrase("Relative change: {list}.", list=", ".join(f"{name} {change[name]:.2f}" for name in order)),
        options=list(kinds),
        ends=(phrase("changes least"), phrase("changes most")),
    )


def share_read(net, dataset, shift):
    """Return the share of the first validation images that a network reads when they are moved to the right."""
    return right_when_shifted(net, dataset.val.first(IMAGES), [shift]).float().mean().item()


def pooling_cnn(nets, dataset):
    """Ask what two networks read of shifted digits; nets: {name: trained network}, pooling in the last one."""
    shifted, straight = (
        {name: share_read(net, dataset, shift) for name, net in nets.items()} for shift in (SHIFT, 0)
    )
    last, images = list(nets)[-1], min(IMAGES, len(dataset.val.labels))
    return demos.guess(
        "PoolingCNN",
        phrase(
            "{name} reads {right} of 100 digits. Now each is moved by {shift} pixels to the right. "
            "How many of 100 does it read?",
            name=last,
            right=f"{100 * straight[last]:.0f}",
            shift=SHIFT,
        ),
        round(100 * shifted[last]),
        phrase(
            "Of {images} validation images: {list}. Behind pooling, too, the dense layer expects everything in its "
            "place.",
            images=f"{images:,}",
            list=", ".join(f"{name} {100 * share:.0f} %" for name, share in shifted.items()),
        ),
        within=0.1,
    )


def cifar_10():
    """Ask for the order of the three networks by their parameters."""
    counts = {net.__name__: count_parameters(net()) for net in (cnn.SimpleCNN, cnn.PoolingCNN, cnn.CifarCNN)}
    order = sorted(counts, key=counts.get)
    return demos.guess(
        "CIFAR-10",
        phrase("Put the three networks of this lecture in order, by the number of their parameters."),
        order,
        ", ".join(f"{name} {counts[name]:,}" for name in order) + ".",
        options=list(counts),
        ends=(phrase("fewest"), phrase("most")),
    )


def training_recipe(snapshots):
    """Ask how good a network is after its first epoch; snapshots: of `cnn.trained`."""
    history = {snapshot["epoch"]: snapshot["val_accuracy"] for snapshot in snapshots}
    last = max(history)
    return demos.guess(
        "Training recipe",
        phrase(
            "CifarCNN learns for {epochs} epochs, and ends at {right} of the validation images. "
            "What was it after the first, in per cent? (Guessing gives 10.)",
            epochs=last,
            right=f"{history[last]:.0%}",
        ),
        round(100 * history[1]),
        phrase("Most is learned early; the last points take most of the time."),
        within=0.1,
    )


def data_augmentation(net, dataset, device=None):
    """Ask how many images a vote of ten views wins."""
    # Quiet: the picture that follows says where the answers are from.
    found = views_and_votes.kept_answers(net, dataset, device, quiet=True)["answers"].numpy()
    one, ten = (found[:2] == np.asarray(dataset.val.labels)).sum(1)
    images = len(dataset.val.labels)
    return demos.guess(
        "Data augmentation",
        phrase(
            "CifarCNN names {right} of {images} validation images. Now ten views of each image vote. "
            "How many more are right?",
            right=f"{one:,}",
            images=f"{images:,}",
        ),
        int(ten - one),
        phrase(
            "That is {points} percentage points. Is it more than chance? The table tells.",
            points=f"{100 * (ten - one) / images:+.1f}",
        ),
        within=0.5,
    )


@torch.no_grad()
def batch_norm(factor=10):
    """Ask what batch norm gives when the weights before it are larger."""
    options = [
        phrase("not at all"),
        *(phrase("{factor} times as large", factor=times) for times in (factor, factor**2)),
    ]
    generator = torch.Generator().manual_seed(0)
    inputs, weights = (torch.randn(*shape, generator=generator) for shape in ((64, 20), (30, 20)))
    norm = nn.BatchNorm1d(30)
    spread, larger = (norm(inputs @ (scale * weights).T).std().item() for scale in (1, factor))
    return demos.guess(
        "Batch norm",
        phrase(
            "All weights of the layer before a batch norm become {factor} times as large. "
            "How does what batch norm gives change?",
            factor=factor,
        ),
        options[min(range(3), key=lambda k: abs(factor**k - larger / spread))],
        phrase(
            "Mean and standard deviation grow with the weights, and are taken out again: what comes out "
            "does not depend on the weights' scale."
        ),
        options=options,
    )


def imagenet_and_alexnet():
    """Ask where AlexNet's parameters are."""
    net = torchvision_network("alexnet")
    dense, parameters = count_parameters(net.classifier), count_parameters(net)
    return demos.guess(
        "ImageNet and AlexNet",
        phrase(
            "AlexNet has five convolutional and three dense layers, and {millions} million parameters. "
            "How many per cent of them are in the dense layers?",
            millions=f"{parameters / 1e6:.0f}",
        ),
        round(100 * dense / parameters),
        phrase(
            "{millions} million. And the multiplications? The table tells.", millions=f"{dense / 1e6:.1f}"
        ),
        within=0.05,
    )


def residual_networks(dataset):
    """Ask whether more layers lower the error on training images."""
    # Quiet: the picture that follows says where they are from.
    found, title = degradation.histories(dataset, quiet=True)
    errors = [degradation.errors_of(found[f"plain, {n} layers"], "train")[-1].mean() for n in (20, 56)]
    options = [phrase("clearly lower"), phrase("about the same"), phrase("clearly higher")]
    change = errors[1] - errors[0]
    return demos.guess(
        "Residual networks",
        phrase(
            "A plain network of 20 layers is made 56 layers deep, and trained alike. "
            "Its error on the training images, beside that of 20 layers?"
        ),
        options[0 if change < -0.02 else 2 if change > 0.02 else 1],
        phrase(
            "Here it was {deep} beside {shallow}, after {epochs} epochs on {data}.",
            deep=f"{errors[1]:.0%}",
            shallow=f"{errors[0]:.0%}",
            epochs=degradation.EPOCHS,
            data=title,
        ),
        options=options,
    )


GUESSES = {
    "Opening": opening,
    "Convolution": convolution,
    "Filter banks": filter_banks,
    "Convolutional layers": convolutional_layers,
    "im2col": im2col,
    "SimpleCNN": simple_cnn,
    "Subsampling": subsampling,
    "Pooling": pooling_layers,
    "PoolingCNN": pooling_cnn,
    "CIFAR-10": cifar_10,
    "Training recipe": training_recipe,
    "Data augmentation": data_augmentation,
    "Batch norm": batch_norm,
    "ImageNet and AlexNet": imagenet_and_alexnet,
    "Residual networks": residual_networks,
}


def guess(part, *data, **options):
    """Return the question of a part of the lecture, as a demo: commit to a guess, then see.

    Parameters
    ----------
    part : str
        The part's title.
    *data
        What the question is about, such as a trained network: see the function of the part.

    Returns
    -------
    Demo

    Raises
    ------
    ValueError
        If that part has no question.
    """
    if part not in GUESSES:
        raise ValueError(f"there is no question for {part!r}; there is one for: {', '.join(GUESSES)}")
    return GUESSES[part](*data, **options)


def guesses_made():
    """Return all guesses that were committed to, with their answers, as a demo."""
    titles = [
        phrase("Opening"),
        phrase("Convolution"),
        phrase("Filter banks"),
        phrase("Convolutional layers"),
        phrase("im2col"),
        phrase("SimpleCNN"),
        phrase("Subsampling"),
        phrase("Pooling"),
        phrase("PoolingCNN"),
        phrase("CIFAR-10"),
        phrase("Training recipe"),
        phrase("Data augmentation"),
        phrase("Batch norm"),
        phrase("ImageNet and AlexNet"),
        phrase("Residual networks"),
    ]
    return demos.guesses_made(GUESSES, titles)
