"""The weights' player shows the kernels of each epoch as NumPy scales them."""

from itertools import product

import numpy as np
import pytest
import torch
from shown import PLACES

from demos.weights_by_epoch import weights_player

generator = torch.Generator().manual_seed(0)
EPOCHS = 5


def snapshots(*shape, dtype=torch.float16):
    """Return snapshots of kernels that drift away from zero."""
    steps = torch.randn((EPOCHS, *shape), generator=generator).cumsum(0).mul(0.2).to(dtype)
    accuracy = (0.1, 0.5, 0.45, 0.7, 0.75)
    return [{"epoch": k, "weights": steps[k], "val_accuracy": accuracy[k]} for k in range(EPOCHS)]


RUNS = {"colour": snapshots(9, 3, 5, 4), "grey": snapshots(9, 1, 5, 5, dtype=torch.float32)}
ACROSS = 5  # in the mosaic
MOSAIC, LARGE = "The kernels of the first layer", "The chosen kernel, large"


@pytest.fixture(scope="module", params=product(PLACES, RUNS), ids="-".join)
def player(request, show):
    place, run = request.param
    shown = show(weights_player(RUNS[run]), place)
    shown.run = run
    return shown


def expected(run, epoch, kernel, contrast):
    """Return what is drawn, by NumPy."""
    weights = np.stack([snapshot["weights"].double().numpy() for snapshot in RUNS[run]])
    limit = np.abs(weights[epoch]).max(axis=(1, 2, 3), keepdims=True) if contrast else np.abs(weights).max()
    shown = weights[epoch] / limit if contrast else weights[epoch]
    if run == "colour":
        shown = 0.5 + 0.5 * weights[epoch] / limit
    count, depth, rows, columns = shown.shape
    down = -(-count // ACROSS)
    mosaic = np.full((depth, down * (rows + 1) - 1, ACROSS * (columns + 1) - 1), np.nan)
    for k, values in enumerate(shown):
        top, left = (k // ACROSS) * (rows + 1), (k % ACROSS) * (columns + 1)
        mosaic[:, top : top + rows, left : left + columns] = values
    moved = np.sqrt((np.diff(weights[:, kernel], axis=0) ** 2).mean(axis=(1, 2, 3)))
    return {
        "kernels": mosaic if depth == 3 else mosaic[0],
        "kernel": shown[kernel] if depth == 3 else shown[kernel, 0],
        "accuracy": np.array([snapshot["val_accuracy"] for snapshot in RUNS[run]]),
        "change": np.concatenate([[0], moved]),
    }


def check(player, **values):
    outputs, wanted = player.outputs(), expected(player.run, **values)
    assert outputs.keys() == wanted.keys()
    for name, array in wanted.items():
        np.testing.assert_allclose(outputs[name], array, atol=1e-4, rtol=0, err_msg=name)


def test_every_epoch(player):
    assert player.values()["epoch"] == EPOCHS - 1, "it opens on the trained kernels"
    for epoch, kernel, contrast in product(range(EPOCHS), (0, 4, 8), (False, True)):
        player.set(epoch=epoch, kernel=kernel, contrast=contrast)
        check(player, epoch=epoch, kernel=kernel, contrast=contrast)


def test_the_key_names_the_ends_of_the_colours(player):
    largest = max(float(snapshot["weights"].abs().max()) for snapshot in RUNS[player.run])
    for contrast, text in ((True, "largest"), (False, f"{largest:.2f}")):
        player.set(contrast=contrast)
        key = player.root.locator(".key").inner_text()
        assert f"−{text}" in key and f"+{text}" in key
    assert ("grey: 0" in key) == (player.run == "colour")


def test_pointing_at_a_kernel_chooses_it_and_so_do_the_keys(player):
    player.set(epoch=2, kernel=0, contrast=False)
    rows, columns = RUNS[player.run][0]["weights"].shape[2:]
    player.point(MOSAIC, rows + 3, 2 * (columns + 1) + 1)
    assert player.values()["kernel"] == 7
    check(player, epoch=2, kernel=7, contrast=False)
    player.control("Kernel").press("ArrowRight")
    player.settle()
    check(player, epoch=2, kernel=8, contrast=False)


def test_a_hole_of_the_mosaic_chooses_nothing(player):
    rows, columns = RUNS[player.run][0]["weights"].shape[2:]
    player.set(kernel=3)
    player.point(MOSAIC, rows + 3, 4 * (columns + 1) + 2)
    assert player.values()["kernel"] == 3


def test_pressing_a_curve_goes_to_the_epoch(player):
    player.set(epoch=0, kernel=1, contrast=True)
    for name, epoch in (
        ("Validation accuracy by epoch", 3),
        ("The change of the chosen kernel in each epoch", 1),
    ):
        plot = player.root.get_by_role("img", name=name)
        plot.scroll_into_view_if_needed()
        box = plot.bounding_box()
        player.page.mouse.click(box["x"] + box["width"] * epoch / (EPOCHS - 1), box["y"] + box["height"] / 2)
        player.settle()
        check(player, epoch=epoch, kernel=1, contrast=True)


def test_it_plays_to_the_end_and_steps(player):
    player.set(epoch=EPOCHS - 2)
    player.root.get_by_label("Speed").select_option("4")
    player.root.get_by_role("button", name="Play").click()
    for _ in range(100):
        if player.root.get_by_role("button", name="Play").count():
            break
        player.page.wait_for_timeout(50)
    assert player.values()["epoch"] == EPOCHS - 1
    player.root.get_by_role("button", name="One step back").click()
    player.settle()
    assert player.values()["epoch"] == EPOCHS - 2
    player.control("Epoch").press("Home")
    player.settle()
    check(player, epoch=0, kernel=player.values()["kernel"], contrast=player.values()["contrast"])


def test_start_over(player):
    player.set(epoch=1, kernel=2, contrast=False)
    player.root.get_by_role("button", name="Start over").click()
    player.settle()
    last = RUNS[player.run][-1]["weights"].abs().flatten(1).amax(1)
    assert player.values() == {"epoch": EPOCHS - 1, "kernel": int(last.argmax()), "contrast": True}


def test_values_out_of_range_are_errors(player):
    with pytest.raises(Exception, match=f"Epoch goes from 0 to {EPOCHS - 1}"):
        player.set(epoch=EPOCHS)
    with pytest.raises(Exception, match="Kernel goes from 0 to"):
        player.set(kernel=len(RUNS[player.run][0]["weights"]))


def test_no_errors(player):
    assert player.page.page_errors == []


def test_one_snapshot_of_one_kernel(show):
    run = [{"epoch": 0, "weights": torch.tensor([[[[1.0, -2.0]]]]), "val_accuracy": 0.5}]
    player = show(weights_player(run), "page")
    assert player.control("Kernel").is_disabled()
    np.testing.assert_allclose(player.outputs()["kernels"], [[0.5, -1]])


def test_only_what_is_half_precision_already_is_sent_so():
    half, full = (weights_player(RUNS[run]).data["kernels"]["$"] for run in ("colour", "grey"))
    assert (half, full) == ("float16", "float32")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([], "there are none"),
        ([{"weights": torch.zeros(2, 1, 3, 3), "val_accuracy": 0.5}], "snapshot 0 has no 'epoch'"),
        ([{"epoch": 0, "weights": torch.zeros(2, 4, 3, 3), "val_accuracy": 0.5}], "must be of shape"),
        ([{"epoch": 0, "weights": torch.zeros(9, 9), "val_accuracy": 0.5}], "must be of shape"),
        ([RUNS["colour"][0], RUNS["grey"][1]], "must be of shape"),
        ([{**RUNS["grey"][0], "val_accuracy": 81.8}], "val_accuracy goes from 0 to 1"),
        ([{**RUNS["grey"][0], "weights": torch.full((2, 1, 3, 3), torch.nan)}], "finite numbers"),
    ],
)
def test_what_are_no_snapshots_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        weights_player(wrong)
