"""What a network looks at: Grad-CAM against autograd and by hand; covering, by covering the photograph."""

import numpy as np
import pytest
import torch
from torch import nn

import datasets
import imagenet
import resnet
import studies
from imagenet.evidence import GREY, PATCH, cover, grad_cam, places
from imagenet.pretrained import pretrained_lite0
from studies.first_kernels import draw_first_kernels, first_kernels


@pytest.fixture(scope="module")
def predicted():
    """What EfficientNet-Lite0 says to the cat and the coffee of scikit-image, and what it looks at."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "resnet50_weights", lambda: None)
        prediction = resnet.classify(datasets.load_coco()["images"][:2])
    return prediction, imagenet.evidence(prediction, cover_up=[1])


def test_grad_cam_of_any_head_is_its_definition():
    """By a hook in a whole network whose head is not linear, as the paper has it."""
    torch.manual_seed(0)
    head = nn.Sequential(nn.Conv2d(6, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(4 * 9, 7))
    features, ids = torch.randn(3, 6, 5, 5), [[0, 3], [6, 1], [2, 2]]
    maps = grad_cam(head, features, ids)
    assert maps.shape == (3, 2, 5, 5)
    for image, classes, found in zip(features, ids, maps, strict=True):
        for number, wanted in zip(classes, found, strict=True):
            activation = image[None].clone().requires_grad_()
            head(activation)[0, number].backward()
            alpha = activation.grad[0].sum((1, 2)) / 25
            by_hand = torch.einsum("k,krc->rc", alpha, image).clamp(min=0)
            np.testing.assert_allclose(wanted, by_hand, atol=1e-6)
    assert (maps == 0).any() and (maps > 0).any()


def test_grad_cam_after_pooling_shares_out_the_logit(predicted):
    """Where a head is mean and matrix, the maps before the cut at zero add up to the logit without its bias."""
    prediction, evidence = predicted
    lite0 = pretrained_lite0()
    weight, bias = lite0.net.classifier.weight.detach(), lite0.net.classifier.bias.detach()
    values = lite0.normalized(prediction[1].transpose(0, 3, 1, 2))[:]
    with torch.inference_mode():
        logits = lite0.net(values)
    for image, guesses in enumerate(prediction[2]):
        for place, (number, _) in enumerate(guesses):
            shares = torch.einsum("k,krc->rc", weight[number], prediction.features[image]) / 49
            np.testing.assert_allclose(evidence.maps[image, place], shares.clamp(min=0), atol=1e-5)
            torch.testing.assert_close(
                shares.sum() + bias[number], logits[image, number], atol=1e-3, rtol=1e-3
            )


def test_covered_scores_are_those_of_the_covered_photograph(predicted):
    prediction, evidence = predicted
    (number,), begins = evidence.covered, places()
    scores, ids = evidence.covered[number], [guess.id for guess in prediction[2][number]]
    assert number == 1 and scores.shape == (len(begins), len(begins), 5)
    lite0 = pretrained_lite0()
    for row, column in ((0, 0), (2, 3), (4, 1)):
        image = prediction[1][number].copy()
        image[begins[row] : begins[row] + PATCH, begins[column] : begins[column] + PATCH] = GREY
        with torch.inference_mode():
            wanted = lite0.net((torch.from_numpy(image).permute(2, 0, 1)[None] - 127.0) / 128).softmax(1)[
                0, ids
            ]
        np.testing.assert_allclose(scores[row, column], wanted, atol=1e-4)
    assert begins[-1] + PATCH == 224


def test_the_espresso_is_in_the_cup(predicted):
    """Covering the coffee costs more than covering the saucer's rim below, and the evidence lies about it."""
    evidence = predicted[1]
    espresso, maps = evidence.covered[1][..., 0], evidence.maps[1, 0]
    assert espresso[:2, 1:3].mean() < espresso[-1].mean() - 0.1
    assert maps[:4].mean() > maps[4:].mean()


def test_covering_leaves_the_photograph_alone(predicted):
    prediction, _ = predicted
    image = prediction[1][0].copy()
    cover(prediction.network, image, [0])
    np.testing.assert_array_equal(image, prediction[1][0])


def test_no_such_photograph(predicted):
    with pytest.raises(ValueError, match="there are photographs 0 to 1, but parts of"):
        imagenet.evidence(predicted[0], cover_up=[2])
    with pytest.raises(ValueError, match=r"must be what resnet\.classify returned"):
        imagenet.evidence(tuple(predicted[0]))


def test_first_kernels_are_the_network_s_own(capsys):
    lite0 = pretrained_lite0()
    kernels, weights = first_kernels(lite0.net), lite0.net.stem[0][0].weight.detach().numpy()
    assert kernels.shape == (32, 3, 3, 3)
    for kernel, weight in zip(kernels, weights, strict=True):
        assert np.abs(kernel).max() == 1
        np.testing.assert_allclose(kernel * np.abs(weight).max(), weight, rtol=1e-6)
    bank, colours = draw_first_kernels(lite0).axes
    assert bank.get_title() == "Leung and Malik:\n48 filters"
    assert colours.get_title() == "EfficientNet-Lite0:\n32 kernels, 3x3"
    width, height = bank.figure.get_size_inches()
    assert width <= 1.25 * height, "the page makes wider pictures scroll sideways on a phone"
    with pytest.raises(ValueError, match="Linear has no convolution"):
        studies.show_first_kernels(lite0._replace(net=nn.Linear(2, 2)))
