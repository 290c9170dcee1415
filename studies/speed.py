"""How fast a convolution is: as a loop, as im2col, by the library, and on each device of this machine."""

import time
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import figures
import filters
import training

OPERATIONS = 2 * 192 * 27 * 27 * 64 * 5 * 5  # of AlexNet's second convolution on an image
# What the cores of GPUs can do at most: cores x 2 operations, a product and a sum, x billion cycles a second (NVIDIA's
# data sheets). Tensor cores, which PyTorch takes for convolutions where there are some, round more and are faster.
GPUS_AT_MOST = {
    "GeForce GTX 580 of 2010; AlexNet had two": 512 * 2 * 1.544,
    "H100 SXM of 2022, without its tensor cores": 16_896 * 2 * 1.98,
}


class Im2colCost(NamedTuple):
    """What one convolution costs in three ways, and by how much their results differ."""

    loop_seconds: float
    matrix_seconds: float
    library_seconds: float
    image_bytes: int
    matrix_bytes: int
    largest_difference: float


@contextmanager
def threads_restored():
    """Have torch compute on as many threads afterwards as before."""
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def fastest(functions, repeats=5, limit=2.5):
    """Time functions in turn, again and again: what else the machine does then slows none of them alone.

    Parameters
    ----------
    functions : sequence of callable
        Without arguments. Their first calls set things up, and do not count.
    repeats : int
        It ends when so many rounds in turn have made none faster by 5 %.
    limit : float
        Seconds after which it ends in any case.

    Returns
    -------
    list of float
        Seconds of the fastest call of each.
    """

    def timed():
        times = []
        for function in functions:
            start = time.perf_counter()
            function()
            times.append(time.perf_counter() - start)
        return times

    timed()
    best, unchanged, end = timed(), 0, time.perf_counter() + limit
    while unchanged < repeats and time.perf_counter() < end:
        times = timed()
        faster = any(now < 0.95 * before for now, before in zip(times, best, strict=True))
        unchanged = 0 if faster else unchanged + 1
        best = list(map(min, times, best))
    return best


def im2col_cost(rows=128, filter_count=16, size=5):
    """Time a convolution as a loop over the outputs, as im2col and a matrix product, and as ``conv2d``.

    All on one thread: more gain nothing with so small an image, and wait for each other where the machine is busy.

    Parameters
    ----------
    rows : int
        Rows and columns of the image.
    filter_count, size : int
        How many kernels, and their rows and columns.

    Returns
    -------
    Im2colCost
        Seconds (of the loop once, of the others the fastest run), bytes of float32, and the largest difference between
        the three results.
    """
    rng = np.random.default_rng(0)
    image = rng.random((rows, rows), dtype=np.float32)
    kernels = rng.standard_normal((filter_count, size, size)).astype(np.float32)
    outputs = rows - size + 1

    def by_loop():
        seen = filters.windows(image, size)
        result = np.empty((filter_count, outputs, outputs), np.float32)
        for r in range(outputs):
            for c in range(outputs):
                result[:, r, c] = (kernels * seen[r, c]).sum(axis=(1, 2))
        return result

    def by_matrix():
        columns = torch.from_numpy(filters.im2col(image, size))
        product = torch.from_numpy(kernels).reshape(filter_count, -1) @ columns
        return product.reshape(filter_count, outputs, outputs).numpy()

    def by_library():
        return F.conv2d(torch.from_numpy(image)[None, None], torch.from_numpy(kernels)[:, None])[0].numpy()

    start = time.perf_counter()
    looped = by_loop()
    loop_seconds = time.perf_counter() - start
    with threads_restored():
        torch.set_num_threads(1)
        matrix_seconds, library_seconds = fastest([by_matrix, by_library], repeats=20, limit=1)
        multiplied, wanted = by_matrix(), by_library()
    return Im2colCost(
        loop_seconds,
        matrix_seconds,
        library_seconds,
        image.nbytes,
        filters.im2col(image, size).nbytes,
        float(max(np.abs(looped - wanted).max(), np.abs(multiplied - wanted).max())),
    )


def show_im2col_cost():
    """Display a table of what one convolution costs, three ways, measured now."""
    cost = im2col_cost()
    rows = [
        ("a loop over the outputs", cost.loop_seconds, cost.image_bytes),
        ("im2col and a matrix product", cost.matrix_seconds, cost.matrix_bytes),
        ("PyTorch's conv2d", cost.library_seconds, cost.image_bytes),
    ]
    figures.show_table(
        ("16 kernels of 5x5 on a 128x128 image, one thread", "time", "against the loop", "input as stored"),
        [
            (
                name,
                f"{1000 * seconds:.2f} ms",
                f"{cost.loop_seconds / seconds:,.0f} x",
                f"{size / 1024:,.0f} KiB",
            )
            for name, seconds, size in rows
        ],
    )


class Speed(NamedTuple):
    """How fast one device computes a convolution."""

    device: str
    milliseconds: float  # an image
    gigaflops: float  # billion multiplications and additions a second


@torch.inference_mode()
def convolution_speed(images=16, repeats=5, limit=1.0):
    """Time AlexNet's second convolution (64 to 192 channels, 5x5, 27x27 pixels) on what this machine has.

    Parameters
    ----------
    images : int
        In a batch.
    repeats, limit
        As for `fastest`.

    Returns
    -------
    list of Speed
        One thread of the CPU, all its threads, and the GPU if there is one.
    """
    threads, best = torch.get_num_threads(), training.best_device()
    places = [("CPU, 1 thread", torch.device("cpu"), 1)]
    if threads > 1:
        places.append((f"CPU, {threads} threads", torch.device("cpu"), threads))
    if best.type != "cpu":
        name = torch.cuda.get_device_name() if best.type == "cuda" else best.type.upper()
        places.append((name, best, threads))

    def work(device, count):
        layer = nn.Conv2d(64, 192, 5, padding=2, device=device)
        batch = torch.randn(images, 64, 27, 27, device=device)

        def convolve():
            torch.set_num_threads(count)
            layer(batch).sum().item()  # .item() waits for the device

        return convolve

    with threads_restored():
        times = fastest([work(device, count) for _, device, count in places], repeats, limit)
    milliseconds = [1000 * seconds / images for seconds in times]
    return [
        Speed(name, each, OPERATIONS / each / 1e6)
        for (name, _, _), each in zip(places, milliseconds, strict=True)
    ]


def show_convolution_speed():
    """Display how fast this machine computes one convolution of AlexNet, and the bounds of two GPUs' cores."""
    speeds = convolution_speed()
    bounds = [Speed(name, OPERATIONS / most / 1e6, most) for name, most in GPUS_AT_MOST.items()]
    figures.show_table(
        ("AlexNet's second convolution", "time per image", "operations per second", "ratio"),
        [
            (
                speed.device,
                f"{speed.milliseconds:.2f} ms",
                f"{speed.gigaflops:,.0f} billion",
                f"{speeds[0].milliseconds / speed.milliseconds:.1f} x",
            )
            for speed in speeds
        ]
        + [
            (
                f"{gpu.device}: data sheet",
                f"≥ {gpu.milliseconds:.2g} ms",
                f"≤ {gpu.gigaflops:,.0f} billion",
                f"≤ {speeds[0].milliseconds / gpu.milliseconds:,.0f} x",
            )
            for gpu in bounds
        ],
    )
