"""The glass box shows what torch computes: every layer, every number's arithmetic, whatever is drawn or changed."""

import importlib
import io
from functools import cache

import demo as demo_checks
import networks
import numpy as np
import pytest
import slides
import torch
import torch.nn.functional as F
from conftest import REAL_DATA
from networks import all_activations, settled
from PIL import Image
from shown import PLACES, Shown
from torch import nn

import cnn
from datasets import MulticlassDataset
from demos.glass_box import glass_box

CLASSES = "airplane automobile bird cat deer dog frog horse ship truck".split()
KNOWN = {
    "SimpleCNN": (cnn.SimpleCNN, (1, 28, 28)),
    "PoolingCNN": (cnn.PoolingCNN, (1, 28, 28)),
    "CifarCNN": (cnn.CifarCNN, (3, 32, 32)),
    "LeNet": (networks.LeNet, (1, 28, 28)),
    "residual network of 20 layers": (networks.residual20, (3, 32, 32)),
    "depthwise separable": (networks.Separable, (3, 32, 32)),
}
SEEDS = range(26)
SHAPE = (3, 33, 30)  # of the generated networks


@cache
def images(shape, count=3):
    """Return pictures of bytes, as a data set has them."""
    pixels = np.random.default_rng(0).integers(0, 256, (count, *shape))
    return torch.from_numpy(pixels.astype(np.float32) / 255)


@cache
def known(name):
    make, shape = KNOWN[name]
    torch.manual_seed(1)
    return settled(make()), images(shape)


def box(name, **options):
    net, pictures = known(name)
    return glass_box(net, pictures, CLASSES, targets=[2, 3, 4], **options)


def close(shown, wanted):
    """Tell whether activations agree to 1e-4 of their range."""
    return shown.shape == wanted.shape and np.abs(shown - wanted).max() <= 1e-4 * max(np.ptp(wanted), 1e-3)


def differing(outputs, net, image):
    """Return the names of the layers that are not as torch computes them, and how many were compared."""
    wanted, wrong, seen = {}, [], {}
    for name, values in all_activations(net, image):
        seen[name] = seen.get(name, 0) + 1
        wanted[name if seen[name] == 1 else f"{name} {seen[name]}"] = values
    compared = [name for name in wanted if name in outputs]
    wrong = [name for name in compared if not close(outputs[name], wanted[name])]
    return wrong, len(compared)


@pytest.mark.parametrize("name", KNOWN)
def test_every_layer_is_that_of_torch(show, name):
    net, pictures = known(name)
    shown = show(box(name), "page")
    for k in range(2):
        shown.set(image=f"{k + 1}: {CLASSES[k + 2]}")
        outputs = shown.outputs()
        wrong, compared = differing(outputs, net, pictures[k])
        assert not wrong
        assert compared >= sum(hasattr(part, "weight") for part in net.modules())
        wanted = net(pictures[k : k + 1])[0].softmax(0).detach().numpy()
        np.testing.assert_allclose(outputs["probabilities"], wanted, atol=1e-4)
    assert shown.page.page_errors == []


@pytest.mark.filterwarnings("ignore:Using padding=.same")
@pytest.mark.parametrize("seed", SEEDS)
def test_every_layer_of_a_generated_network(show, seed):
    net = settled(networks.Generated(seed, SHAPE))
    shown = show(glass_box(net, images(SHAPE), CLASSES), "page")
    wrong, compared = differing(shown.outputs(), net, images(SHAPE)[0])
    assert not wrong and compared >= len(net.layers) // 2, net.text
    for layer in (
        shown.control("Layer").locator("option").all_inner_texts()
    ):  # a number of each layer is right, too
        shown.set(layer=layer, open=True, channel=0, row=0, column=0)
        outputs = shown.outputs(layer, "arithmetic", "numbers")
        close_to = dict(rtol=1e-4, atol=1e-4 * np.abs(outputs[layer]).max())
        np.testing.assert_allclose(
            outputs["arithmetic"], outputs["numbers"], **close_to, err_msg=f"{layer}\n{net.text}"
        )
        assert outputs[layer].flat[0] in outputs["numbers"], (layer, net.text)
    assert shown.page.page_errors == [], net.text


def test_the_generated_networks_have_all_that_is_named():
    text = "\n".join(networks.Generated(seed, SHAPE).text for seed in SEEDS)
    named = [*networks.ACTIVATIONS, *networks.POOLS, *networks.BETWEEN]
    named += [
        "padding='same'",
        "padding=(2, 3)",
        "stride=(1, 2)",
        "dilation=(1, 2)",
        "groups=2",
        "groups=3",
        "bias=False",
    ]
    named += [
        "affine=False",
        "torch.cat",
        "x += y",
        "torch.add",
        "x.mean",
        "x.view",
        "torch.flatten",
        "log_softmax",
    ]
    assert [words for words in named if words not in text] == []


# Drawing, and what happens to the image.

