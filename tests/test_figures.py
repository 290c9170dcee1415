"""The drawing helpers: what is drawn is what was given."""

import ast
import io
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from fault_cases import entering
from few import first
from matplotlib import style
from PIL import Image

import cnn
import figures
import filters
import pooling
from figures import diagrams, examples, training_curves

CASES = []
case = entering(CASES)
ROOT = Path(__file__).resolve().parent.parent


def test_tile_puts_every_image_in_its_place():
    images = np.random.default_rng(0).random((5, 3, 4, 6))
    mosaic = figures.tile(images, 2, gap=1, fill=1)
    assert mosaic.shape == (3, 3 * 5 - 1, 2 * 7 - 1)
    np.testing.assert_array_equal(mosaic[:, 5:9, 7:13], images[3])
    np.testing.assert_array_equal(mosaic[:, 10:14, 7:13], 1)  # no sixth image


@pytest.mark.parametrize(("last", "whole"), [(5, True), (2.4, True), (0.03, False)])
def test_epochs_are_whole_but_for_a_training_that_ends_in_its_first(last, whole):
    ax = figures.figure(4, 3).subplots()
    figures.curves(ax, {"training": ([0, last], [1, 0])}, "epoch", "loss")
    ticks = ax.get_xticks()
    assert len(ticks) <= (10 if whole else 6)
    assert (ticks == ticks.round()).all() == whole


def test_show_signed_is_centred_on_zero():
    ax = figures.figure(3, 3).subplots()
    drawn = figures.show_signed(ax, [[-1, 0.5], [np.nan, 3]])
    assert (drawn.norm.vmin, drawn.norm.vmax) == (-3, 3)
    colors = drawn.cmap(drawn.norm([-3, 0, 3]))
    assert colors[0, 2] > colors[0, 0] and colors[2, 0] > colors[2, 2]  # blue is negative, red positive
    assert (colors[1, :3] > 0.95).all()  # zero is white
    assert figures.magnitude([]) == figures.magnitude([[np.nan]]) == figures.magnitude([0]) == 1


