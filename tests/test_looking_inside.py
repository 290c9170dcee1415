"""What filters look for: the patches really are those that excite most, and the made ones excite more."""

import numpy as np
import pytest
import torch
from torch import nn

import cnn
from datasets import MulticlassDataset
from studies import looking_inside
from studies.looking_inside import Probe, exciting_patches, made_patches


@pytest.fixture(scope="module")
def cifar():
    return MulticlassDataset.cifar().subset(range(50)).normalize().to_torch()


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return cnn.CifarCNN()


@pytest.fixture(scope="module")
def probe(net, cifar):
    return Probe(net, cifar, "c3")


def alone(net, cifar, patches):
    """Return what C3's unit gives that sees just these patches, by layers on the patches alone, without padding."""
    values = torch.as_tensor((np.asarray(patches) - cifar.mean) / cifar.std)
    with torch.no_grad():
        maps = nn.functional.conv2d(values, net.c1.weight, net.c1.bias)
        maps = nn.functional.max_pool2d(maps, 3, stride=2).relu()
        return nn.functional.conv2d(maps, net.c3.weight, net.c3.bias)[..., 0, 0]


def test_a_unit_gives_the_same_for_its_patch_alone(net, cifar, probe):
    chosen, found = exciting_patches(probe, images=120, filters=4, count=3)
    made = made_patches(probe, chosen, steps=5)
    for k, number in enumerate(chosen):
        np.testing.assert_allclose(
            alone(net, cifar, found.patches[k])[:, number], found.activations[k], atol=1e-4
        )
        np.testing.assert_allclose(
            alone(net, cifar, made.patches[k])[:, number], made.activations[k], atol=1e-4
        )


def test_no_other_patch_excites_more(net, cifar, probe):
    images, count = 110, 3
    chosen, found = exciting_patches(probe, images, filters=32, count=count)
    assert sorted(chosen) == list(range(32))
    assert (np.diff(found.activations[:, 0]) <= 0).all() and (np.diff(found.activations, axis=1) <= 0).all()
    kept = {}
    handle = net.c3.register_forward_hook(lambda module, inputs, output: kept.update(maps=output))
    with torch.no_grad():
        net(torch.as_tensor(cifar.val.values[:images]))
    handle.remove()
    peaks = kept["maps"][:, :, 3:12, 3:12].amax(
        (2, 3)
    )  # boxes of 15 from -6 + 2 · 3 = 0 to -6 + 2 · 11 + 15 = 31
    best = peaks.sort(0, descending=True).values[:count].T[chosen.copy()]
    np.testing.assert_allclose(found.activations, best, atol=1e-4)
    assert found.patches.shape == (32, count, 3, 15, 15)
    assert found.patches.min() >= 0 and found.patches.max() <= 1


def test_a_made_patch_reaches_the_most_that_a_linear_filter_can_give(net, cifar):
    """Of one convolution the best patch is known: white (or 1) where a weight is positive, else black (0)."""
    probe = Probe(net, cifar, "c1")
    made = made_patches(probe, np.arange(4), steps=60)
    weights = net.c1.weight[:4].detach() / torch.as_tensor(cifar.std)
    least = (weights * torch.as_tensor(cifar.mean)).sum((1, 2, 3))
    most = net.c1.bias[:4].detach() - least + weights.clamp_min(0).sum((1, 2, 3))
    np.testing.assert_allclose(made.activations[:, 0], most, rtol=0.02)
    assert (((made.patches[:, 0] > 0.5) == (weights > 0).numpy()).mean()) > 0.95


def test_made_patches_excite_more_than_what_is_found(probe):
    chosen, found = exciting_patches(probe, images=100)
    made = made_patches(probe, chosen)
    assert (made.activations[:, 0] > found.activations[:, 0]).all()
    assert made.patches.min() >= 0 and made.patches.max() <= 1


def test_the_network_is_left_as_it_is_and_the_figure_drawn(net, cifar, probe):
    before = {name: values.clone() for name, values in net.state_dict().items()}
    chosen, found = exciting_patches(probe, images=60)
    made = made_patches(probe, chosen, steps=2)
    fig = looking_inside.draw_looking_inside(chosen, made, found, "CIFAR")
    share = (made.activations[:, 0] / found.activations[:, 0]).mean()
    assert f"{share:.1f}" in fig.axes[0].get_title()
    assert [text.get_text() for text in fig.axes[0].texts] == [str(number) for number in chosen]
    assert net.training and all(weights.requires_grad for weights in net.parameters())
    assert all(torch.equal(values, before[name]) for name, values in net.state_dict().items())
    assert not net.c3._forward_hooks


@pytest.mark.parametrize(
    ("name", "message"), [("c5", "all units of c5 see padding"), ("c4", "no layer 'c4'")]
)
def test_layers_that_cannot_be_shown_are_refused(net, cifar, name, message):
    with pytest.raises(ValueError, match=message):
        Probe(net, cifar, name)
