"""The questions that close the lecture, with answers that the lecture's own functions compute."""

import html
from typing import NamedTuple

import numpy as np
import torch
from IPython.display import HTML, display
from torch import nn

import cnn
import filters
import pooling
import resnet
from figures.tracing import count_parameters, receptive_field


class Question(NamedTuple):
    """A question, the number that answers it, and why."""

    text: str
    answer: float
    why: str


def questions():
    """Return the questions; every answer is computed here and now.

    Returns
    -------
    list of Question
    """
    flat = np.full((9, 9), 0.7, np.float32)
    edge = filters.convolve(flat, filters.horizontal_edge_kernel)
    step = np.vstack([np.zeros((5, 9)), np.ones((4, 9))])  # black above white
    response = filters.convolve(step, filters.horizontal_edge_kernel)
    dense = 9 * 24 * 24 * 10
    pooled = 9 * 12 * 12 * 10
    patches = filters.im2col(np.zeros((28, 28)), 5)
    votes = np.bincount([3, 5, 5, 5, 8, 3, 5, 8, 5, 9])
    dot = np.zeros((20, 20))
    dot[8, 8] = 1
    responses = [np.abs(filters.convolve(np.roll(dot, down, axis=0), filters.blob_kernel)) for down in (0, 3)]
    rows = [int(np.unravel_index(response.argmax(), response.shape)[0]) for response in responses]
    wave = np.cos(2 * np.pi * 7 * np.arange(16) / 16)
    stack = nn.Sequential(*(nn.Conv2d(1, 1, 3) for _ in range(3)))
    with torch.no_grad():
        alone = nn.BatchNorm1d(1).eval()(torch.tensor([[3.0]])).item()
        block = resnet.Block(4, 4, residual=True)
        for weights in block.parameters():
            weights.zero_()
        image = torch.rand(2, 4, 8, 8)
        change = (block(image) - image).abs().max().item()
    tosses = np.random.default_rng(0).binomial(100, 0.5, (20_000, 20))
    return [
        Question(
            "A 5x5 kernel slides over a 28x28 image, without padding, at stride 1. How many rows has the output?",
            filters.output_size(28, 5),
            "⌊(28 − 5) / 1⌋ + 1.",
        ),
        Question(
            "And with padding 2 and stride 2?",
            filters.output_size(28, 5, padding=2, stride=2),
            "⌊(28 + 2·2 − 5) / 2⌋ + 1: the bracket rounds down.",
        ),
        Question(
            "What does the horizontal-edge kernel give on a flat grey image?",
            float(np.abs(edge).max()),
            "Its weights add up to 0.",
        ),
        Question(
            "Black lies above white: which sign has the horizontal-edge kernel's strongest response, +1 or −1?",
            float(np.sign(response.flat[np.abs(response).argmax()])),
            "The kernel is positive above and negative below, and there is only white below. Flipped, so is the sign.",
        ),
        Question(
            "How many parameters has a layer with 32 kernels of 5x5 on an RGB image?",
            count_parameters(nn.Conv2d(3, 32, 5)),
            "Each kernel has 5·5·3 weights and a bias. The size of the image does not matter.",
        ),
        Question(
            "im2col copies the 5x5 patches of a 28x28 image. How many times as large is the matrix?",
            round(patches.size / 28**2, 1),
            "25 rows, 24·24 columns: less than 25 times, since the patches at the border are missing.",
        ),
        Question(
            "By what factor does 2x2 max pooling shrink the last layer's weights in SimpleCNN?",
            dense / pooled,
            "Half the rows times half the columns: 51,840 weights become 12,960.",
        ),
        Question(
            "Max pooling 3x3, stride 2, padding 1, on an image whose pixels are all −1. What is the largest output?",
            float(pooling.pool(-np.ones((8, 8)), 3, 2, "max", padding=1).max()),
            "The padding counts as minus infinity. Padded with zeros, the border would wrongly become 0.",
        ),
        Question(
            "Ten views of a picture are classified as 3, 5, 5, 5, 8, 3, 5, 8, 5, 9. What is the vote?",
            int(votes.argmax()),
            "The most frequent label, not the largest.",
        ),
        Question(
            "How many parameters has CifarCNN?",
            count_parameters(cnn.CifarCNN()),
            "2,432 + 25,632 + 51,264 in the convolutions, 65,600 + 650 in the dense layers.",
        ),
        Question(
            "A picture moves down by 3 pixels. By how many does its feature map move, far from the border?",
            rows[1] - rows[0],
            "Shifting and convolving may be exchanged: convolution is equivariant. The map moves along; what makes an "
            "answer stay the same is the average over all places.",
        ),
        Question(
            "A wave has 7 cycles over 16 pixels, and every second pixel is kept, without a blur. "
            "How many cycles does one see?",
            int(np.abs(np.fft.rfft(wave[::2])).argmax()),
            "8 pixels carry up to 4 cycles; 7 come back as 8 − 7. That is aliasing.",
        ),
        Question(
            "Three convolutions of 3x3 follow each other, at stride 1. How many rows of the image does one output see?",
            receptive_field(stack, (1, 16, 16), "2").size[0],
            "Each adds 2 to the 3 of the first. They have 27 weights, where one kernel of 7x7 has 49.",
        ),
        Question(
            "A fresh batch norm, switched to evaluation mode, sees a single number, 3. What does it give?",
            round(alone, 3),
            "Its running mean is 0 and its running variance 1: it gives the number back. In training mode it would "
            "take the mean off, and refuses a batch of one number.",
        ),
        Question(
            "Twenty networks toss coins on 100 test images of two classes. We keep the best. "
            "How many images has it right, on average?",
            round(tosses.max(1).mean()),
            "Whoever chooses by the test set gets the luck of the chosen one. On new images it has 50 of 100 right.",
        ),
        Question(
            "All weights within a residual block are 0. By how much does what comes out differ from a picture with no "
            "negative pixel that goes in?",
            change,
            "Copying is what the block does by itself, and ReLU leaves what is not negative. A plain layer would have "
            "to learn to copy.",
        ),
    ]


def show_questions():
    """Display the questions; a click on one opens its answer, with or without a kernel."""
    items = [
        f'<li style="margin:0.5em 0"><details><summary style="cursor:pointer">{html.escape(q.text)}</summary>'
        f'<p style="margin:0.3em 1em"><b>{q.answer:,.7g}</b>. {html.escape(q.why)}</p></details></li>'
        for q in questions()
    ]
    half = -(-len(items) // 2)
    columns = "".join(
        f'<ol class="lecture-questions" start="{start + 1}">{"".join(items[start : start + half])}</ol>'
        for start in range(0, len(items), half)
    )
    grid = "display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22em,100%),1fr));column-gap:2em"
    display(HTML(f'<div style="{grid}">{columns}</div>'))
