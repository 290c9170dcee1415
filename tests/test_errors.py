"""Confusions counted by hand, and the number of images that tells two accuracies apart by drawing lots."""

import numpy as np
import pytest
import torch
from few import first

import cnn
from studies import errors


def test_a_confusion_matrix_counts_pairs():
    labels, answers = [0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 0, 0]
    assert errors.confusion_matrix(answers, labels, 4).tolist() == [
        [1, 1, 0, 0],
        [0, 1, 0, 0],
        [2, 0, 1, 0],
        [0, 0, 0, 0],
    ]


def test_so_many_images_tell_four_times_of_five():
    """Of many draws of two networks' right answers 80 % have an interval of the difference above 0."""
    count = errors.images_to_tell(0.81, 0.86)
    rng = np.random.default_rng(0)
    one, other = (rng.binomial(count, share, 20_000) / count for share in (0.81, 0.86))
    half = errors.NORMAL_95 * np.sqrt((one * (1 - one) + other * (1 - other)) / count)
    assert np.mean(other - one > half) == pytest.approx(0.8, abs=0.02)


def test_the_surest_mistakes_come_first(mnist):
    dataset, net = first(mnist, 10, 200), cnn.SimpleCNN().eval()
    with torch.no_grad():
        probabilities = net(torch.as_tensor(np.asarray(dataset.val.values))).softmax(1).numpy()
    answers, labels = probabilities.argmax(1), np.asarray(dataset.val.labels)
    wrong = [(-probabilities[i].max(), i) for i in range(200) if answers[i] != labels[i]]
    wanted = [i for _, i in sorted(wrong)[:5]]
    found, sureness = errors.surest_mistakes(net, dataset, answers, 5)
    assert found.tolist() == wanted
    np.testing.assert_allclose(sureness, probabilities[wanted].max(1), rtol=1e-5)
    assert (np.diff(sureness) <= 0).all()


def test_what_is_drawn_is_what_was_counted(mnist):
    dataset, net = first(mnist, 10, 60), cnn.SimpleCNN().eval()
    answers = np.arange(60) % 10
    matrix = errors.confusion_matrix(answers, dataset.val.labels, 10)
    mistakes, sureness = errors.surest_mistakes(net, dataset, answers)
    fig = errors.draw_errors(dataset, matrix, mistakes, answers, sureness)
    ax = fig.subfigs[0].axes[0]
    assert [int(text.get_text()) for text in ax.texts] == matrix.ravel().tolist()
    titles = [ax.get_title() for ax in fig.subfigs[1].axes]
    assert len(titles) == errors.SHOWN and all("\n" in title for title in titles)
    assert str(dataset.label_names[answers[mistakes[0]]]) in titles[0]
