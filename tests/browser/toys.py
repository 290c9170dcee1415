"""Small demos, sound and broken, that show what the browser tests can see."""

from pathlib import Path

import numpy as np

from demos.page import Demo, fractions

IMAGE = np.random.default_rng(0).random((12, 12), dtype=np.float32)


def toy(fault="", title="toys"):
    """Return a demo with each kind of control; ``fault`` names what is wrong with it."""
    data = {"image": fractions(IMAGE), "fault": fault}
    return Demo("toys", data, alt="Noise", title=title, folder=Path(__file__).parent)