DIGITS = {
    0: [[(0.5, 0.15), (0.32, 0.22), (0.25, 0.5), (0.32, 0.78), (0.5, 0.85), (0.68, 0.78), (0.75, 0.5), (0.68, 0.22),
         (0.5, 0.15)]],
    1: [[(0.5, 0.15), (0.5, 0.85)]],
    2: [[(0.28, 0.3), (0.35, 0.18), (0.55, 0.15), (0.68, 0.25), (0.66, 0.4), (0.5, 0.58), (0.28, 0.82), (0.74, 0.82)]],
    3: [[(0.3, 0.2), (0.5, 0.15), (0.66, 0.25), (0.62, 0.42), (0.45, 0.48), (0.64, 0.55), (0.7, 0.7), (0.55, 0.85),
         (0.28, 0.8)]],
    4: [[(0.35, 0.15), (0.27, 0.52), (0.72, 0.52)], [(0.64, 0.15), (0.6, 0.88)]],
    5: [[(0.7, 0.16), (0.36, 0.16), (0.32, 0.46), (0.5, 0.42), (0.68, 0.54), (0.66, 0.74), (0.48, 0.86), (0.28, 0.8)]],
    6: [[(0.62, 0.14), (0.42, 0.32), (0.32, 0.6), (0.38, 0.82), (0.56, 0.86), (0.68, 0.72), (0.6, 0.56), (0.42, 0.56),
         (0.33, 0.66)]],
    7: [[(0.27, 0.18), (0.72, 0.18), (0.45, 0.86)]],
    8: [[(0.64, 0.24), (0.5, 0.15), (0.36, 0.25), (0.42, 0.42), (0.6, 0.56), (0.66, 0.72), (0.5, 0.86), (0.35, 0.74),
         (0.42, 0.56), (0.6, 0.42), (0.64, 0.24)]],
    9: [[(0.66, 0.3), (0.5, 0.16), (0.34, 0.26), (0.36, 0.44), (0.52, 0.5), (0.66, 0.34), (0.66, 0.6), (0.6, 0.86)]],
}  # fmt: skip
PAPER = "The image: paint on it"


def paint(shown, lines, scale=1.0):
    """Draw polylines, points (right, down) from 0 to 1 of the image, with the mouse."""
    canvas = shown.root.get_by_role("img", name=PAPER, exact=True)
    canvas.scroll_into_view_if_needed()
    outer = canvas.bounding_box()
    side = min(outer["width"], outer["height"])
    left, top = outer["x"] + (outer["width"] - side) / 2, outer["y"] + (outer["height"] - side) / 2
    for line in lines:
        for k, (x, y) in enumerate(line):
            shown.page.mouse.move(left + scale * side * x, top + scale * side * y, steps=5 if k else 1)
            if k == 0:
                shown.page.mouse.down()
        shown.page.mouse.up()
    shown.settle()


