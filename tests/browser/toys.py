"""Small demos, sound and broken, that show what the browser tests can see."""

import ipywidgets
import numpy as np
from IPython.display import HTML, clear_output, display
from IPython.display import Image as Pixels
from traitlets import Bunch

import figures
import widgets

IMAGE = np.random.default_rng(0).random((28, 28))


def film(name="film"):
    """Return a sound player."""
    figure = figures.figure(8, 3)
    left, right = figure.subplots(1, 2)
    figures.show_image(left, IMAGE, "image")
    mark = figures.mark(left, 0, 0, 5, 5)
    output = figures.show_signed(right, np.zeros((24, 24)), limit=1, title="output")

    def draw(k):
        figures.move_mark(mark, *divmod(k * 12, 24))
        output.set_data(np.where(np.arange(576).reshape(24, 24) <= k * 12, IMAGE[:24, :24], np.nan))
        return figure

    labels = [f"step {k}, where $x$ < 3 & more </script>" for k in range(24)]
    return widgets.play(draw, 24, alt="A kernel slides", name=name, labels=labels, interval=100)


def explorer(name="explorer", fault=None):
    """Return an explorer with each kind of control; ``fault`` names what is wrong with it."""
    figure = figures.figure(8, 3)
    left, right = figure.subplots(1, 2)
    mark = figures.mark(left, 0, 0, 1, 1)
    figures.show_image(left, IMAGE, "image")
    response = figures.show_signed(right, IMAGE, limit=1, title="response")

    def draw(shift, kind, flip, mode, gain, row, column):
        if shift == 7:
            raise ValueError("A shift of 7 is too large: choose another.")
        if fault == "draw" and kind == "turned":
            raise RuntimeError("planted in draw")
        values = np.roll(IMAGE, shift)
        values = values[::-1] if flip and fault != "idle" else values
        values = values.T if kind == "turned" else values
        response.set_data((values - 0.5) * gain if mode == "signed" else np.abs(values - 0.5) * gain)
        right.set_title(f"value {values[row, column]:.2f}")
        figures.move_mark(mark, row, column)

    controls = {
        "shift": ipywidgets.IntSlider(3, 0, 9, description="Shift"),
        "kind": ipywidgets.Dropdown(options=["straight", "turned"], description="Kind"),
        "flip": ipywidgets.Checkbox(False, description="Flip"),
        "mode": ipywidgets.ToggleButtons(options=["signed", "magnitude"], description="Mode"),
        "gain": ipywidgets.BoundedFloatText(1.0, min=0.5, max=2, step=0.1, description="Gain"),
        "row": ipywidgets.IntSlider(0, 0, 27, description="Row"),
        "column": ipywidgets.IntSlider(0, 0, 27, description="Column"),
    }
    made = widgets.Explorer(
        figure, draw, controls, alt="An image and its response", name=name, pointer=(left, "row", "column")
    )
    if fault == "callback":
        controls["flip"].observe(lambda change: 1 / 0, "value")
    if fault == "height":
        controls["flip"].observe(lambda change: grow(made), "value")
    return made


def grow(made):
    """Make an explorer jump: a line more at every change."""
    made.box.children = (*made.box.children, ipywidgets.HTML("<p style='width:2000px'>one line more</p>"))


def blinking():
    """Return what a demo must not be: a picture that is cleared before it is drawn anew."""
    slider, output = ipywidgets.IntSlider(), ipywidgets.Output()

    def draw(change):
        with output:
            clear_output(wait=False)
            display(Pixels(data=figures.png(scene(change.new))))

    slider.observe(draw, "value")
    draw(Bunch(new=0))
    box = ipywidgets.VBox([slider, output])
    box.add_class("lecture-explorer")
    box.add_class("demo-blinking")
    return box


def scene(k):
    """Return a new figure."""
    figure = figures.figure(8, 3)
    figures.show_image(figure.subplots(), np.roll(IMAGE, k))
    return figure


def page_error():
    """Return HTML whose script fails."""
    return HTML("<script>setTimeout(() => { throw new Error('planted on the page') })</script>")
