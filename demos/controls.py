"""What the explorers share: two controls, and a picture whose pixels are replaced."""

import ipywidgets


def slider(least, most, value, label):
    """Return a slider over whole numbers with a label."""
    return ipywidgets.IntSlider(value=value, min=least, max=most, description=label)


def choice(options, label, value=None):
    """Return a drop-down list with a label."""
    options = list(options)
    return ipywidgets.Dropdown(
        options=options, value=options[0] if value is None else value, description=label
    )


def replace_image(artist, image, limit=None):
    """Give an `AxesImage` new pixels, of any size, and a new range if ``limit`` is given."""
    rows, columns = image.shape[:2]
    artist.set_data(image)
    artist.set_extent((-0.5, columns - 0.5, rows - 0.5, -0.5))
    if limit is not None:
        artist.set_clim(-limit, limit)