@pytest.fixture(scope="module")
def reader(show, own_folders):
    """PoolingCNN as it was trained on MNIST, or on the stand-in where there is no MNIST."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LECTURE_DATA", REAL_DATA or str(own_folders))
        mnist = MulticlassDataset.mnist(28).to_torch()
        net = cnn.PoolingCNN()
        cnn.trained(net, mnist, num_epochs=5)
    demo = glass_box(net, mnist.val.values[:3], mnist.label_names, targets=mnist.val.labels[:3])
    return show(demo, "page"), net, mnist


@pytest.mark.parametrize("scale", [1, 0.6], ids=["large", "small"])
def test_digits_drawn_with_the_mouse_are_read(reader, scale):
    shown, net, mnist = reader
    read = []
    for lines in DIGITS.values():
        shown.root.get_by_role("button", name="Blank").click()
        paint(shown, lines, scale)
        outputs = shown.outputs("input", "probabilities")
        read.append(int(outputs["probabilities"].argmax()))
        with torch.inference_mode():  # what the page says is what the network says
            wanted = net(torch.tensor(outputs["input"])[None])[0].softmax(0).numpy()
        np.testing.assert_allclose(outputs["probabilities"], wanted, atol=1e-4)
    right = sum(a == b for a, b in zip(read, DIGITS, strict=True))
    assert right >= (8 if mnist.is_stand_in else 9), read


def test_a_drawn_digit_fits_its_frame_as_those_of_mnist_do(reader):
    shown, *_ = reader
    for lines, scale in ((DIGITS[4], 0.5), (DIGITS[1], 1), (DIGITS[8], 0.8)):
        shown.root.get_by_role("button", name="Blank").click()
        paint(shown, lines, scale)
        digit = shown.outputs("input")["input"][0]
        rows, columns = np.nonzero(digit > 0.2)
        assert 19 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 22
        places = np.indices(digit.shape) + 0.5
        np.testing.assert_allclose((places * digit).sum((1, 2)) / digit.sum(), 14, atol=0.35)
    shown.root.get_by_role("button", name="Fit").click()
    shown.settle()
    assert not np.allclose(shown.outputs()["input"][0], digit)
    np.testing.assert_allclose(shown.outputs()["input"][0], shown.outputs()["picture"])
    shown.root.get_by_role("button", name="Fit").click()


def test_the_copied_line_gives_the_drawn_digit(reader):
    shown, net, _ = reader
    shown.root.get_by_role("button", name="Blank").click()
    paint(shown, DIGITS[3])
    names = {}
    exec(shown.root.evaluate("root => root.demo.python()"), names)
    outputs = shown.outputs()
    np.testing.assert_array_equal(names["image"][0].numpy(), outputs["input"])
    np.testing.assert_array_equal(np.round(255 * outputs["input"]) / np.float32(255), outputs["input"])
    with torch.inference_mode():
        assert net(names["image"]).argmax() == outputs["probabilities"].argmax()


def test_start_over_undoes_all(reader):
    shown, *_ = reader
    shown.root.get_by_role("button", name="Start over").click()
    shown.settle()
    opening, outputs = shown.values(), shown.outputs()
    paint(shown, DIGITS[2])
    shown.set(layer="f3", channel=4, right=3, noise=0.2, off=True, open=True, colors="per layer", sorted=True)
    shown.outputs()
    assert shown.values() != opening
    shown.root.get_by_role("button", name="Start over").click()
    shown.settle()
    assert shown.values() == opening
    for name, values in shown.outputs().items():
        np.testing.assert_array_equal(values, outputs[name])


def disturbed(picture, right=0, down=0, turn=0, blur=0):
    """Return a picture (C, H, W) shifted, turned and blurred, by torch and SciPy's formula of a Gaussian."""
    _, rows, columns = picture.shape
    angle = np.deg2rad(turn)
    y, x = np.meshgrid(
        np.arange(rows) + 0.5 - rows / 2 - down, np.arange(columns) + 0.5 - columns / 2 - right, indexing="ij"
    )
    source = np.stack([np.sin(angle) * y + np.cos(angle) * x, np.cos(angle) * y - np.sin(angle) * x], -1)
    grid = torch.from_numpy(2 * source / [columns, rows]).float()[None]
    moved = F.grid_sample(picture[None], grid, padding_mode="border", align_corners=False)
    if blur:
        reach = int(np.ceil(3 * blur))
        weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / blur) ** 2)
        kernel = (weights / weights.sum()).repeat(len(picture), 1, 1, 1)
        padded = F.pad(moved, [reach] * 4, mode="replicate")
        moved = F.conv2d(padded, kernel, groups=len(picture))
        moved = F.conv2d(moved, kernel.transpose(2, 3), groups=len(picture))
    return torch.round(255 * moved[0]) / 255


@pytest.mark.parametrize(
    "change",
    [
        {"right": 3, "down": -4},
        {"turn": 90},
        {"turn": -35, "down": 2},
        {"blur": 0.7},
        {"blur": 3, "turn": 10},
    ],
)
def test_shifts_turns_and_blurs(show, change):
    net, pictures = known("CifarCNN")
    shown = show(box("CifarCNN"), "page")
    shown.set(**change)
    wanted = disturbed(pictures[0], **change)
    outputs = shown.outputs()
    np.testing.assert_allclose(outputs["input"], wanted, atol=1.01 / 255)  # rounded to bytes
    wrong, _ = differing(outputs, net, torch.from_numpy(outputs["input"]))
    assert not wrong


def test_noise_is_normal_and_always_the_same(show):
    shown = show(box("CifarCNN"), "page")
    shown.set(image="Blank", noise=0.3)
    once = shown.outputs()["input"]
    shown.set(noise=0)
    shown.set(noise=0.3)
    np.testing.assert_array_equal(shown.outputs()["input"], once)
    assert abs((once > 0).mean() - 0.5) < 0.03  # half of it is below black
    assert abs(once[once > 0].mean() - 0.3 * np.sqrt(2 / np.pi)) < 0.02


def test_paint_stays_on_what_it_was_painted_on(show):
    shown = show(box("CifarCNN"), "page")
    shown.root.get_by_role("button", name="Paint red").click()
    shown.set(right=5, down=2)
    before = shown.outputs()["picture"]
    paint(shown, [[(0.5, 0.5), (0.5, 0.5)]])
    painted = shown.outputs()["picture"]
    np.testing.assert_allclose(painted[:, 15, 15], [0.9, 0.1, 0.1], atol=0.01)
    assert (before != painted).any(0).sum() < 40
    shown.set(right=0, down=0)
    np.testing.assert_allclose(shown.outputs()["picture"][:, 13, 10], [0.9, 0.1, 0.1], atol=0.01)


def test_an_own_picture(show):
    shown = show(box("CifarCNN"), "page")
    file = io.BytesIO()
    Image.new("RGB", (60, 40), (255, 0, 51)).save(file, "PNG")
    shown.root.locator("input[type=file]").set_input_files(
        {"name": "red.png", "mimeType": "image/png", "buffer": file.getvalue()}
    )
    for _ in range(50):
        if shown.values()["image"] == "Your own picture":
            break
        shown.page.wait_for_timeout(50)
    picture = shown.outputs()["picture"]
    np.testing.assert_allclose(picture, np.broadcast_to([[[1]], [[0]], [[0.2]]], (3, 32, 32)), atol=0.01)


