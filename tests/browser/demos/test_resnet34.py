"""The ResNet-34 player shows torchvision's numbers."""

import re

import numpy as np
import pytest
import torch
import torchvision
from shown import PLACES
from torch import nn

from demos.resnet34 import INPUT, resnet34_player, steps_of

DIAGRAM = "ResNet-34, built up to the chosen step"
MEASURE = """diagram => {
  const outer = diagram.getBoundingClientRect(), scale = diagram.viewBox.baseVal.width / outer.width;
  const margins = [...diagram.querySelectorAll(".box")].map(box => {
    const [own, text] = [box, box.nextSibling].map(node => node.getBoundingClientRect());
    const leading = 3;  // above and below the letters
    return Math.min(text.left - own.left, own.right - text.right, text.top + leading - own.top,
      own.bottom + leading - text.bottom);
  });
  const inside = [...diagram.querySelectorAll("*")].map(node => node.getBoundingClientRect())
    .every(box => box.left >= outer.left - 2 && box.right <= outer.right + 2 && box.bottom <= outer.bottom + 2);
  const sizes = [...diagram.querySelectorAll("text")].map(text => Number(text.getAttribute("font-size")));
  return { scale, inside, margin: Math.min(...margins), smallest: Math.min(...sizes) };
}"""


@pytest.fixture(scope="module")
def steps():
    """(name, modules) of each step, in the order in which they run: what counts and what the image passes through."""
    with torch.device("meta"):
        net = torchvision.models.resnet34(weights=None)
    stages = [net.layer1, net.layer2, net.layer3, net.layer4]
    blocks = [
        (f"block {k} of 16", [block]) for k, block in enumerate((b for s in stages for b in s), start=1)
    ]
    stem = [("conv 7×7", [net.conv1, net.bn1]), ("max pool 3×3", [net.maxpool])]
    return [*stem, *blocks, ("avg pool 7×7", [net.avgpool]), ("dense", [net.fc])]


@pytest.fixture(scope="module", params=PLACES)
def player(request, show):
    return show(resnet34_player(), request.param)


def weighted(module):
    """Return the layers of a step that a textbook counts: those with weights, but neither shortcut nor batch norm."""
    found = module.named_modules()
    return [
        part for name, part in found if isinstance(part, (nn.Conv2d, nn.Linear)) and "downsample" not in name
    ]


