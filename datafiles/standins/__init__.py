"""Stand-in data, drawn here: handwriting-like digits and colour scenes, for machines without the real data.

A digit is a few pen strokes. Each way of writing it (a 7 with and without a bar, a 4 open and closed) is a row
of `DRAWINGS`, set down by hand on a grid about 6 wide and 10 high; how people differ is then drawn at random:
every control point, the slant, the width, the turn, a smooth warp of the paper, where the pen touches down and
lifts off, and how thick it is. Size and place follow MNIST's own description: the digit is fitted into 20 x 20
pixels with its aspect ratio kept, anti-aliased, and its centre of mass is put at the centre of 28 x 28.

No pixel of MNIST went into them, neither directly nor as a statistic. The drawings and the amounts of variation
were chosen by hand, by looking at sheets of drawn and of real digits and at how well a network trained on the
drawn ones did on MNIST's *training* images; MNIST's test images only served to report the result
(benchmarks/accuracy.py).

Source of the normalisation: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied to
Document Recognition", Proceedings of the IEEE, 1998, section III.A.
"""

from random import Random

import numpy as np

from datafiles.standins import animals, vehicles
from datafiles.standins.canvas import Scene

# digit -> [(share, strokes)]: a stroke is a row of points "x,y" that the pen passes through, y pointing down;
# "!" after a point marks a corner.
DRAWINGS = {
    0: [
        (4, ["3.6,0 1.2,1.2 0,5 1,8.8 3.1,10 5.3,8.6 6,5 5.2,1.4 3.2,.1"]),
        (3, ["4.4,.8 2.6,0 .6,2.6 0,6 1,9.2 3,10 5.3,8 6,4.4 5,1.2 3,.3 2,1"]),
        (1, ["4.8,.4 4.2,0 1.6,1.6 0,5.4 .6,9 2.4,10 4.8,8.2 6,4.6 5.4,1.2 3.6,.8 3,2"]),
        (2, ["3,1 .4,3 0,6 1.8,8.6 4.6,8.8 7,6.6 7,3.6 5.4,1.4 2.6,1"]),
        (1, ["5,1 2.6,0 .2,3 .2,7.4 2.4,10 5,8.6 6,5 5,1.8 2.6,1.6 2,4"]),
    ],
    1: [
        (8, ["3,0 3,3.3 3,6.7 3,10"]),
        (3, ["5.6,0 4,3.3 2.4,6.7 .8,10"]),
        (1, ["1,2.2 3,0! 3,5 3,10"]),
        (0.7, ["1,2 3,0! 3,5 3,10", ".6,10 3,10 5.4,10"]),
    ],
    2: [
        (3, [".5,2.5 1.5,.6 3.3,0 5.3,1.4 5,3.8 2.5,7.2 .2,9.8! 3,9.6 6,9.8"]),
        (3, [".5,2 2,.2 4.3,.3 5.3,2.5 4,6 1.8,9 .4,9.6 .2,8.4 1.4,7.8 3,8.8 4.5,9.8 6.4,9.2"]),
        (2, [".3,1.2 2.5,0 5,1 5,3.5 3,6.5 .5,9.5! 2.2,8.7 4,9.6 6,9.3"]),
        (2, ["1,1.2 3.4,.2 5.8,1 5.2,3.6 2.8,6.4 .4,9! 3.4,8.8 6,9.2 9,9"]),
        (2, ["1.6,1.6 3.6,.4 5.4,1.4 4.8,4.4 2.6,7.4 .8,8.8 0,8 1.4,7.2 4,8.4 6.4,9 9,8"]),
        (1, ["0,1 2.6,.8 5.8,.6! 3.4,4 0,8.8! 3,8.6 7,8.8"]),
    ],
    3: [
        (4, [".5,1.3 2.5,0 4.8,1 4.6,3.3 2.2,4.7! 4.8,5.6 5.6,7.8 3.8,9.8 1.5,9.9 0,8.7"]),
        (3, [".5,1 3,0 5,1.5 4.2,3.7 2.6,4.6 2.2,4.9 2.8,4.8 5,6 5.3,8.3 3,10 0,9.2"]),
        (1, [".3,.3 2.6,.1 5.2,.2! 3.6,2.2 2.4,4! 4.8,5 5.5,7.5 3.8,9.8 1.3,9.9 0,8.8"]),
        (2, ["1.4,.6 4,0 6.4,.6 5.6,2.6 2.6,4.4! 5,4.8 5.4,6.8 3.4,9 0,10"]),
        (2, ["1,1.4 3,.2 5,.8 4.6,3 2.6,4.6 2,4.9! 4.4,4.8 6,6.4 5,8.8 2.4,9.6 -.4,9.2"]),
    ],
    4: [
        (3, [".8,.3 .5,3 .3,5.6! 3,5.5 5.5,5.2", "4.8,0 4.5,5 4.2,10"]),
        (3, ["1,0 .3,3 .6,5.3 2.8,5.7 5,4.6", "5.2,0 4.8,5 4.4,10"]),
        (1.5, ["4.2,0 2.2,3.2 .2,6.2! 3,6.2 6,6.2", "4.2,.1 4.1,5 4,10"]),
        (2, ["1.2,0 .5,3 .8,5 3,5.2 5,3.5 5.4,.5! 5,4 4.5,10"]),
        (1.5, ["1.4,.6 .8,2.6 0,5! 3,5 7,4.6", "4.6,1 4.2,5 3.8,10"]),
        (1, ["1.4,0 1,3 .2,5.4 2.8,5 4.6,2.4! 4.4,6 4.2,10"]),
    ],
    5: [
        (3, ["5.5,.2 3.5,.2 1.5,.2! 1.2,2.2 .9,4.2! 3,3.6 5.2,5 5.3,7.6 3.3,9.8 .2,9.3"]),
        (3, ["1.6,.8 1,4.5! 3.2,4.2 5,5.8 4.6,8.5 2.3,10 0,9.2", "1.6,.6 3.5,.5 6,0"]),
        (2, ["5.3,.2 2.6,.5 1.2,2.6 2.4,4.4 4.5,5.7 4.8,8 2.8,9.9 0,9.3"]),
        (2, ["8,.4 5.4,.6 3,1.4! 2.4,3 2,4.4! 4,4.6 5,6.4 4,8.8 1.6,9.8 0,8.8"]),
        (2, ["2.8,2 2,4.6! 4,4.8 5,6.6 3.6,8.8 1.4,9.6 -.2,8.6", "2.8,1.8 5,1.2 8,.2"]),
        (1, ["6,0 3.4,.2 1.2,.6! 1,2.6 1.2,4.6! 3.4,4.4 5.6,5.4 6,8 4,9.6 1,9 0,7.6"]),
    ],
    6: [
        (3, ["4,0 1.6,2.5 .2,6 .8,9.2 3,10 5.2,8.5 5,6.2 3,5.5 1,6.8 .5,8.2"]),
        (3, ["5,0 2.5,3 .5,6.5 .6,9 2.5,10 4.8,8.6 4.8,6.5 3.2,5.8 1.2,7 .6,8.6"]),
        (2, ["2.4,0 .8,3.4 .2,7 1.2,9.6 3.4,9.9 4.9,8.3 4.2,6.6 2.4,6.7 .9,8.2"]),
        (2, ["3.4,0 1,2.4 0,5.6 1,9 3.6,9.8 6,8 6.2,5.4 4.2,4.4 2.4,5.8 2,8"]),
        (1, ["1.6,0 .8,4 .6,8 2,10 4,9.4 4.6,7.4 3.4,6 1.6,6.6 .8,8"]),
    ],
    7: [
        (4, ["0,.5 2.8,.4 5.5,.3! 3.8,4.5 2.5,10"]),
        (3, [".2,1.8 .3,.4! 3,.6 5.5,.2! 3.6,5 2.6,10"]),
        (1.5, ["0,.5 2.8,.4 5.5,.3! 3.8,4.5 2.5,10", "1.5,5.2 3.5,5 5.5,4.8"]),
        (2, ["0,1.2 2,.3 5,.5 5.4,2 4,5.5 2.8,10"]),
        (1.5, ["0,2.6 .8,.8 3,.4 5.4,.8 5.6,3 5,6.4 4.6,10"]),
        (1, ["0,1 3.4,.8 7,0! 4.6,3.4 1.6,8.6"]),
    ],
    8: [
        (4, ["5,1.3 3,0 .9,1.5 1.6,3.8 4,5.5 5.3,7.8 3.4,9.9 .8,9 .6,7 2.8,5 4.8,3 5,1.2"]),
        (2, ["3,4.6 1,3.2 1.4,.8 3.2,0 5,1.2 4.6,3.5 3,4.6 .8,6 .4,8.4 2.8,10 5.2,8.5 5,6 3,4.6"]),
        (3, ["5.4,.8 3,.1 1,1.6 2,3.8 4.2,5.6 4.6,8 2.8,10 .8,8.6 1.6,6 3.6,4 5.6,1.6"]),
        (3, ["6.4,.8 4.4,0 2.4,1.4 2.8,3.6 4,5.4 3.6,8.2 1.8,10 .2,8.6 1.2,6.4 4,4.2 7,1.6"]),
        (2, ["6,2 4.6,.2 2.2,.6 1.8,2.8 3.6,4.6 4.6,6.6 3.6,9.4 1.4,9.8 .8,8 2.4,5.8 5,3.6 6.2,1.4"]),
        (3, ["5,2 3.2,.2 1,1.4 1.2,3.6 3,4.8 4,7 3.6,9.4 2.4,10 1.6,8.6 2,6.6 3.6,4.6 5.2,2.8"]),
        (2, ["4.8,.4 2.4,.6 .8,2.4 2.2,4.4 4.2,5.8 4.4,8 2.8,9.8 1.2,9 1.8,7 3.8,5 5.6,2.8 5.4,.8 4,.2"]),
    ],
    9: [
        (3, ["5,1.5 3,.2 .7,1.6 .6,4.3 2.6,5.2 4.7,3.6 5.1,1.2! 4.8,5 4.4,10"]),
        (2, ["5,1.8 3,.1 .6,1.8 .8,4.4 3,5 5,3 5.1,1.4 5.1,5 4.3,8.8 2.2,10 .6,9.4"]),
        (3, ["4.5,1 2.5,.3 .4,2.5 1,4.6 3,4.2 4.8,1.5 4.6,3.5 3.2,7 2,10"]),
        (2, ["5,.8 3,.4 1.2,2 1.4,3.8 3.2,3.8 5,2 5.2,.8! 4,5 2.6,10"]),
        (1, ["3.8,.2 1.4,.6 .4,3 2.2,4.6 4.4,3.4 4.6,1 3.4,.2 4.4,2.4 4.6,6 4.6,10"]),
    ],
}
PAINTERS = {
    "airplane": vehicles.airplane,
    "automobile": vehicles.automobile,
    "bird": animals.bird,
    "cat": animals.cat,
    "deer": animals.deer,
    "dog": animals.dog,
    "frog": animals.frog,
    "horse": animals.horse,
    "ship": vehicles.ship,
    "truck": vehicles.truck,
}
STEPS = 16  # pen positions between two control points