# A number, followed back.


def unit_at(card, channel, row, column):
    """Return the place on the page of a pixel of a card of maps of `SIZES`."""
    return card.evaluate(
        """(canvas, [k, row, column, rows, columns]) => {
          const box = canvas.getBoundingClientRect();
          const scale = Math.min(box.width / canvas.width, box.height / canvas.height);
          const gap = rows * columns > 1 ? 1 : 0, across = Math.floor((canvas.width + gap) / (columns + gap));
          const x = (k % across) * (columns + gap) + column + 0.5;
          const y = Math.floor(k / across) * (rows + gap) + row + 0.5;
          return [box.left + (box.width - scale * canvas.width) / 2 + scale * x, box.top + scale * y];
        }""",
        [channel, row, column, *SIZES],
    )


SIZES = (15, 15)  # rows and columns of the maps that are pointed at: C3 of CifarCNN


@pytest.fixture(scope="module", params=PLACES)
def cifar_box(request, show):
    return show(box("CifarCNN", opened="c3"), request.param)


def test_keys_draw_too(cifar_box):
    cifar_box.root.get_by_role("button", name="Blank").click()
    paper = cifar_box.root.locator(".paper .view")
    paper.focus()
    for key in [
        "ArrowUp",
        " ",
        "ArrowRight",
        "ArrowRight",
        "ArrowDown",
        " ",
        "ArrowDown",
        "ArrowDown",
        "ArrowDown",
    ]:
        cifar_box.page.keyboard.press(key)
    cifar_box.settle()
    drawn = cifar_box.outputs("picture")["picture"][0]
    assert (drawn[15, 16:19] == 1).all() and drawn[16, 18] == 1 and drawn[19, 18] == 0
    assert paper.evaluate("view => view == document.activeElement")
    cifar_box.root.get_by_role("button", name="Start over").click()


def fresh_card(box, layer):
    """Start over, and return the maps of a layer, in sight."""
    box.root.get_by_role("button", name="Start over").click()
    card = box.root.get_by_role("img", name=f"The maps of {layer}")
    card.scroll_into_view_if_needed()
    return card


def whole(seen, size, stride=1, padding=0):
    """Return which windows lie wholly within what is seen, a mask (1, 1, rows, columns)."""
    return F.conv2d(seen, torch.ones(1, 1, size, size), stride=stride, padding=padding) == size**2


def test_the_strongest_unit_that_sees_no_padding_is_chosen_first(show):
    net, pictures = known("CifarCNN")
    with torch.inference_mode():
        maps = net.c3(F.max_pool2d(net.c1(pictures[:1]), 3, 2).relu())[0]
    seen = torch.ones(1, 1, 32, 32)
    for window in ((5, 1, 2), (3, 2), (5, 1, 2)):  # c1, the pooling and c3
        seen = whole(seen, *window).float()
    assert 0 < seen.sum() < 15 * 15
    inside = maps.masked_fill(seen[0] == 0, -torch.inf)
    shown = show(box("CifarCNN", opened="c3"), "page")
    unit = [shown.values()[key] for key in ("channel", "row", "column")]
    assert unit == list(np.unravel_index(int(inside.argmax()), maps.shape))
    shown.set(open=True)
    assert np.isfinite(shown.outputs()["patch"]).all()


def test_the_strongest_unit_of_all_is_chosen_first_where_each_sees_padding(show):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 5, padding=2), nn.Flatten(), nn.Linear(36, 10))
    pictures = images((3, 3, 3))
    shown = show(glass_box(net, pictures, CLASSES), "page")
    with torch.inference_mode():
        maps = net[0](pictures[:1])[0]
    unit = [shown.values()[key] for key in ("channel", "row", "column")]
    assert unit == list(np.unravel_index(int(maps.argmax()), maps.shape))


def test_pointing_outlines_the_window_and_the_receptive_field(cifar_box):
    card = fresh_card(cifar_box, "c3")
    cifar_box.page.mouse.move(*unit_at(card, 7, 5, 9))
    cifar_box.settle()
    net, pictures = known("CifarCNN")
    image = pictures[:1].clone().requires_grad_()
    net.c3(F.max_pool2d(net.c1(image), 3, 2).relu().detach().requires_grad_())  # the shapes are as expected
    with torch.enable_grad():
        h = F.avg_pool2d(net.c1(image), 3, 2)  # sees what max pooling can see
        net.c3(h)[0, 7, 5, 9].backward()
    seen = image.grad[0].abs().sum(0).nonzero()
    field = cifar_box.outputs("field")["field"].astype(int)
    assert field[1:].tolist() == [[seen[:, k].min(), seen[:, k].max() + 1] for k in (0, 1)]
    window = cifar_box.root.locator(".layer:has([aria-label='The maps of relu'])")
    path = window.locator("path.read").get_attribute("d")
    assert path.count("M") == 32 and "M7 3h5v5h-5z" in path  # a window of 5x5 in each of the 32 maps
    words = cifar_box.root.locator(".note").inner_text()
    rows, columns = (field[1:, 1] - field[1:, 0]).tolist()
    assert words.startswith("C3[7, 5, 9] is ") and f"sees {rows}×{columns} pixels" in words
    assert cifar_box.values()["channel"] != 7, "pointing chooses nothing"