@pytest.fixture(scope="module")
def fields():
    """Rows of pixels that change the middle unit behind some of the steps, by its gradient.

    All weights are positive and nothing is lost in a ReLU or a maximum, so no gradient cancels.
    """
    net = torchvision.models.resnet34(weights=None).eval()
    for part in net.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.constant_(part.weight, 1 / part.weight[0].numel())
    modules = [net.conv1, nn.AvgPool2d(3, 2, 1), *net.layer1, *net.layer2, *net.layer3, *net.layer4]
    found = {}
    for k, rows in {0: 32, 1: 32, 2: 64, 4: 128, 5: 160, 9: 400, 14: 800}.items():
        pixels = torch.ones(1, 3, rows, 8, requires_grad=True)
        units = nn.Sequential(*modules[: k + 1])(pixels)
        (gradient,) = torch.autograd.grad(units[0, 0, units.shape[2] // 2, 0], pixels)
        reached = gradient.abs().sum((0, 1, 3)).nonzero()
        found[k] = int(reached.max() - reached.min()) + 1
    return found


def test_it_opens_on_the_whole_network(player, steps):
    assert player.values() == {"step": len(steps) - 1}
    text = player.root.inner_text()
    assert "34 of 34 layers · 21.80 million parameters" in text and "more than the image has" in text


def test_layers_and_parameters_of_each_step(player, steps):
    layers = parameters = 0
    for k, (name, modules) in enumerate(steps):
        layers += sum(len(weighted(module)) for module in modules)
        parameters += sum(weights.numel() for module in modules for weights in module.parameters())
        player.set(step=k)
        outputs = player.outputs()
        assert (outputs["layers"], outputs["parameters"]) == (layers, parameters), name
        assert name in player.root.locator(".control output").inner_text()
        assert (
            f"{layers} of 34 layers · {parameters / 1e6:.2f} million"
            in player.root.locator(".note").inner_text()
        )
        lit = player.root.locator("[data-step]").evaluate_all(
            "groups => groups.map(group => group.style.opacity)"
        )
        assert lit == ["1"] * (k + 1) + ["0.2"] * (len(steps) - k - 1)


def test_boxes_are_the_shapes_that_torchvision_computes(player, steps):
    shapes, strides = [], []
    image = torch.empty(1, *INPUT, device="meta")
    for name, modules in steps:
        layers = [layer for module in modules for layer in weighted(module) or [module]]
        layers = [layer for layer in layers if not isinstance(layer, nn.BatchNorm2d)]
        hooks = [
            layer.register_forward_hook(
                lambda layer, inputs, output: shapes.append((*output.shape[1:], 1, 1)[:3])
            )
            for layer in layers
        ]
        strides += [np.ravel(getattr(layer, "stride", 1))[0] for layer in layers]
        image = image.flatten(1) if name == "dense" else image
        for module in modules:
            image = module(image)
        for hook in hooks:
            hook.remove()
    for k in (0, 5, len(steps) - 1):
        player.set(step=k)
        boxes = player.outputs()["boxes"]
        np.testing.assert_array_equal(boxes[:, :4], np.column_stack([shapes, strides]))
        assert boxes[:, 4].sum() == sum(2 if name.startswith("block") else 1 for name, _ in steps[: k + 1])


def test_shortcuts_are_dashed_where_the_shape_changes(player, steps):
    player.set(step=9)
    blocks = [modules[0] for name, modules in steps if name.startswith("block")]
    dashed = [block.downsample is not None for block in blocks]
    np.testing.assert_array_equal(player.outputs()["shortcuts"], np.column_stack([dashed, np.arange(16) < 8]))
    assert player.root.locator("[data-step] path[stroke-dasharray]").count() == sum(dashed) == 3


def test_fields_are_those_that_gradients_reach(player, fields):
    for k, rows in fields.items():
        player.set(step=k)
        assert player.outputs()["field"] == rows, k


def test_a_click_on_a_block_goes_to_it_and_so_do_the_keys(player):
    for k in (11, 0, 19):
        player.root.locator(f'[data-step="{k}"] text').last.click()
        player.settle()
        assert player.values() == {"step": k}
    slider = player.control("Built up to")
    slider.press("ArrowLeft")
    slider.press("ArrowLeft")
    player.settle()
    assert player.values() == {"step": 17}
    assert player.outputs()["layers"] == 33


def test_start_over(player):
    player.set(step=3)
    player.root.get_by_role("button", name="Start over").click()
    player.settle()
    assert player.values() == {"step": 19} and player.outputs()["layers"] == 34


def test_steps_out_of_range_are_errors(player):
    with pytest.raises(Exception, match="Built up to goes from 0 to 19"):
        player.set(step=20)


@pytest.fixture(scope="module")
def page_player(show):
    return show(resnet34_player(), "page")


@pytest.mark.parametrize("width", [390, 720, 850, 1000, 1920])
def test_letters_are_large_and_in_their_boxes_at_every_width(page_player, width):
    page_player.page.set_viewport_size({"width": width, "height": 900})
    page_player.settle()
    page_player.settle()
    found = page_player.root.get_by_role("img", name=DIAGRAM).evaluate(MEASURE)
    assert abs(found["scale"] - 1) < 0.01
    assert found["smallest"] >= 13
    assert found["inside"]
    assert found["margin"] > 0, "letters stick out of their box"


def test_no_errors(player):
    assert player.page.page_errors == []


def test_steps_of_another_residual_network(steps):
    with torch.device("meta"):
        net = torchvision.models.resnet18(weights=None)
    found = steps_of(net, (3, 64, 64))
    assert [len(step["layers"]) for step in found] == [1, 1, *[2] * 8, 1, 1]
    parameters = sum(layer["parameters"] for step in found for layer in step["layers"])
    parameters += sum(step["shortcut"] or 0 for step in found)
    assert parameters == sum(weights.numel() for weights in net.parameters())
    assert re.fullmatch("conv 7×7", found[0]["layers"][0]["does"])
