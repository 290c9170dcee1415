"""The receptive field explorer shows the boxes and the gradients that plain autograd finds."""

import functools
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from shown import PLACES
from torch import nn

import cnn
from demos.receptive_fields import measured_fields, receptive_field_explorer

BARS = """bars => bars.map(bar => {
  const { x, y, width, height } = bar.getBBox(), size = bar.ownerSVGElement.viewBox.baseVal.width / COLUMNS;
  const opacity = Number(bar.getAttribute("fill-opacity") ?? 1);
  return [[x, y, width, height].map(length => Math.round(length / size)), bar.getAttribute("fill"), opacity];
})"""
UNITS, PICTURE = "The units of the layer", "The picture, with the box that the unit sees"
MEASURED = "The measured gradient of a unit with respect to each pixel"


class Small(nn.Module):
    """Windows and strides that differ along the two axes."""

    def __init__(self, channels):
        super().__init__()
        self.c1 = nn.Conv2d(channels, 3, (3, 5), padding=(1, 2))
        self.c2 = nn.Conv2d(3, 4, 5, stride=(1, 2), padding=2)
        self.f3 = nn.Linear(4 * 6 * 4, 2)

    def forward(self, x):
        h = F.avg_pool2d(self.c1(x).tanh(), 3, stride=2)
        return self.f3(self.c2(h).flatten(1))


def dataset(channels, rows=13, columns=17, images=5):
    """Return normalised noise, as a `MulticlassDataset` gives it."""
    levels = torch.randint(
        0, 256, (images, channels, rows, columns), generator=torch.Generator().manual_seed(1)
    )
    mean, std = 0.4, 0.2
    return SimpleNamespace(
        title="Noise",
        val=SimpleNamespace(values=(levels / 255 - mean) / std),
        unnormalize=lambda values: np.clip(values * std + mean, 0, 1),
    )


def network(channels):
    torch.manual_seed(2)
    return Small(channels)


DATA = {"colour": (network(3), dataset(3)), "grey": (network(1), dataset(1))}


@pytest.fixture(scope="module", params=product(PLACES, DATA), ids="-".join)
def explorer(request, show):
    place, kind = request.param
    net, data = DATA[kind]
    shown = show(receptive_field_explorer(net, data, ("c1", "c2")), place)
    shown.net, shown.data = net, data
    return shown


def feature_maps(net, layer, pixels):
    """Return what a layer gives."""
    kept = {}
    hook = net.get_submodule(layer.lower()).register_forward_hook(
        lambda m, inputs, output: kept.update(output=output)
    )
    net(pixels)
    hook.remove()
    return kept["output"]


def gradient(net, layer, pixels, image, channel, row, column):
    """Return |d unit / d pixel|, (C, H, W), for one unit of one channel and one image."""
    pixels = pixels[image : image + 1].clone().requires_grad_()
    (slope,) = torch.autograd.grad(feature_maps(net, layer, pixels)[0, channel, row, column], pixels)
    return slope[0].abs()


@functools.cache  # for both places
def expected_gradient(net, layer, pixels, row, column):
    channels = feature_maps(net, layer, pixels).shape[1]
    total = sum(
        gradient(net, layer, pixels, k, k % channels, row, column).mean(0) for k in range(len(pixels))
    )
    return (total / total.max()).numpy()