@pytest.mark.parametrize("shape", [(8, 9), (1, 8, 9), (3, 8, 9), (8, 9, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_show_image_takes_every_layout(shape, dtype):
    image = np.full(shape, 128, dtype) if dtype == np.uint8 else np.full(shape, 0.5, dtype)
    drawn = figures.show_image(figures.figure(3, 3).subplots(), image)
    assert drawn.get_array().shape[:2] == (8, 9)


def pixels(fig):
    fig.canvas.draw()
    return np.asarray(fig.canvas.buffer_rgba())[..., :3].astype(int)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_pixels_are_drawn_as_imshow_draws_them(shape):
    image = np.random.default_rng(0).random(shape)
    ours, theirs = figures.figure(4, 3), figures.figure(4, 3)
    drawn = figures.show_image(ours.subplots(), np.zeros((9, 4)))
    drawn.set_data(image)  # of another size
    ax = figures.bare(theirs.subplots())
    ax.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    different = np.abs(pixels(ours) - pixels(theirs)).max(axis=2) > 2
    assert different.mean() < 0.02  # but for rounding, at the edges of pixels


def test_a_picture_has_the_size_that_was_asked_for():
    fig = figures.figure(3, 2)
    figures.bars(fig.subplots(), ["a", "b"], [0.2, 0.8])
    assert Image.open(io.BytesIO(figures.encoded(fig))).size == (300, 200)
    assert Image.open(io.BytesIO(figures.encoded(fig, scale=2))).size == (600, 400)
    assert fig.dpi == 100


def test_a_drawing_has_few_colours_and_a_photograph_keeps_its_colours():
    colors = np.random.default_rng(0).random((200, 200, 3))
    photograph, drawing, large = figures.figure(3, 3), figures.figure(3, 3), figures.figure(20, 9)
    figures.show_image(photograph.subplots(), colors)
    for fig in (drawing, large):
        figures.show_image(fig.subplots(), np.eye(8))
    shown = [Image.open(io.BytesIO(figures.encoded(fig))) for fig in (photograph, drawing, large)]
    assert [image.format for image in shown] == ["WEBP", "PNG", "WEBP"]
    shown = [image.convert("RGB") for image in shown]
    photograph, *drawings = (len(image.getcolors(10**6)) for image in shown)
    assert max(drawings) <= 256 < 20_000 < photograph
    assert [image.getpixel((0, 0)) for image in shown[1:]] == 2 * [(255, 255, 255)]


def test_image_tag_carries_the_text_for_those_who_cannot_see():
    tag = figures.image_tag(figures.encoded(filters.draw_kernels()), 'a "quoted" <text>', 300)
    assert "a &quot;quoted&quot; &lt;text&gt;" in tag and "http" not in tag and "data:image/png;" in tag


HISTORY = [
    {
        "epoch": k,
        "learning_rate": 0.1,
        "train_loss": 1,
        "val_loss": 2,
        "train_accuracy": 0.5,
        "val_accuracy": 0.6,
    }
    for k in range(3)
]
PICTURES = {
    "kernels": filters.draw_kernels,
    "pooling": lambda: pooling.draw_pooling(pooling.EXAMPLE, 3, 2, "max"),
    "diagram": lambda: diagrams.network_diagram(cnn.SimpleCNN(), (1, 28, 28), "SimpleCNN"),
    "curves": lambda: training_curves.draw_learning_curves(HISTORY, "a net"),
    "live curves": lambda: training_curves.LiveCurves("a net", 3).draw(HISTORY),
}
THEIRS = [
    "dark_background",
    {"image.origin": "lower", "text.usetex": True, "font.size": 3, "axes.grid": True},
]


@pytest.mark.parametrize("name", PICTURES)
@case(
    "a user's own matplotlib style: dark, `image.origin`, `text.usetex`", "draws as always; the style stays"
)
def test_a_users_style_changes_nothing_and_stays(name):
    plain = figures.encoded(PICTURES[name]())
    with mpl.rc_context():
        style.use(THEIRS)
        theirs = dict(mpl.rcParams)
        assert figures.encoded(PICTURES[name]()) == plain
        assert dict(mpl.rcParams) == theirs


def test_every_function_that_makes_a_figure_draws_in_our_style():
    makers = {}
    for folder in (".", "figures", "studies", "demos", "exercises"):
        for path in (ROOT / folder).glob("*.py"):
            for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(function, ast.FunctionDef) and "figures.figure(" in ast.unparse(function):
                    makers[function.name] = [ast.unparse(each) for each in function.decorator_list]
    assert len(makers) > 10 and [name for name in makers if "figures.own_style" not in makers[name]] == []


def test_classes_without_an_image_are_left_blank(mnist):
    few = mnist.subset(np.flatnonzero(mnist.train.labels < 3)[:20])
    (ax,) = examples.draw_classes(few).axes
    names, drawn = [label.get_text() for label in ax.get_yticklabels()], ax.images[0].get_array()
    assert names == list(mnist.label_names)
    rows = drawn[..., 0] if drawn.ndim == 3 else drawn
    blank = [bool((rows[30 * k : 30 * k + 28] == 1).all()) for k in range(10)]
    assert blank == [False] * 3 + [True] * 7


def test_fewer_validation_images_than_places(mnist):
    fig = examples.draw_evaluation(first(mnist, 10, 2), np.full((2, 10), 0.1), HISTORY)
    assert len(fig.subfigs[0].axes[0].texts) == 2 * 5


def test_a_users_style_stays_where_threads_draw_at_once():
    with mpl.rc_context({"font.size": 3}):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: figures.own_style(time.sleep)(0.01), range(40)))
        assert mpl.rcParams["font.size"] == 3
