"""What the explorers share: two controls, and a picture that gets new values and their range."""

import ipywidgets

import figures


def slider(least, most, value, label):
    """Return a slider over whole numbers with a label."""
    return ipywidgets.IntSlider(value=value, min=least, max=most, description=label)


def choice(options, label, value=None):
    """Return a drop-down list with a label."""
    options = list(options)
    return ipywidgets.Dropdown(
        options=options, value=options[0] if value is None else value, description=label
    )


def replace_signed(artist, values):
    """Give what `figures.show_signed` drew new values, and their range."""
    limit = figures.magnitude(values)
    artist.set_data(values)
    artist.set_clim(-limit, limit)
