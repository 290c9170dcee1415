"""The glass box shows what torch computes: every layer, every number's arithmetic, whatever is drawn or changed."""

from functools import cache

import networks
import numpy as np
import pytest
import torch
from networks import all_activations, settled

import cnn
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
        outputs = shown.outputs()
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
