"""The learned kernel takes the steps that torch's SGD takes."""

import numpy as np
import pytest
import torch
from shown import PLACES
from torch.nn import functional as F

import filters
from demos.learned_kernel import learned_kernel

rng = np.random.default_rng(0)
IMAGES = np.zeros((2, 12, 11), np.float32)
IMAGES[:, 2:10, 3:9] = (rng.random((2, 8, 6)) * 255).round() / 255
EDGES, NOISE, LARGER, YES_OR_NO = "edges", "edges, with noise", "edges by 5×5", "edges, yes or no"
EDGE = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]], np.float32) / 8
STEPS, PER_FRAME = 400, 5


@pytest.fixture(scope="module", params=PLACES)
def demo(request, show):
    return show(learned_kernel(IMAGES, "Noise"), request.param)


def apart(mosaic, count):
    """Return the pictures of a mosaic in one row, (count, rows, columns)."""
    columns = (mosaic.shape[1] + 1) // count - 1
    return np.stack([mosaic[:, k * (columns + 1) :][:, :columns] for k in range(count)])


def by_torch(kernel, wanted, rate, steps=STEPS):
    """Return the kernels and losses of plain SGD on all pairs at once, after 0, 1, ... steps."""
    weights = torch.nn.Parameter(torch.from_numpy(kernel.copy())[None, None])
    optimizer = torch.optim.SGD([weights], lr=rate)
    images, targets = torch.from_numpy(IMAGES)[:, None], torch.from_numpy(wanted)[:, None]
    kernels, losses = [], []
    for _ in range(steps + 1):
        loss = F.mse_loss(F.conv2d(images, weights), targets)
        kernels.append(weights.detach()[0, 0].numpy().copy())
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return kernels, losses


@pytest.mark.parametrize("wanted", [EDGES, NOISE, LARGER, YES_OR_NO])
@pytest.mark.parametrize("rate", [0.1, 0.4])
def test_steps_are_those_of_sgd(demo, wanted, rate):
    demo.set(wanted=wanted, rate=rate, frame=0)
    outputs = demo.outputs()
    targets = apart(outputs["wanted"], len(IMAGES))
    kernels, losses = by_torch(outputs["kernel"], targets, rate)
    np.testing.assert_allclose(outputs["loss"], losses, atol=2e-6, rtol=1e-3)
    for frame in (0, 1, 7, STEPS // PER_FRAME):
        demo.set(frame=frame)
        shown, kernel = demo.outputs("kernel", "responses"), kernels[frame * PER_FRAME]
        np.testing.assert_allclose(shown["kernel"], kernel, atol=1e-4)
        responses = [filters.convolve(image, kernel) for image in IMAGES]
        np.testing.assert_allclose(apart(shown["responses"], len(IMAGES)), responses, atol=1e-4)


def test_what_is_wanted(demo):
    wanted = {}
    for name in (EDGES, NOISE, LARGER, YES_OR_NO):
        demo.set(wanted=name)
        wanted[name] = apart(demo.outputs("wanted")["wanted"], len(IMAGES))
    edges = np.stack([filters.convolve(image, EDGE) for image in IMAGES])
    larger = [filters.convolve(image, filters.horizontal_edge_kernel, padding=1) for image in IMAGES]
    np.testing.assert_allclose(wanted[EDGES], edges, atol=1e-6)
    np.testing.assert_allclose(wanted[LARGER], larger, atol=1e-6)
    np.testing.assert_array_equal(wanted[YES_OR_NO], edges > 0.2)
    noise = wanted[NOISE] - edges
    assert abs(noise.mean()) < 0.03 and 0.08 < noise.std() < 0.12


def test_the_edge_kernel_is_recovered_and_what_no_kernel_can_do_is_not(demo):
    patches = np.concatenate([filters.im2col(image, 3).T for image in IMAGES])
    demo.set(rate=0.8, frame=80)
    errors = {}
    for name in (EDGES, NOISE, LARGER, YES_OR_NO):
        demo.set(wanted=name)
        outputs = demo.outputs()
        targets = apart(outputs["wanted"], len(IMAGES)).ravel()
        best = np.linalg.lstsq(patches, targets, rcond=None)[0]
        np.testing.assert_allclose(outputs["kernel"].ravel(), best, atol=0.01)  # the descent has arrived
        errors[name] = outputs["loss"][-1] / np.mean(targets**2)
        np.testing.assert_array_equal(
            outputs["truth"], filters.horizontal_edge_kernel if name == LARGER else EDGE
        )
        said = demo.root.locator(".note").inner_text()
        assert said.startswith("After 400 steps") and ("less than 0.1 %" in said) == (name == EDGES)
    demo.set(wanted=EDGES)
    np.testing.assert_allclose(demo.outputs("kernel")["kernel"], EDGE, atol=0.01)
    assert errors[EDGES] < 1e-3 and min(errors[NOISE], errors[LARGER], errors[YES_OR_NO]) > 0.05


def test_steps_that_are_too_long_are_said(show):
    demo = show(learned_kernel(np.ones((1, 9, 9)), "White"), "page")
    demo.set(rate=1.5, frame=80)
    assert "too long" in demo.root.locator(".note").inner_text()
    assert np.isfinite(demo.outputs("loss")["loss"]).all()
    demo.set(rate=0.1)
    assert "too long" not in demo.root.locator(".note").inner_text()
    assert demo.page.page_errors == []


def test_play_and_the_curve(demo):
    demo.root.get_by_role("button", name="Start over").click()
    demo.root.get_by_role("button", name="Play").click()
    demo.page.wait_for_timeout(800)
    demo.root.get_by_role("button", name="Pause").click()
    assert demo.values()["frame"] > 2
    curve = demo.root.get_by_role("img", name="The loss by step").bounding_box()
    demo.page.mouse.click(curve["x"] + curve["width"] / 2, curve["y"] + curve["height"] / 2)
    demo.settle()
    assert demo.values()["frame"] == 40


def test_no_errors(demo):
    assert demo.page.page_errors == []


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((28, 28)), r"\(count, rows, columns\)"),
        (np.zeros((7, 28, 28)), "one to 6"),
        (np.ones((1, 4, 9)), "at least 5x5"),
        (np.zeros((1, 9, 9)), "all be black"),
        (np.full((1, 9, 9), 2), "from 0 to 1"),
    ],
)
def test_what_cannot_be_shown_is_refused(images, message):
    with pytest.raises(ValueError, match=message):
        learned_kernel(images, "Images")
