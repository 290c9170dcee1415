"""What an answer gives, as plain arrays, and how it differs from what is wanted."""

import numpy as np
import torch

TOLERANCE = 1e-4  # of the largest number wanted: more than float32 loses, less than any mistake makes


class Unusable(ValueError):
    """What an answer gives cannot be compared; the message says why."""


class Missing(Unusable):
    """An answer gives None, or what a stub gives."""


def plain(value, outputs=()):
    """Return what an answer gives as NumPy arrays of our own, so that nothing of it can pretend to be equal.

    Parameters
    ----------
    value : object
        A number, an array, a tensor or a nested list of numbers; as many in a tuple as there are ``outputs``.
    outputs : tuple of str
        What the things in the tuple are called.

    Returns
    -------
    array, or tuple of arrays
        A number has the shape ().

    Raises
    ------
    Unusable
        If it is something else.
    """
    if value is None or value is Ellipsis:
        raise Missing("gives None")
    if outputs:
        if not isinstance(value, (tuple, list)) or len(value) != len(outputs):
            count = f", {len(value)} of them" if isinstance(value, (tuple, list)) else ""
            raise Unusable(
                f"gives {kind_of(value)}{count}; wanted are {len(outputs)} things: {', '.join(outputs)}"
            )
        return tuple(plain(each) for each in value)
    if type(value) in (torch.Tensor, torch.nn.Parameter):
        value = value.detach().cpu()
        array = np.array((value.float() if value.dtype == torch.bfloat16 else value).numpy())
    elif type(value) in (int, float, list, tuple) or isinstance(value, (np.ndarray, np.generic)):
        try:
            array = np.array(value)  # a copy; of a subclass only the numbers
        except (ValueError, TypeError, OverflowError):
            raise Unusable(f"gives {kind_of(value)} that is no array of numbers") from None
    else:
        raise Unusable(f"gives {kind_of(value)}; wanted is an array or a number")
    if array.dtype.kind not in "iuf":
        raise Unusable(f"gives {kind_of(value)} that does not hold real numbers only ({array.dtype})")
    return array


def kind_of(value):
    """Return in words what type a value is of: "a list"."""
    if isinstance(value, np.ndarray):
        return "an array"
    name = str(type(value).__name__)[:40]
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"


def differing(got, wanted):
    """Return which numbers of two arrays of one shape differ, a Boolean each."""
    wanted, got = wanted.astype(np.float64), got.astype(np.float64)
    finite = wanted[np.isfinite(wanted)]
    scale = TOLERANCE * max(np.abs(finite).max(initial=0), TOLERANCE)
    return ~np.isclose(got, wanted, rtol=0, atol=scale)


def difference(got, wanted):
    """Say in a sentence how an answer differs from what is wanted, both as `plain` returns them; None if it does not.

    Nothing is broadcast: shapes must be the same. Where a whole number is wanted, 5.0 will not do.
    """
    if got.shape != wanted.shape:
        if wanted.shape == ():
            return f"It is an array of shape {got.shape}, where one number is wanted."
        if got.shape == ():
            return f"It is one number, where an array of shape {wanted.shape} is wanted."
        return f"Its shape is {got.shape}; wanted is {wanted.shape}."
    if wanted.dtype.kind in "iu" and got.dtype.kind not in "iu":
        return "It is not a whole number (an int)."
    if np.isnan(got).any() and not np.isnan(wanted).any():
        return "It holds NaN, which is not a number: somewhere 0 was divided by 0, or an entry was never set."
    wrong = int(differing(got, wanted).sum())
    if not wrong:
        return None
    if wanted.shape == ():
        return "The number is another one."
    return f"{wrong} of {got.size} numbers {'is' if wrong == 1 else 'are'} different."