def test_a_click_opens_the_arithmetic_and_it_leads_back_to_the_image(cifar_box):
    card = fresh_card(cifar_box, "c3")
    cifar_box.page.mouse.click(*unit_at(card, 7, 5, 9))
    cifar_box.settle()
    net, pictures = known("CifarCNN")
    with torch.inference_mode():
        before = F.max_pool2d(net.c1(pictures[:1]), 3, 2).relu()[0].numpy()
        after = net.c3(torch.from_numpy(before)[None])[0].numpy()
    values, outputs = cifar_box.values(), cifar_box.outputs()
    assert [values[key] for key in ("layer", "channel", "row", "column", "open")] == ["c3", 7, 5, 9, True]
    weights, bias = net.c3.weight[7].detach().numpy(), net.c3.bias[7].item()
    patch = before[:, 3:8, 7:12]
    np.testing.assert_allclose(outputs["sums"], (weights * patch).sum((1, 2)), atol=1e-5)
    np.testing.assert_allclose(outputs["sums"].sum() + bias, after[7, 5, 9], atol=1e-5)
    np.testing.assert_allclose(outputs["numbers"], [after[7, 5, 9], max(after[7, 5, 9], 0)], atol=1e-5)
    largest = values["from"]
    assert np.abs(weights * patch).max((1, 2)).argmax() == largest
    np.testing.assert_allclose(outputs["patch"], patch[largest], atol=1e-5)
    np.testing.assert_allclose(outputs["weights"], weights[largest], atol=1e-6)
    np.testing.assert_allclose(outputs["products"], (weights * patch)[largest], atol=1e-5)
    visited = [values["layer"]]
    while not cifar_box.root.get_by_role("button", name="Follow the largest part").is_disabled():
        cifar_box.root.get_by_role("button", name="Follow the largest part").click()
        cifar_box.settle()
        visited.append(cifar_box.values()["layer"])
    assert visited == ["c3", "relu", "c1", "input"] or visited == ["c3", "relu", "input"]
    cifar_box.root.locator(".crumbs button").first.click()
    cifar_box.settle()
    assert [cifar_box.values()[key] for key in ("layer", "channel", "row", "column")] == ["c3", 7, 5, 9]
    cifar_box.point("What the number reads", 1, 3, press=True)  # one entry of the patch
    values = cifar_box.values()
    assert [values[key] for key in ("layer", "channel", "row", "column")] == ["relu", largest, 4, 10]
    cifar_box.root.get_by_role("button", name="Close").click()
    cifar_box.settle()
    assert not cifar_box.values()["open"] and not cifar_box.root.locator(".sum").is_visible()


def test_the_formula_says_the_numbers(cifar_box):
    cifar_box.set(layer="c3", channel=3, row=0, column=0, open=True)
    outputs = cifar_box.outputs()
    text = cifar_box.root.locator(".sum .formula").inner_text().replace("−", "-")
    for number in (outputs["sums"].sum(), *outputs["numbers"]):
        assert f"{float(f'{number:.3g}'):g}" in text, text
    assert "sum over 32 maps" in text and "ReLU(" in text
    padded = outputs["patch"]
    assert np.isnan(padded[:2]).all() and np.isnan(padded[:, :2]).all() and np.isfinite(padded[2:, 2:]).all()
    cifar_box.root.get_by_role("button", name="Start over").click()


def test_max_pooling_shows_which_pixel_won(show):
    shown = show(box("PoolingCNN", opened="max_pool2d"), "page")
    shown.set(channel=4, row=6, column=7, open=True)
    net, pictures = known("PoolingCNN")
    window = net.c1(pictures[:1])[0, 4, 12:14, 14:16].detach().numpy()
    outputs = shown.outputs()
    np.testing.assert_allclose(outputs["patch"], window, atol=1e-5)
    row, column = np.unravel_index(window.argmax(), (2, 2))
    assert shown.marks(".sum rect") == [[row, column, 1, 1]]
    shown.root.get_by_role("button", name="Follow the largest part").click()
    shown.settle()
    assert [shown.values()[key] for key in ("layer", "row", "column")] == ["c1", 12 + row, 14 + column]