def digits(count, seed):
    """Draw handwriting-like digits in MNIST's format.

    Parameters
    ----------
    count : int
        How many; each digit occurs equally often, in random order.
    seed : int
        The same seed draws the same digits.

    Returns
    -------
    images : array
        (count, 28, 28) uint8, white (255) ink on black.
    labels : array
        (count,) int64.

    Raises
    ------
    ValueError
        If ``count`` is negative.
    """
    if count < 0:
        raise ValueError(f"count must be 0 or more, but it is {count}")
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % 10)
    images = np.zeros((count, 28, 28), np.uint8)
    for digit, drawings in DRAWINGS.items():
        places = np.flatnonzero(labels == digit)
        shares = np.array([share for share, _ in drawings])
        choice = rng.choice(len(drawings), len(places), p=shares / shares.sum())
        for i, (_, strokes) in enumerate(drawings):
            chosen = places[choice == i]
            if len(chosen):
                images[chosen] = ink(*write(strokes, len(chosen), rng), rng)
    return images, labels


def spline(stroke):
    """Return the control points (K, 2) of a stroke and the matrix (S, K) that turns them into pen positions.

    The curve is a Catmull-Rom spline: through all points, tangent to the line between a point's neighbours.
    It is linear in its points, hence a matrix. At a corner the point counts as its own neighbour.
    """
    words = stroke.split()
    points = np.array([[float(v) for v in word.rstrip("!").split(",")] for word in words])
    order = [i for i, word in enumerate(words) for _ in range(2 if word.endswith("!") else 1)]
    order = [order[0], *order, order[-1]]
    t = np.linspace(0, 1, STEPS, endpoint=False)[:, None]
    basis = 0.5 * np.hstack(
        [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3]
    )
    eye = np.eye(len(points))
    pieces = [basis @ eye[order[i : i + 4]] for i in range(len(order) - 3) if order[i + 1] != order[i + 2]]
    return points, np.vstack([*pieces, eye[-1:]])


