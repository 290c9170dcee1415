"""Part 15: what a network says to photographs."""

import base64
import io

import numpy as np
from PIL import Image

from demos.page import Demo, packed, phrase
from imagenet.evidence import GREY, PATCH, STEP, places

# Of 32 photographs of 224x224 pixels: half a megabyte. Small pictures, whose pixels one sees, lose nothing.
QUALITY, SMALL = 75, 64


def prediction_explorer(prediction, title, first=0, evidence=None):
    """Explore what a network says to photographs: the crop that it sees, its five likeliest classes, what it looks at.

    Parameters
    ----------
    prediction : Prediction
        What `resnet.classify` returned: names of the classes; photographs, (count, rows, columns, 3) uint8; for each
        photograph five guesses, an index into the names and a score from 0 to 1.
    title : str
        Where the photographs are from.
    first : int
        Which photograph it opens on.
    evidence : Evidence, optional
        What `imagenet.evidence` returned for the prediction.

    Returns
    -------
    Demo

    Raises
    ------
    ValueError
        If there is no photograph, or something is not of that form.
    """
    categories, images, ids, scores = validated(prediction)
    if not isinstance(first, (int, np.integer)) or not 0 <= first < len(images):
        raise ValueError(f"first must be one of the photographs 0 to {len(images) - 1}, but it is {first!r}")
    return Demo(
        "predictions",
        {
            "photographs": [encoded(image) for image in images],
            "shape": list(images.shape[1:3]),
            "names": {int(number): str(categories[number]) for number in np.unique(ids)},
            "ids": packed(ids, np.int32),
            "scores": packed(scores),
            "network": getattr(prediction, "title", "") or phrase("the network"),
            "source": title,
            "first": int(first),
            "evidence": None if evidence is None else encoded_evidence(evidence, images),
        },
        alt=phrase("A photograph, the five likeliest classes with their scores, and where the network looks"),
        title="prediction",
    )


def validated(prediction):
    """Return class names, photographs, and (count, 5) indices and scores."""
    try:
        categories, images, top5 = prediction
        guesses = np.array([[tuple(guess) for guess in row] for row in top5], dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"prediction must be what resnet.classify returns, (categories, images, top5): {error}"
        ) from error
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] != 3 or 0 in images.shape:
        raise ValueError(
            f"photographs must be uint8 (count, rows, columns, 3), at least one; got {images.dtype} {images.shape}"
        )
    if guesses.shape != (len(images), 5, 2):
        raise ValueError(
            f"wanted are five guesses for each of {len(images)} photographs; got {guesses.shape[:2]}"
        )
    ids, scores = guesses[..., 0].astype(int), guesses[..., 1]
    if not ((ids >= 0) & (ids < len(categories))).all():
        raise ValueError(f"a guess is of class {ids.max()}, but there are {len(categories)} names")
    if not ((scores >= 0) & (scores <= 1)).all():
        raise ValueError(f"scores go from 0 to 1; these go from {scores.min():g} to {scores.max():g}")
    return categories, images, ids, scores


def encoded_evidence(evidence, images):
    """Return what a network looks at in photographs as the page gets it."""
    try:
        maps, covered = (
            np.asarray(evidence.maps),
            {int(k): np.asarray(v) for k, v in evidence.covered.items()},
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"evidence must be what imagenet.evidence returns: {error}") from error
    if maps.ndim != 4 or maps.shape[:2] != (len(images), 5) or not (maps >= 0).all():
        raise ValueError(
            f"wanted are maps (count, 5, rows, columns) of {len(images)} photographs; got {maps.shape}"
        )
    grid = len(places(images.shape[1]))
    for number, scores in covered.items():
        if not 0 <= number < len(images) or scores.shape != (grid, grid, 5):
            raise ValueError(
                f"scores of covered photographs are ({grid}, {grid}, 5); got {scores.shape} for {number}"
            )
    return {
        "maps": packed(maps, np.float16),
        "covered": {str(number): packed(scores) for number, scores in sorted(covered.items())},
        "patch": PATCH,
        "step": STEP,
        "grey": GREY,
    }


def encoded(image):
    """Return a photograph, (rows, columns, 3) uint8, as the address of a WebP image that holds it."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "WEBP", quality=QUALITY, lossless=max(image.shape) <= SMALL)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"