class Parted(nn.Module):
    """Two activations of one convolution."""

    def __init__(self):
        super().__init__()
        self.conv, self.dense = nn.Conv2d(3, 4, 3), nn.Linear(8, 10)

    def forward(self, x):
        x = self.conv(x)
        return self.dense(torch.cat([x.relu().mean((2, 3)), (x.tanh().sigmoid()).mean((2, 3))], 1))


def test_the_chain_goes_through_the_number_that_was_chosen(show):
    torch.manual_seed(0)
    net, pictures = Parted().eval(), images((3, 12, 12))
    shown = show(glass_box(net, pictures, CLASSES), "page")
    x = net.conv(pictures[:1])[0, 1, 2, 3].detach()
    for layer, wanted in (("relu", [x, x.relu()]), ("tanh", [x, x.tanh(), x.tanh().sigmoid()])):
        shown.set(layer=layer, channel=1, row=2, column=3, open=True)
        outputs = shown.outputs()
        np.testing.assert_allclose(outputs["numbers"], wanted, atol=1e-5)
        np.testing.assert_allclose(outputs["arithmetic"], wanted, atol=1e-5)


# Changes.


def test_a_channel_switched_off(cifar_box):
    cifar_box.set(layer="relu", channel=5, open=False)
    before = cifar_box.outputs()
    cifar_box.set(off=True)
    net, pictures = known("CifarCNN")
    with torch.inference_mode():
        h = F.max_pool2d(net.c1(pictures[:1]), 3, 2).relu()
        h[:, 5] = 0
        wanted = net.c3(h)[0].numpy()
    outputs = cifar_box.outputs()
    assert (
        close(outputs["c3"], wanted) and not close(before["c3"], wanted) and (outputs["relu"][5] == 0).all()
    )
    cifar_box.set(open=True)
    assert "switched off" in cifar_box.root.locator(".sum .formula").inner_text()
    sums = cifar_box.outputs("arithmetic", "numbers")
    np.testing.assert_allclose(sums["arithmetic"], sums["numbers"], atol=1e-5)
    cifar_box.set(channel=6)
    assert not cifar_box.values()["off"], "that is another channel"
    cifar_box.set(off=True)
    cifar_box.set(channel=5)
    assert cifar_box.values()["off"], "both are off"
    cifar_box.root.get_by_role("button", name="Start over").click()
    cifar_box.settle()
    np.testing.assert_array_equal(cifar_box.outputs()["c3"], before["c3"])


def test_a_kernel_replaced_by_a_classic_one_and_by_numbers(cifar_box):
    cifar_box.set(layer="c1", channel=2, **{"from": 1}, open=True)
    net, pictures = known("CifarCNN")
    weight = net.c1.weight.detach().clone()
    cifar_box.set(kernel="Horizontal edge")
    kernel = cifar_box.outputs()["weights"]
    assert abs(np.abs(kernel).sum() - weight[2, 1].abs().sum()) < 1e-5 and abs(kernel.sum()) < 1e-5
    np.testing.assert_allclose(kernel, -kernel[::-1], atol=1e-6)
    assert (np.diff(kernel[:2].sum(1)) != 0).all() and kernel[0].sum() > 0
    cifar_box.root.get_by_role("tab", name="Change").click()
    numbers = cifar_box.control("Its numbers")
    typed = np.arange(25).reshape(5, 5) / 10
    numbers.fill("\n".join(" ".join(map(str, row)) for row in typed))
    cifar_box.settle()
    assert cifar_box.values()["kernel"] == "Your own numbers"
    weight[2, 1] = torch.from_numpy(typed)
    with torch.inference_mode():
        wanted = F.conv2d(pictures[:1], weight, net.c1.bias, padding=2)[0].numpy()
    assert close(cifar_box.outputs()["c1"], wanted)
    numbers.fill("1 2 3")
    cifar_box.settle()
    assert "5 rows of 5 numbers" in cifar_box.root.inner_text()
    assert close(cifar_box.outputs()["c1"], wanted), "the picture stays as it was"
    cifar_box.set(kernel="As it is")
    with torch.inference_mode():
        assert close(cifar_box.outputs()["c1"], net.c1(pictures[:1])[0].numpy())
    cifar_box.root.get_by_role("button", name="Start over").click()


def test_a_number_that_was_not_typed_keeps_all_its_digits(cifar_box):
    cifar_box.set(layer="c1", channel=0, **{"from": 0}, open=True)
    net, _ = known("CifarCNN")
    cifar_box.root.get_by_role("tab", name="Change").click()
    numbers = cifar_box.control("Its numbers")
    words = numbers.input_value().split("\n")
    numbers.fill("\n".join(["9 " + words[0].split(maxsplit=1)[1], *words[1:]]))
    cifar_box.settle()
    wanted = net.c1.weight[0, 0].detach().numpy().copy()
    wanted[0, 0] = 9
    np.testing.assert_array_equal(cifar_box.outputs()["weights"], wanted)
    cifar_box.root.get_by_role("button", name="Start over").click()


# What one sees.