def nearest(length, place):
    return min((0, length // 2, length - 1), key=lambda measured: abs(measured - place))


@functools.cache
def seen(net, layer, pixels, row, column):
    """Return the first and last row and column of the pixels that a unit depends on."""
    channels = range(feature_maps(net, layer, pixels).shape[1])
    total = sum(gradient(net, layer, pixels, k, c, row, column).sum(0) for k in range(2) for c in channels)
    rows, columns = (total.sum(axis).nonzero() for axis in (1, 0))
    return [int(end) for end in (rows.min(), rows.max(), columns.min(), columns.max())]


@pytest.mark.parametrize("layer", ["C1", "C2"])
def test_boxes_and_gradients_of_units(explorer, layer):
    net, pixels = explorer.net, explorer.data.val.values
    height, width = pixels.shape[2:]
    rows, columns = feature_maps(net, layer, pixels).shape[2:]
    for row, column in product((0, rows // 2, rows - 1), (0, 2, columns - 1)):
        explorer.set(layer=layer, row=row, column=column, image=3)
        outputs = explorer.outputs()
        top, left, tall, wide = outputs["box"]
        first, last, leftmost, rightmost = seen(net, layer, pixels, row, column)
        assert (max(top, 0), min(top + tall, height) - 1) == (first, last)
        assert (max(left, 0), min(left + wide, width) - 1) == (leftmost, rightmost)

        margin = (outputs["image"].shape[-1] - width) // 2
        inner = (..., slice(margin, margin + height), slice(margin, margin + width))
        picture = explorer.data.unnormalize(pixels[3].numpy())
        np.testing.assert_allclose(outputs["image"][inner], picture.squeeze(), atol=1e-4)
        measured = expected_gradient(net, layer, pixels, nearest(rows, row), nearest(columns, column))
        np.testing.assert_allclose(outputs["measured"][inner], measured, atol=1e-4)
        for name in ("image", "measured"):
            frame = outputs[name].copy()
            frame[inner] = np.nan
            assert np.isnan(frame).all()
        share = (last - first + 1) * (rightmost - leftmost + 1) / (tall * wide)
        assert outputs["units"].shape == (rows, columns)
        np.testing.assert_allclose(outputs["units"][row, column], share, atol=1e-4)


def test_the_frame_is_as_wide_as_the_boxes_of_any_layer_reach(explorer):
    reach, shapes = [], set()
    for layer in ("C1", "C2"):
        rows, columns = feature_maps(explorer.net, layer, explorer.data.val.values).shape[2:]
        for row, column in product((0, rows - 1), (0, columns - 1)):
            explorer.set(layer=layer, row=row, column=column)
            outputs = explorer.outputs()
            top, left, tall, wide = outputs["box"]
            reach += [-top, -left, top + tall - 13, left + wide - 17]
            shapes.add(outputs["image"].shape[-2:])
    assert shapes == {(13 + 2 * max(reach), 17 + 2 * max(reach))}


@pytest.mark.parametrize("layer", ["C1", "C2"])
def test_units_are_as_grey_as_the_part_of_their_box_that_lies_outside(explorer, layer):
    explorer.set(layer=layer, row=0, column=0)
    units = explorer.outputs()["units"]
    assert len(np.unique(units.round(4))) > 4
    bars = explorer.root.get_by_role("img", name=UNITS, exact=True).locator(".entries path")
    shown = np.zeros(units.shape)
    for (x, y, width, height), color, opacity in bars.evaluate_all(
        BARS.replace("COLUMNS", str(units.shape[1]))
    ):
        over = shown[y : y + height, x : x + width]  # as a browser lays colours over one another
        over *= 1 - opacity
        over += opacity * (color == "#fff")
    np.testing.assert_allclose(shown, units, atol=1e-4)


def test_what_is_said(explorer):
    note = explorer.root.locator(".note")
    explorer.set(layer="C1", row=6, column=8)
    measured = expected_gradient(explorer.net, "C1", explorer.data.val.values, 6, 8)
    ordered = np.sort(measured.ravel())[::-1].cumsum()
    half = int((ordered < ordered[-1] / 2).sum()) + 1
    assert note.inner_text() == (
        f"The whole box lies in the picture. Half of the gradient comes from {half} of 15 pixels."
    )
    explorer.set(row=0, column=1)
    assert "47 % of the box lies outside: it sees only padding there." in note.inner_text()
    assert "Half of the gradient of (0, 0) comes from" in note.inner_text()


def test_the_keys_say_what_the_colours_mean(explorer):
    keys = [key.split() for key in explorer.root.locator(".key").all_inner_texts()]
    assert keys == [["Noise"], ["gradient", "0", "largest"], ["outside", "inside"]]


def test_pressing_a_unit_chooses_it_and_so_do_the_keys(explorer):
    explorer.set(layer="C1", row=0, column=0)
    explorer.point(UNITS, 5, 9)
    assert (explorer.values()["row"], explorer.values()["column"]) == (0, 0), "pointing alone chooses nothing"
    explorer.point(UNITS, 5, 9, press=True)
    assert (explorer.values()["row"], explorer.values()["column"]) == (5, 9)
    explorer.control("Row").press("ArrowRight")
    explorer.control("Column").press("ArrowLeft")
    explorer.settle()
    assert (explorer.values()["row"], explorer.values()["column"]) == (6, 8)


@pytest.mark.parametrize("name", [PICTURE, MEASURED])
def test_pressing_a_picture_chooses_the_unit_that_looks_there(explorer, name):
    explorer.set(layer="C1", row=0, column=0)
    margin = (explorer.outputs()["image"].shape[-1] - 17) // 2
    explorer.point(name, 7 + margin, 4 + margin, press=True)
    assert (explorer.values()["row"], explorer.values()["column"]) == (7, 4)
    explorer.point(name, 0, 16 + 2 * margin, press=True)
    assert (explorer.values()["row"], explorer.values()["column"]) == (0, 16), (
        "in the frame, the nearest unit"
    )
    explorer.set(layer="C2", row=0, column=0)
    for row, column in ((4, 2), (0, 3)):
        explorer.set(row=row, column=column)
        top, left, tall, wide = explorer.outputs()["box"]
        explorer.set(row=1, column=1)
        explorer.point(name, top + tall // 2 + margin, left + wide // 2 + margin, press=True)
        assert (explorer.values()["row"], explorer.values()["column"]) == (row, column)


def test_dragging_moves_the_box(explorer):
    explorer.set(layer="C1", row=0, column=0)
    margin = (explorer.outputs()["image"].shape[-1] - 17) // 2
    explorer.point(PICTURE, 2 + margin, 2 + margin)
    explorer.page.mouse.down()
    explorer.point(PICTURE, 10 + margin, 7 + margin)
    explorer.page.mouse.up()
    assert (explorer.values()["row"], explorer.values()["column"]) == (10, 7)


def test_sliders_end_where_the_layer_ends(explorer):
    explorer.set(layer="C1", row=12, column=16)
    explorer.control("Layer").select_option("C2")
    explorer.settle()
    rows, columns = feature_maps(explorer.net, "C2", explorer.data.val.values).shape[2:]
    values = explorer.values()
    assert (values["row"], values["column"]) == (rows // 2, columns // 2)  # a layer opens at its middle
    with pytest.raises(Exception, match=f"Row goes from 0 to {rows - 1}"):
        explorer.set(row=rows)
    with pytest.raises(Exception, match="Picture goes from 0 to 4"):
        explorer.set(image=5)


def test_a_change_of_layer_does_not_layer_the_page_anew(show):
    explorer = show(receptive_field_explorer(cnn.CifarCNN(), dataset(3, 32, 32, images=4)), "page")
    change = "root => root.demo.set({ layer: '%s', row: 3, column: 3 })"
    assert [explorer.layerings(change % layer) for layer in ("C1", "C3", "C5")] == [0, 0, 0]
    canvas = "root => root.querySelector('.view').prepend(document.createElement('canvas'))"
    assert explorer.layerings(canvas) == 1


class Branches(nn.Module):
    """Two maps of other shapes, with as many rows and columns in all, whose boxes all lie in the picture."""

    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 2, (3, 1)), nn.Conv2d(1, 2, (1, 3))

    def forward(self, x):
        return self.c1(x).mean((2, 3)) + self.c2(x).mean((2, 3))


def test_maps_with_the_same_shares_keep_their_shapes(show):
    explorer = show(receptive_field_explorer(Branches(), dataset(1), ("c1", "c2")), "page")
    lines = explorer.root.get_by_role("img", name=UNITS, exact=True).locator("path.grid")
    for layer, rows, columns in (("C1", 11, 17), ("C2", 13, 15)):
        explorer.set(layer=layer, row=0, column=0)
        assert lines.get_attribute("d").count("M") == rows + 1 + columns + 1
        assert lines.get_attribute("d").count("M0 ") == rows + 2  # and the first column's


def test_start_over(explorer):
    explorer.set(layer="C1", row=12, column=16, image=2)
    explorer.root.get_by_role("button", name="Start over").click()
    explorer.settle()
    assert explorer.values() == {"layer": "C2", "row": 3, "column": 2, "image": 0}


def test_no_errors(explorer):
    assert explorer.page.page_errors == []


def test_the_lecture_s_network():
    demo = receptive_field_explorer(cnn.CifarCNN(), dataset(3, 32, 32, images=64))
    layers = demo.data["layers"]
    assert [layer["name"] for layer in layers] == ["C1", "C3", "C5"]
    assert [layer["size"] for layer in layers] == [[5, 5], [15, 15], [35, 35]]
    assert [layer["rows"] for layer in layers] == [[0, 16, 31], [0, 7, 14], [0, 4, 7]]


def test_the_network_is_left_as_it_is():
    net = network(1).train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    fields = measured_fields(net, dataset(1).val.values, ("c2",))
    assert fields["c2"].shape == (3, 3, 13, 17)
    np.testing.assert_allclose(fields["c2"].max(axis=(2, 3)), 1)
    assert net.training and all(weights.requires_grad for weights in net.parameters())
    assert not net.c2._forward_hooks
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


@pytest.mark.parametrize("names", [(), ("c9",), ("c1", "f3")])
def test_what_is_no_convolution_is_refused(names):
    with pytest.raises(ValueError, match=r"names must be convolutions of the network, c1, c2, but they are"):
        receptive_field_explorer(*DATA["grey"], names)


def test_images_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="does not fit the network"):
        receptive_field_explorer(network(1), dataset(3), ("c1",))
