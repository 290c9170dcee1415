"""What is drawn in part is, pixel for pixel, what matplotlib draws as a whole."""

import numpy as np
import pytest

import figures
import redraw


@pytest.fixture
def scene():
    """A figure of an image with a colour bar and numbers, and of bars; a function that changes one thing of it."""
    generator = np.random.default_rng(0)
    figure = figures.figure(6, 3)
    left, right = figure.subplots(1, 2)
    image = figures.show_signed(left, generator.normal(size=(5, 5)), title="Numbers")
    figure.colorbar(image, ax=left)
    texts = figures.show_numbers(left, np.arange(25).reshape(5, 5))
    mark = figures.mark(left, 0, 0, 2, 2)
    bars = figures.bars(right, ["a", "b", "c"], [0.2, 0.5, 0.9])
    line = figure.text(0.5, 0.02, "below")
    extra = []

    def add():
        if extra:
            extra.pop().remove()
        else:
            extra.append(figures.mark(left, 1, 1, 3, 3))

    changes = [
        lambda k: image.set_data(generator.normal(size=(5, 5))),
        lambda k: image.set_clim(-1 - k, 1 + k),
        lambda k: figures.move_mark(mark, k % 4, k % 3),
        lambda k: texts[k % 5][0].set_text(str(k)),
        lambda k: texts[0][k % 5].set_visible(k % 2 == 0),
        lambda k: bars[k % 3].set_width(k % 10 / 10),
        lambda k: right.set_xlim(0, 1 + k % 2),
        lambda k: left.set_title(f"Title {k}"),
        lambda k: line.set_text(f"below {k}"),
        lambda k: image.set_data(generator.normal(size=(5, 5 + k % 2))),
        lambda k: add(),
    ]
    figures.png(figure)
    figure.set_layout_engine(None)
    return figure, changes


def whole(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())


@pytest.mark.parametrize("seed", range(5))
def test_any_change_in_any_order(scene, seed):
    figure, changes = scene
    quick, draws = redraw.Redraw(figure), np.random.default_rng(seed)
    for k in range(30):
        for change in draws.choice(changes, draws.integers(0, 3), replace=False):
            change(k)
        drawn = quick.pixels().copy()
        np.testing.assert_array_equal(drawn, whole(figure))


@pytest.mark.parametrize("change", range(11))
def test_one_change_again_and_again(scene, change):
    figure, changes = scene
    quick = redraw.Redraw(figure)
    for k in range(6):
        changes[change](k)
        np.testing.assert_array_equal(quick.pixels().copy(), whole(figure))


def test_what_stands_still_is_not_drawn_again(scene, monkeypatch):
    figure, changes = scene
    quick = redraw.Redraw(figure)
    for k in range(2):
        changes[5](k)
        quick.pixels()
    drawn = []
    monkeypatch.setattr(type(figure.axes[0].images[0]), "draw", lambda *arguments: drawn.append(1))
    changes[5](2)
    quick.pixels()
    assert not drawn


def test_another_size_in_between(scene):
    figure, changes = scene
    quick = redraw.Redraw(figure)
    for k in range(3):
        changes[2](k)
        figures.png(figure, 2)
        np.testing.assert_array_equal(quick.pixels().copy(), whole(figure))
