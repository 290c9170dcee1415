"""What a unit sees of the image, as the page finds it, against what changes it in torch."""

import networks
import page_modules
import pytest
import torch

import cnn
from demos.glass_box import named_layers
from demos.page.network import network_steps

NETWORKS = {
    "PoolingCNN": (cnn.PoolingCNN, (1, 28, 28)),
    "CifarCNN": (cnn.CifarCNN, (3, 32, 32)),
    "Separable": (networks.Separable, (3, 32, 32)),
    **{
        f"seed {seed}": (lambda seed=seed: networks.Generated(seed, (3, 17, 14)), (3, 17, 14))
        for seed in range(12)
    },
}


@pytest.fixture(scope="module")
def modules(chromium):
    return page_modules.Modules(chromium)


def reached(values, unit):
    """Return for each image whether its NaN has reached a unit."""
    return torch.isnan(values[(slice(None), *unit[: values.ndim - 1])])


@pytest.mark.filterwarnings("ignore:Using padding=.same")
@pytest.mark.parametrize("name", NETWORKS)
def test_receptive_fields(modules, name):
    """NaNs in one row reach just the units that depend on a pixel of the row; and so with columns."""
    make, shape = NETWORKS[name]
    net = networks.settled(make())
    steps = network_steps(net, shape)
    rows, columns = shape[1:]
    batch = torch.zeros(rows + columns, *shape)
    batch[torch.arange(rows), :, torch.arange(rows)] = torch.nan
    batch[rows + torch.arange(columns), :, :, torch.arange(columns)] = torch.nan
    found, seen = {}, {}
    for each, values in networks.recorded(net, batch):
        seen[each] = seen.get(each, 0) + 1
        found[each if seen[each] == 1 else f"{each} {seen[each]}"] = values
    calls, wanted = [], []
    for layer in named_layers(net, steps):
        if layer["name"] not in found:
            continue
        values = found[layer["name"]]
        size = (*values.shape[1:], 1, 1)[:3]
        for share in (0, 0.4, 0.999):
            unit = [int(share * length) for length in size]
            dependent = [places.nonzero() for places in reached(values, unit).split([rows, columns])]
            calls.append([layer["step"], [[place, place + 1] for place in unit]])
            ends = [[places.min().item(), places.max().item() + 1] for places in dependent if len(places)]
            wanted.append(ends or None)
    assert len(calls) >= 3 * len(list(net.children()))
    shown = modules.call("windows.js", "receptiveField", calls, first=[steps])
    for (step, unit), box, field in zip(calls, shown, wanted, strict=True):
        text = getattr(net, "text", name)
        where = (steps[step]["name"], unit, text)
        assert box is not None or field is None, where
        if field and "dilation=2" not in text and "dilation=(" not in text:
            assert box[1:] == field, where
        elif field:
            assert all(a <= c and b >= d for (a, b), (c, d) in zip(box[1:], field, strict=True)), where