def write(strokes, count, rng):
    """Write one drawing ``count`` times, each time as another person would.

    Returns
    -------
    pen : array
        (count, S, 2) float: where the pen was, as (x, y) in grid units.
    weight : array
        (count, S): how far it moved there, 0 where it did not touch the paper.
    """
    pens, weights = [], []
    for stroke in strokes:
        points, matrix = spline(stroke)
        wobble = rng.normal(0, 0.45, (count, *points.shape))
        shift = rng.normal(0, 0.25, (count, 1, 2))
        pen = matrix @ (points + wobble + shift)
        length = np.hypot(*np.moveaxis(np.diff(pen, axis=1, append=pen[:, -1:]), 2, 0))
        where = np.cumsum(length, 1) / length.sum(1, keepdims=True)
        touch, lift = rng.uniform(0, 0.06, (2, count, 1))
        pens.append(pen)
        weights.append(np.where((where >= touch) & (where <= 1 - lift), length, 0))
    pen, weight = np.concatenate(pens, 1), np.concatenate(weights, 1)
    pen = pen - (3, 5)
    pen[..., 1] += np.clip(rng.normal(0, 0.7, (count, 1)), -1.4, 1.4) * (
        1 - pen[..., 1] ** 2 / 25
    )  # heads and bellies differ in size
    for _ in range(2):  # the paper is stretched in waves about as long as a digit is high
        wave, phase = rng.uniform(-0.5, 0.5, (count, 2, 1)), rng.uniform(0, 2 * np.pi, (count, 1, 2))
        pen = pen + np.clip(rng.normal(0, 0.6, (count, 1, 2)), -1.2, 1.2) * np.sin(pen @ wave + phase)
    turn, slant = rng.normal(0, 0.1, count), np.clip(rng.normal(0.2, 0.35, count), -0.4, 0.8)
    wide = np.exp(rng.normal(0.12, 0.25, count))
    cos, sin = np.cos(turn), np.sin(turn)
    shape = np.stack([np.stack([wide, 0 * wide], 1), np.stack([-slant, 1 + 0 * wide], 1)], 1)
    return pen @ shape @ np.stack([np.stack([cos, sin], 1), np.stack([-sin, cos], 1)], 1), weight


