"""The closing questions have the answers that torch gives."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import cnn
from exercises import questions


def receptive_gradient(layers):
    """Return the gradient of one output of some 3x3 convolutions with respect to a column of the image."""
    image = torch.zeros(1, 1, 15, 15, requires_grad=True)
    result = image
    for _ in range(layers):
        result = F.conv2d(result, torch.ones(1, 1, 3, 3))
    return torch.autograd.grad(result[0, 0, 4, 4], image)[0][0, 0, :, 7]


def test_the_best_of_twenty_that_toss_coins():
    share = np.cumsum([math.comb(100, k) / 2**100 for k in range(101)]) ** 20  # at most k right, all twenty
    assert round((1 - share).sum()) == 59


def test_answers_agree_with_torch():
    image = torch.zeros(1, 1, 28, 28)
    wanted = [
        F.conv2d(image, torch.ones(1, 1, 5, 5)).shape[-1],
        F.conv2d(image, torch.ones(1, 1, 5, 5), padding=2, stride=2).shape[-1],
        0,
        -1,
        sum(p.numel() for p in nn.Conv2d(3, 32, 5).parameters()),
        round(F.unfold(image, 5).numel() / image.numel(), 1),
        cnn.SimpleCNN().f3.weight.numel() / cnn.PoolingCNN().f3.weight.numel(),
        F.max_pool2d(-torch.ones(1, 1, 8, 8), 3, 2, 1).max().item(),
        torch.tensor([3, 5, 5, 5, 8, 3, 5, 8, 5, 9]).mode().values.item(),
        sum(p.numel() for p in cnn.CifarCNN().parameters()),
        3,
        1,
        int((receptive_gradient(3) != 0).sum()),
        pytest.approx(F.batch_norm(torch.tensor([[3.0]]), torch.zeros(1), torch.ones(1)).item(), abs=1e-3),
        59,
        0,
    ]
    assert [question.answer for question in questions.questions()] == wanted


def test_the_page_shows_every_answer(monkeypatch):
    shown = []
    monkeypatch.setattr(questions, "display", shown.append)
    questions.show_questions()
    page = shown[0].data
    assert page.count("<details>") == len(questions.questions()) == 16
    for question in questions.questions():
        assert f"<b>{question.answer:,.7g}</b>" in page
