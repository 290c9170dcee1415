"""The layer explorer computes the lecture's networks as torch does, and draws every layer of them."""

import functools
from itertools import product
from types import SimpleNamespace

import demo as demo_checks
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from shown import PLACES
from torch import nn

import cnn
from demos.network_layers import layer_explorer

CLASSES = "airplane automobile bird cat deer dog frog horse ship truck".split()
CHANNELS = {"SimpleCNN": 1, "PoolingCNN": 1, "CifarCNN": 3}


def dataset(channels, size, normalized="channel"):
    """Return six images that a data set of this kind could hold, as far as the explorer looks."""
    random = np.random.default_rng(0)
    pixels = random.random((6, channels, size, size), np.float32)
    if normalized == "pixel":  # as bytes would be
        pixels = np.round(255 * pixels) / np.float32(255)
    shape = {"channel": (channels, 1, 1), "pixel": (channels, size, size)}.get(normalized)
    mean, std = (
        (random.random(shape, np.float32), random.random(shape, np.float32) + 0.5) if shape else (None, None)
    )
    values = (pixels - mean) / std if shape else pixels
    val = SimpleNamespace(values=torch.from_numpy(values), labels=torch.arange(6) + 2)
    parts = {"val": val, "label_names": CLASSES, "mean": mean, "std": std, "title": "Data", "pixels": pixels}
    return SimpleNamespace(**parts)


def built(name):
    """Return a network with random weights, and images for it."""
    torch.manual_seed(1)
    data = dataset(CHANNELS[name], 32 if name == "CifarCNN" else 28)
    return getattr(cnn, name)().eval(), data


@functools.cache
@torch.inference_mode()
def layers(net, x):
    """Return what goes into each layer with weights, the layer, and what comes out at once and after what follows."""
    if isinstance(net, cnn.SimpleCNN):
        c1 = [net.c1(x), net.c1(x).tanh()]
        return {"C1: conv 5×5": (x, net.c1, c1), "F3: dense": (c1[-1], net.f3, [net.f3(c1[-1].flatten(1))])}
    if isinstance(net, cnn.PoolingCNN):
        c1 = [net.c1(x), F.max_pool2d(net.c1(x), 2), F.max_pool2d(net.c1(x), 2).tanh()]
        return {"C1: conv 5×5": (x, net.c1, c1), "F3: dense": (c1[-1], net.f3, [net.f3(c1[-1].flatten(1))])}
    found = {}
    for module, name in ((net.c1, "C1"), (net.c3, "C3"), (net.c5, "C5")):
        out = module(x)
        pool = F.max_pool2d(out, 3, 2)
        outs = (
            [out, pool, pool.relu()] if name == "C1" else [out, out.relu(), F.avg_pool2d(out.relu(), 3, 2, 1)]
        )
        found[f"{name}: conv 5×5"], x = (x, module, outs), outs[-1]
    hidden = net.f7(x.flatten(1))
    return found | {"F7: dense": (x, net.f7, [hidden]), "F8: dense": (hidden, net.f8, [net.f8(hidden)])}