def ink(pen, weight, rng):
    """Draw pen strokes as MNIST does: fitted into 20 x 20 pixels, centre of mass at the centre of 28 x 28.

    Gaussian spots at all pen positions add up to a ridge along the stroke, whose height tells the distance to
    the stroke; ink is what lies within half the width of it, with an anti-aliased edge. Gaussians are separable,
    so the sum over positions is a matrix product.
    """
    count = len(pen)
    width = np.clip(np.exp(rng.normal(np.log(2.7), 0.36, count)), 1.3, 4.5)[:, None, None]  # pixels
    edge = rng.uniform(0.9, 1.7, (count, 1, 1))  # pixels from black to white
    on = (weight > 0)[..., None]
    low = np.where(on, pen, np.inf).min(1, keepdims=True)
    high = np.where(on, pen, -np.inf).max(1, keepdims=True)
    scale = (20 - width) / (high - low).max(2, keepdims=True)
    mass = weight[..., None]
    centre = (pen * mass).sum(1, keepdims=True) / mass.sum(1, keepdims=True)
    pen = (pen - centre) * scale + 13.5
    sigma = width / 4
    spots = np.exp(-((pen[..., None] - np.arange(28)) ** 2) / (2 * sigma**2)[..., None]).astype(np.float32)
    mass = (mass * scale / (sigma * np.sqrt(2 * np.pi))).astype(np.float32)
    ridge = (spots[:, :, 1] * mass).transpose(0, 2, 1) @ spots[:, :, 0]
    distance = sigma * np.sqrt(-2 * np.log(np.clip(ridge, 1e-20, 1)))
    return (np.clip((width / 2 - distance) / edge + 0.5, 0, 1) * 255).astype(np.uint8)


def scenes(count, size, seed):
    """Draw colour scenes of ten classes, those of CIFAR-10.

    Parameters
    ----------
    count : int
        How many; each class occurs equally often, in random order.
    size : int
        Rows and columns of an image, in pixels.
    seed : int
        The same seed draws the same scenes.

    Returns
    -------
    images : array
        (count, 3, size, size) uint8.
    labels : array
        (count,) int64, positions in `PAINTERS`.

    Raises
    ------
    ValueError
        If ``count`` is negative or ``size`` less than 8.
    """
    if count < 0 or size < 8:
        raise ValueError(f"wanted count >= 0 and size >= 8, but count is {count} and size is {size}")
    rng, paint = np.random.default_rng(seed), list(PAINTERS.values())
    labels = rng.permutation(np.arange(count) % 10)
    images = np.empty((count, 3, size, size), np.uint8)
    for i, label in enumerate(labels):
        scene = Scene(size, Random(int(rng.integers(2**32))))
        paint[label](scene)
        images[i] = scene.pixels().transpose(2, 0, 1)
    batch = max(1, 500_000 // size**2)
    for start in range(0, count, batch):  # exposure and noise, as a camera has them
        part = images[start : start + batch]
        gain, grain = rng.normal(1, 0.12, (2, len(part), 1, 1, 1)).astype(np.float32)
        noise = rng.standard_normal(part.shape, np.float32) * (5 + 30 * np.abs(grain - 1))
        images[start : start + batch] = np.clip(part * gain + noise, 0, 255)
    return images, labels