def test_unfolding_sorting_and_ranges(show):
    shown = show(box("SimpleCNN", opened="c1"), "page")
    unfolded = ".layer.unfolded > button"
    assert shown.root.locator(unfolded).all_inner_texts() == ["input", "C1"]
    shown.root.get_by_role("button", name="F3").click()
    shown.settle()
    assert shown.root.locator(unfolded).all_inner_texts() == ["tanh", "F3"]
    shown.set(unfold=True)
    assert shown.root.locator(unfolded).count() == 4
    shown.set(layer="c1", sorted=True, open=False)
    maps = shown.outputs()["c1"]
    strongest = np.abs(maps).max((1, 2)).argmax()
    card = shown.root.get_by_role("img", name="The maps of c1")
    x, y = card.evaluate(
        "canvas => { const box = canvas.getBoundingClientRect(); return [box.left + box.width / 2, box.top + 3] }"
    )
    left = card.evaluate("canvas => canvas.getBoundingClientRect().left + 6")
    shown.page.mouse.click(left if left < x else x, y)
    shown.settle()
    assert shown.values()["channel"] == strongest
    before = card.evaluate("canvas => canvas.toDataURL()")
    shown.set(colors="per layer")
    assert card.evaluate("canvas => canvas.toDataURL()") != before


def test_a_layer_out_of_sight_is_painted_when_it_comes_in(show):
    shown = show(box("CifarCNN", opened="c1"), "page")
    first = shown.root.get_by_role("img", name="The maps of input")

    def painted():
        shown.settle()
        return first.evaluate("canvas => canvas.toDataURL()")

    images = shown.control("Image").locator("option").evaluate_all("all => all.map(one => one.value)")[:2]
    wanted = []
    for image in images:
        shown.set(image=image)
        wanted.append(painted())
    shown.set(layer="f8")
    shown.settle()
    shown.set(image=images[0])
    assert wanted[0] != wanted[1] == painted()
    shown.root.locator(".layers").evaluate("row => { row.scrollLeft = 0 }")
    assert painted() == wanted[0]


@pytest.mark.parametrize("name", ["PoolingCNN", "CifarCNN", "residual network of 20 layers"])
def test_controls_sizes_and_a_phone(show, name):
    shown = show(box(name), "page")
    assert demo_checks.check(shown.page, shown.element) == []
    shown.page.set_viewport_size({"width": demo_checks.NARROW, "height": 844})
    for is_open in (False, True):
        shown.set(open=is_open)
        shown.settle()
        assert demo_checks.check_narrow(shown.element) == []