def tiled(maps, across=None):
    """Return maps (count, [3,] rows, columns) as one picture with holes between them; a vector as single pixels."""
    maps = maps.reshape(len(maps), 1, 1) if maps.ndim == 1 else maps
    gap, across = int(maps[0].size > 1), across or int(np.ceil(np.sqrt(len(maps))))
    *depth, rows, columns = maps.shape[1:]
    down = -(-len(maps) // across)
    whole = np.full((*depth, down * (rows + gap) - gap, across * (columns + gap) - gap), np.nan)
    for k, values in enumerate(maps):
        top, left = k // across * (rows + gap), k % across * (columns + gap)
        whole[..., top : top + rows, left : left + columns] = values
    return whole


@pytest.fixture(scope="module", params=product(CHANNELS, PLACES), ids="-".join)
def explored(request, show):
    name, place = request.param
    net, data = built(name)
    return show(layer_explorer(net, data), place), net, data


def expected(net, data, layer, image, channel, after):
    """Return what the explorer draws, by torch."""
    x = data.val.values
    before, module, outs = layers(net, x)[layer]
    before, out = before[image].numpy(), outs[after][image].numpy()
    weights = module.weight[channel].detach().numpy()
    weights = weights.reshape(before.shape) if isinstance(module, nn.Linear) else weights
    last = isinstance(module, nn.Linear) and len(out) == len(CLASSES)
    pictures = data.pixels if data.pixels.shape[1] == 3 else data.pixels[:, 0]
    with torch.inference_mode():
        scores = net(x)[image].softmax(0).numpy()
    return {
        "image": pictures[image],
        "images": tiled(pictures, 6),
        "input": tiled(before),
        "weights": tiled(weights),
        "map": tiled(weights * before) if isinstance(module, nn.Linear) else out[channel],
        "maps": out if last else tiled(out),
        "scores": scores,
    }


def check(outputs, wanted):
    """Compare to 1e-4 of the range of each picture."""
    assert outputs.keys() == wanted.keys()
    for name, values in wanted.items():
        span = np.nanmax(values) - np.nanmin(values)
        np.testing.assert_allclose(outputs[name], values, atol=1e-4 * span, rtol=0, err_msg=name)


def test_every_layer_over_a_grid(explored):
    explorer, net, data = explored
    for layer, (_, _, outs) in layers(net, data.val.values).items():
        width = outs[0].shape[1]
        for image, channel, after in product((0, 3, 5), (0, width // 2, width - 1), range(len(outs))):
            explorer.set(layer=layer, image=image, channel=channel, after=after)
            wanted = expected(net, data, layer, image, channel, after)
            check(explorer.outputs(), wanted)


def test_the_choice_has_all_layers(explored):
    explorer, net, data = explored
    options = explorer.control("Layer").locator("option").all_inner_texts()
    assert options == list(layers(net, data.val.values))


def test_sliders_end_where_the_layer_ends(explored):
    explorer, net, data = explored
    for layer, (_, module, outs) in layers(net, data.val.values).items():
        explorer.set(layer=layer, channel=0, after=0)
        assert explorer.control("Then").is_disabled() == (len(outs) == 1)
        with pytest.raises(Exception, match=f"Channel goes from 0 to {len(module.weight) - 1}"):
            explorer.set(channel=len(module.weight))
        with pytest.raises(Exception, match=f"Then goes from 0 to {len(outs) - 1}"):
            explorer.set(after=len(outs))
    first = next(iter(layers(net, data.val.values)))
    explorer.set(layer=layer, channel=9)
    explorer.set(layer=first)
    assert explorer.values()["channel"] == min(9, len(net.c1.weight) - 1)


def test_a_click_chooses_an_image_and_a_map(explored):
    explorer, net, data = explored
    layer, (_, _, outs) = next(iter(layers(net, data.val.values).items()))
    explorer.set(layer=layer, image=0, channel=0, after=0)
    size = data.pixels.shape[-1] + 1
    explorer.point("The images to choose from", 3, 4 * size + 5, press=True)
    assert explorer.values()["image"] == 4
    across = int(np.ceil(np.sqrt(outs[0].shape[1])))
    size = outs[0].shape[-1] + 1
    explorer.point("What comes out of all channels", 2 * size + 7, size + 7, press=True)
    assert explorer.values()["channel"] == 2 * across + 1
    check(explorer.outputs(), expected(net, data, layer, 4, 2 * across + 1, 0))
    mark = explorer.root.get_by_role("img", name="What comes out of all channels", exact=True).locator(
        "xpath=.."
    )
    mark = mark.locator("rect")
    assert [mark.get_attribute(key) for key in ("x", "y")] == [str(size), str(2 * size)]


def test_a_click_where_no_map_is_changes_nothing(show):
    explorer = show(layer_explorer(*built("CifarCNN")), "page")
    explorer.set(channel=3)
    explorer.point(
        "What comes out of all channels", 5 * 33 + 5, 5 * 33 + 5, press=True
    )  # behind the last map
    assert explorer.values()["channel"] == 3


def test_a_click_on_a_bar_chooses_a_class(explored):
    explorer, net, data = explored
    layer = list(layers(net, data.val.values))[-1]
    explorer.set(layer=layer, image=1, channel=0, after=0)
    explorer.root.locator(".bars").get_by_text("horse").click()
    explorer.settle()
    assert explorer.values()["channel"] == 7
    assert explorer.root.locator(".bars .chosen span").first.inner_text() == "horse"
    check(explorer.outputs(), expected(net, data, layer, 1, 7, 0))


def test_bars_go_left_of_zero_and_none_is_cut(explored):
    explorer, net, data = explored
    layer = list(layers(net, data.val.values))[-1]
    explorer.set(layer=layer, image=1, channel=0, after=0)
    explorer.settle()
    boxes = explorer.root.locator(".bars .track").evaluate_all("""tracks => tracks.map(track => {
      const [outer, bar] = [track, track.firstChild].map(node => node.getBoundingClientRect());
      return [bar.left, bar.right].map(x => (x - outer.left) / outer.width);
    })""")
    values = expected(net, data, layer, 1, 0, 0)["maps"]
    low, high = min(0, values.min()), max(1, values.max())
    wanted = (np.stack([np.minimum(values, 0), np.maximum(values, 0)], 1) - low) / (high - low)
    np.testing.assert_allclose(boxes, wanted, atol=0.02)


def test_keys_move_the_sliders(explored):
    explorer, net, data = explored
    layer = next(iter(layers(net, data.val.values)))
    explorer.set(layer=layer, image=2, channel=4, after=0)
    for label, key in (("Image", "ArrowRight"), ("Channel", "ArrowLeft"), ("Then", "End")):
        explorer.control(label).press(key)
    explorer.settle()
    last = len(layers(net, data.val.values)[layer][2]) - 1
    assert explorer.values() == {"layer": layer, "image": 3, "channel": 3, "after": last}
    check(explorer.outputs(), expected(net, data, layer, 3, 3, last))


def test_what_the_network_says(explored):
    explorer, net, data = explored
    explorer.set(image=5)
    explorer.settle()
    with torch.inference_mode():
        scores = net(data.val.values)[5].softmax(0)
    words = [f"{CLASSES[k]} ({100 * scores[k]:.0f} %)" for k in scores.topk(2).indices]
    wanted = f"The network says {words[0]}, then {words[1]}. True: horse."
    assert explorer.root.locator(".note").inner_text() == wanted


def test_start_over(explored):
    explorer, net, data = explored
    found = layers(net, data.val.values)
    explorer.set(layer=list(found)[-1], image=4, channel=8)
    explorer.root.get_by_role("button", name="Start over").click()
    explorer.settle()
    assert explorer.values() == {"layer": next(iter(found)), "image": 0, "channel": 0, "after": 0}
    check(explorer.outputs(), expected(net, data, next(iter(found)), 0, 0, 0))


def test_no_errors(explored):
    assert explored[0].page.page_errors == []


@pytest.mark.parametrize("name", CHANNELS)
def test_controls_sizes_and_a_phone(show, name):
    explorer = show(layer_explorer(*built(name)), "page")
    assert demo_checks.check(explorer.page, explorer.root) == []
    explorer.page.set_viewport_size({"width": demo_checks.NARROW, "height": 844})
    assert demo_checks.check_narrow(explorer.page, explorer.root) == []


class Strided(nn.Module):
    """A network with a padding of its own kind, batch norm, a dense layer of many classes and softmax."""

    def __init__(self, classes=10):
        super().__init__()
        self.first = nn.Conv2d(3, 5, 3, stride=2, padding=1, padding_mode="reflect")
        self.norm, self.dense = nn.BatchNorm2d(5), nn.Linear(5, classes)

    def forward(self, x):
        return self.dense(self.norm(self.first(x)).relu().mean((2, 3))).softmax(1)


def test_another_network_and_images_as_they_are(show):
    torch.manual_seed(2)
    net, data = Strided().eval(), dataset(3, 12, normalized=None)
    explorer = show(layer_explorer(net, data), "page")
    assert explorer.root.get_attribute("data-demo") == "layers-Strided"
    with torch.inference_mode():
        x = data.val.values
        first = net.first(x)
        after = [first, net.norm(first), net.norm(first).relu(), net.norm(first).relu().mean((2, 3))]
    for stage, values in enumerate(after):
        explorer.set(layer="first: conv 3×3", image=2, channel=4, after=stage)
        outputs = explorer.outputs()
        np.testing.assert_allclose(outputs["maps"], tiled(values[2].numpy()), atol=1e-5)
        np.testing.assert_allclose(outputs["input"], tiled(data.pixels[2]), atol=1e-6)
    explorer.set(layer="dense: dense", channel=1, after=1)
    outputs = explorer.outputs()
    np.testing.assert_allclose(outputs["maps"], net(x)[2].detach().numpy(), atol=1e-5)
    np.testing.assert_allclose(outputs["scores"], outputs["maps"])


class Twice(nn.Module):
    """A network that uses one convolution twice."""

    def __init__(self):
        super().__init__()
        self.same, self.dense = nn.Conv2d(3, 3, 3, padding=1), nn.Linear(3 * 12 * 12, 10)

    def forward(self, x):
        return self.dense(self.same(self.same(x)).flatten(1))


def test_a_layer_that_is_used_twice_stands_there_twice(show):
    torch.manual_seed(2)
    net, data = Twice().eval(), dataset(3, 12)
    explorer = show(layer_explorer(net, data), "page")
    explorer.set(layer="same (2): conv 3×3", image=1, channel=2)
    outputs = explorer.outputs()
    with torch.inference_mode():
        first = net.same(data.val.values)
        np.testing.assert_allclose(outputs["input"], tiled(first[1].numpy()), atol=1e-5)
        np.testing.assert_allclose(outputs["maps"], tiled(net.same(first)[1].numpy()), atol=1e-5)


@pytest.mark.parametrize("normalized", ["pixel", "channel", None])
def test_pictures_are_shown_as_they_were_before_they_were_normalized(show, normalized):
    torch.manual_seed(2)
    data = dataset(3, 12, normalized)
    explorer = show(layer_explorer(Strided().eval(), data), "page")
    for image in range(6):
        explorer.set(image=image)
        np.testing.assert_allclose(explorer.outputs()["image"], data.pixels[image], atol=1e-6)


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (cnn.SimpleCNN(), r"\(3, 12, 12\) does not fit SimpleCNN"),
        (nn.Sequential(nn.MaxPool2d(2), nn.Flatten()), "no convolution and no dense layer"),
        (Strided(classes=7), "not a score for each of 10 classes"),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.LocalResponseNorm(2)), "cannot compute 1 .LocalResponseNorm"),
    ],
)
def test_networks_that_cannot_be_shown_are_refused(net, message):
    with pytest.raises(ValueError, match=message):
        layer_explorer(net, dataset(3, 12))
