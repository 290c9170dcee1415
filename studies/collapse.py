"""What two convolutions in turn can do that one cannot: nothing, unless a non-linearity stands between them."""

import numpy as np

import figures
import filters

EDGE = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]], np.float32) / 8


def collapsed(first, second):
    """Return the one kernel that does what two do in turn, without padding and at stride 1.

    Parameters
    ----------
    first, second : array
        (rows, columns).

    Returns
    -------
    array
        (rows of both together - 1, columns likewise): the first kernel spread by the second, which is flipped.
    """
    rows, columns = (length - 1 for length in second.shape)
    return filters.convolve(np.pad(first, [(rows, rows), (columns, columns)]), second[::-1, ::-1])


def in_turn(image, first, second, activation=lambda values: values):
    """Return the response of an image to two kernels in turn, with an activation between them."""
    return filters.convolve(activation(filters.convolve(image, first)), second)


def relu(values):
    """Return what is positive, and 0 for the rest."""
    return np.maximum(values, 0)


def best_kernel(image, wanted, size):
    """Return the kernel, (size, size), whose response to an image is nearest to the wanted one (least squares)."""
    patches = filters.im2col(image, size).T.astype(float)
    return np.linalg.lstsq(patches, np.ravel(wanted), rcond=None)[0].reshape(size, size)


def unexplained(response, wanted):
    """Return the share of a wanted response's energy (its sum of squares) that a response misses."""
    return float(np.square(response - wanted).sum() / np.square(wanted).sum())


@figures.own_style
def draw_collapse(image, kernel=EDGE):
    """Draw what a kernel does twice in turn, without and with a ReLU between, and what one kernel can do of that.

    Parameters
    ----------
    image : array
        (rows, columns) in [0, 1].
    kernel : array
        (size, size).

    Returns
    -------
    Figure
    """
    one = collapsed(kernel, kernel)
    small, large = (f"{len(weights)}x{len(weights)}" for weights in (kernel, one))
    plain, bent = in_turn(image, kernel, kernel), in_turn(image, kernel, kernel, relu)
    apart = np.abs(plain - filters.convolve(image, one)).max()
    best = filters.convolve(image, best_kernel(image, bent, len(one)))
    fig = figures.figure(5.2, 4.2)  # fits a phone, where its titles can still be read
    (picture, twice, together), responses = fig.subplots(2, 3)
    figures.show_image(picture, image, "Image")
    figures.show_signed(twice, kernel, title=f"A {small}, twice")
    figures.show_signed(together, one, title=f"Together: a {large}")
    limit = figures.magnitude([plain, bent])
    titles = (
        f"Both ways: apart\nby {apart:.0e}",
        "With a ReLU\nbetween",
        f"The best {large}\nmisses {unexplained(best, bent):.0%} of it",
    )
    for ax, response, title in zip(responses, (plain, bent, best), titles, strict=True):
        figures.show_signed(ax, response, limit, title)
    return fig


def show_collapse(image):
    """Display what `draw_collapse` draws for an image, (rows, columns) in [0, 1]."""
    figures.show(
        draw_collapse(np.asarray(image)),
        "An edge kernel twice in turn is one larger kernel, by the same response; with a ReLU between none does it",
    )
