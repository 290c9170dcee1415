"""The ten questions that close the lecture, with answers that the lecture's own functions compute."""

import html
from typing import NamedTuple

import numpy as np
from IPython.display import HTML, display
from torch import nn

import cnn
import filters
import pooling
from figures.tracing import count_parameters


class Question(NamedTuple):
    """A question, the number that answers it, and why."""

    text: str
    answer: float
    why: str


def questions():
    """Return the ten questions; every answer is computed here and now.

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
            "Which sign has its strongest response where black lies above white: +1 or −1?",
            float(np.sign(response.flat[np.abs(response).argmax()])),
            "It is positive above and negative below, and there is only white below. Flip it, and the sign flips.",
        ),
        Question(
            "How many parameters has a layer with 32 kernels of 5x5 on an RGB image?",
            count_parameters(nn.Conv2d(3, 32, 5)),
            "Each kernel has 5·5·3 weights and a bias. The size of the image does not matter.",
        ),
        Question(
            "im2col copies the 5x5 patches of a 28x28 image. How many times as large is the matrix?",
            round(patches.size / 28**2, 1),
            "25 rows, 24·24 columns: a little less than 25 times, since the patches at the border are missing.",
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
    ]


def show_questions():
    """Display the questions; a click on one opens its answer, with or without a kernel."""
    items = "".join(
        f'<li style="margin:0.6em 0"><details><summary style="cursor:pointer">{html.escape(q.text)}</summary>'
        f'<p style="margin:0.3em 1em"><b>{q.answer:,.7g}</b>. {html.escape(q.why)}</p></details></li>'
        for q in questions()
    )
    display(HTML(f'<ol class="lecture-questions">{items}</ol>'))