class Own(nn.Sequential):
    """As the lecture proposes it for a network of one's own: batch norm makes the formula long."""

    def __init__(self):
        features = [nn.Conv2d(1, 8, 5, stride=2), nn.BatchNorm2d(8), nn.ReLU()]
        features += [nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        super().__init__(*features, nn.Flatten(), nn.Linear(16 * 6 * 6, 10))


LETTERS = """demo => Math.min(...[...demo.querySelectorAll("text, span, b, output, label, button, figcaption")]
  .filter(node => node.checkVisibility() && node.textContent.trim())
  .map(node => parseFloat(getComputedStyle(node).fontSize) * (node.ownerSVGElement ? node.getScreenCTM().a : 1)))"""
ROWS = """() => [...document.querySelectorAll(".slide.current .layers")].map(row =>
  [...row.children].some(layer => Math.abs(layer.offsetLeft - row.scrollLeft - 3) <= 1) || row.scrollLeft == 0
    || row.scrollLeft >= row.scrollWidth - row.clientWidth - 1)"""


@pytest.mark.parametrize("name", ["CifarCNN", "a network of one's own"])
def test_slides_and_phones_with_the_arithmetic_open(chromium, tmp_path, name):
    if name == "CifarCNN":
        demo = box(name, opened="c3")
        output = [demo._repr_html_()]
    else:
        torch.manual_seed(1)
        demo = glass_box(settled(Own()), images((1, 28, 28)), CLASSES)
        output = [("stdout", "93.1% of the validation images right"), demo._repr_html_()]
    layers = [layer["name"] for layer in demo.data["layers"]]
    path = slides.write([slides.code("demo", *output, slide_type="slide")], tmp_path / "box.html")
    page = slides.open_offline(chromium, path, "#present")
    number = page.evaluate("lecture.count") - 1
    assert page.evaluate(slides.CHECK, number) == []
    shown = Shown(page)
    for tab in shown.root.get_by_role("tab").all():
        tab.click()
        shown.set(layer=demo.data["opened"], open=True)
        assert page.evaluate(slides.CHECK, number) == [], tab.inner_text()
    for layer in layers:
        shown.set(layer=layer, open=True)
        shown.settle()
        assert page.evaluate(slides.CHECK, number) == [], layer
        assert page.evaluate(ROWS) == [True], f"{layer}: the row begins within a layer"
    page.context.close()
    page = slides.open_offline(chromium, path, viewport={"width": demo_checks.NARROW, "height": 844})
    shown = Shown(page)
    for layer in layers:
        shown.set(layer=layer, open=True)
        shown.settle()
        assert shown.root.evaluate(LETTERS) >= 12, layer
        assert slides.wider_than_window(page) == [], layer
    assert page.requests == [] and page.errors == []
    page.context.close()


# Networks that are too large, or cannot be shown.


class Wide(nn.Module):
    """405,504 multiply-adds and some, and an activation in place."""

    def __init__(self):
        super().__init__()
        self.first, self.second = (
            nn.Conv2d(3, 16, 3, padding=1),
            nn.Conv2d(16, 8, 3, padding=1, padding_mode="reflect"),
        )
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        x = F.relu(self.first(x), inplace=True)
        return self.head(self.second(x).mean((2, 3)))


@pytest.mark.parametrize("limit", ["MULTIPLY_ADDS", "NUMBERS"])
def test_maps_of_a_large_network_are_computed_here(show, monkeypatch, limit):
    module = importlib.import_module("demos.glass_box")
    monkeypatch.setattr(module, limit, {"MULTIPLY_ADDS": 10**5, "NUMBERS": 1200}[limit])
    torch.manual_seed(0)
    net, pictures = Wide().eval(), images((3, 16, 16))
    shown = show(glass_box(net, pictures, CLASSES), "page")
    outputs = shown.outputs()
    first = net.first(pictures[:1])[0].detach().numpy()
    kept = len(outputs["first"])
    np.testing.assert_allclose(outputs["first"], first[:kept], atol=1e-6)
    np.testing.assert_allclose(outputs["relu"], np.maximum(first, 0)[:kept], atol=1e-6)
    assert kept == (16 if limit == "MULTIPLY_ADDS" else 1)
    assert "the kernel computed the maps" in shown.root.locator(".note").inner_text()
    assert ("first channels only" in shown.root.locator(".note").inner_text()) == (limit == "NUMBERS")
    assert (
        shown.control("Right").is_disabled() and shown.root.get_by_role("button", name="Blank").is_disabled()
    )
    before = shown.outputs()["picture"]
    paint(shown, [[(0.2, 0.2), (0.8, 0.8)]])
    np.testing.assert_array_equal(shown.outputs()["picture"], before)
    assert shown.page.page_errors == []


def test_lazy_layers_after_a_dry_run(show):
    net = nn.Sequential(nn.LazyConv2d(4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(10)).eval()
    with pytest.raises(ValueError, match="call it once on a batch of images"):
        glass_box(net, images((3, 12, 12)), CLASSES)
    net(images((3, 12, 12)))
    wrong, compared = differing(
        show(glass_box(net, images((3, 12, 12)), CLASSES), "page").outputs(), net, images((3, 12, 12))[0]
    )
    assert not wrong and compared >= 3


PICTURES = torch.rand(20, 3, 12, 12, generator=torch.Generator().manual_seed(0))
NET = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": PICTURES[0]}, r"images must be \(N, C, H, W\)"),
        ({"images": PICTURES[:0]}, r"images must be \(N, C, H, W\)"),
        ({"images": PICTURES[:, :2]}, "with 1 or 3 channels"),
        ({"images": PICTURES[:, :1]}, r"\(1, 12, 12\) does not fit Sequential"),
        ({"images": PICTURES - 0.5}, "must lie between 0 and 1 to be seen, but go from -0.5"),
        ({"mean": torch.zeros(2)}, "one for each channel; got the shape"),
        ({"labels": CLASSES[:7]}, r"Sequential returns \(10,\) numbers for an image, but there are 7 labels"),
        ({"targets": [1, 2]}, "targets must be a number from 0 to 9 for each of the images"),
        ({"targets": [10] * 20}, "targets must be a number from 0 to 9"),
        ({"opened": "c7"}, "opened must be one of input, 0, 1, 3, but it is 'c7'"),
        (
            {"net": nn.Sequential(nn.Conv2d(3, 4, 3), nn.LocalResponseNorm(2))},
            r"1 \(LocalResponseNorm\), which follows 0",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(change, message):
    arguments = {"net": NET, "images": PICTURES, "labels": CLASSES, **change}
    with pytest.raises(ValueError, match=message):
        glass_box(**arguments)


def test_images_are_shown_as_they_were_before_they_were_normalised_and_only_some_are_kept(show):
    mean, std = torch.tensor([0.5, 0.4, 0.3]), torch.tensor([0.2, 0.3, 0.25])
    normal = (PICTURES - mean[:, None, None]) / std[:, None, None]
    shown = show(glass_box(NET, normal, CLASSES, mean=mean, std=std), "page")
    assert shown.control("Image").locator("option").all_inner_texts() == [
        *(f"Image {k + 1}" for k in range(12)),
        "Blank",
    ]
    shown.set(image="Image 12")
    outputs = shown.outputs()
    np.testing.assert_allclose(outputs["picture"], PICTURES[11], atol=1e-6)
    np.testing.assert_allclose(outputs["input"], normal[11], atol=1e-5)
