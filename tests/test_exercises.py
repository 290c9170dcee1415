"""Each exercise: its solution is right, its typical mistakes are told apart, and its hints give nothing away."""

import ast
import inspect

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import exercises
import resnet
from exercises import checking
from exercises.tasks import EXERCISES, residual_block, small_network
from tools import solutions

COMPARED = [exercise for exercise in EXERCISES if exercise.name != "small network"]
MISTAKES = [(exercise, mistake) for exercise in COMPARED for mistake in exercise.mistakes]


@pytest.fixture(autouse=True)
def no_misses_yet(monkeypatch):
    monkeypatch.setattr(checking, "_misses", {})


def by_name(value):
    return getattr(value, "name", None)


def test_the_names_are_those_of_the_exercises():
    assert exercises.names() == [exercise.name for exercise in EXERCISES]
    assert len(set(exercises.names())) == len(EXERCISES) >= 12
    assert [exercise.part for exercise in EXERCISES] == sorted(exercise.part for exercise in EXERCISES)


@pytest.mark.parametrize("exercise", COMPARED, ids=by_name)
def test_a_solution_is_right_again_and_again(exercise):
    for _ in range(5):  # inputs are drawn anew
        result = exercises.check(exercise.name, getattr(solutions, exercise.answer))
        assert result and result.state == "right", str(result)


@pytest.mark.parametrize("exercise", COMPARED, ids=by_name)
def test_the_stub_is_not_answered_yet(exercise):
    space = {"np": np, "torch": torch, "nn": torch.nn}
    exec(exercise.stub, space)
    for answer in (space[exercise.answer], None, ...):
        result = exercises.check(exercise.name, answer)
        assert result.state == "unanswered" and not result and result.hints == []


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES, ids=by_name)
def test_a_typical_mistake_is_recognised_and_more_is_said_at_the_second_miss(exercise, mistake):
    first, second = (exercises.check(exercise.name, mistake.wrong) for _ in range(2))
    assert not first and not second
    assert (first.mistake, second.mistake) == (mistake.name, mistake.name)
    assert first.hints == [mistake.hints[0]] and second.hints == list(mistake.hints)
    exercises.check(exercise.name, getattr(solutions, exercise.answer))
    assert exercises.check(exercise.name, mistake.wrong).hints == first.hints, "a right answer begins anew"


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_name)
def test_there_are_three_mistakes_and_more_with_two_hints_each(exercise):
    names = [mistake.name for mistake in exercise.mistakes]
    assert len(set(names)) == len(names) >= 3
    assert all(len(mistake.hints) == 2 for mistake in [exercise, *exercise.mistakes])


@pytest.mark.parametrize("exercise", EXERCISES, ids=by_name)
def test_hints_hold_no_piece_of_the_solution(exercise):
    """No expression of the solution that is more than a name or two stands in a hint, however it is spaced."""
    solution = getattr(solutions, exercise.answer)
    source = inspect.getsource(solution) if callable(solution) else repr(solution.tolist())
    pieces = {
        "".join(ast.unparse(node).split())
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.expr) and not isinstance(node, ast.Attribute)
    }
    hints = [hint for each in [exercise, *exercise.mistakes] for hint in each.hints]
    told = [
        (piece, hint)
        for piece in pieces
        for hint in hints
        if len(piece) > 8 and piece in "".join(hint.split())
    ]
    assert told == []


@pytest.mark.parametrize("exercise", COMPARED, ids=by_name)
def test_inputs_are_drawn_anew_and_their_shapes_are_awkward(exercise):
    shown = [str(exercise.inputs(np.random.default_rng(seed))) for seed in (0, 1)]
    assert shown[0] != shown[1]
    arrays = [
        value
        for case in exercise.inputs(np.random.default_rng())
        for value in case
        if hasattr(value, "shape")
    ]
    if exercise.name != "edge kernel" and arrays:
        assert any(array.shape[-1] != array.shape[-2] for array in arrays if array.ndim > 1), (
            "not all are square"
        )
        assert any(array.shape[-2:] == (1, 1) for array in arrays), "one has one pixel"


def test_the_residual_block_is_the_lectures():
    for case in residual_block.exercise.inputs(np.random.default_rng(0)):
        x, *layers = case
        block = resnet.Block(x.shape[1], x.shape[1], residual=True)
        block.conv1, block.norm1, block.conv2, block.norm2 = layers
        assert torch.allclose(block(x), residual_block.reference(*case), atol=1e-6)


# As students write them: the same mistakes in other words than those of the exercises.


def flipped_by_index(image, kernel):
    rows, columns = kernel.shape
    response = np.zeros((image.shape[0] - rows + 1, image.shape[1] - columns + 1))
    for r, c in np.ndindex(*response.shape):
        for k, j in np.ndindex(rows, columns):
            response[r, c] += kernel[rows - 1 - k, columns - 1 - j] * image[r + k, c + j]
    return response


def short_loop(image, kernel):
    rows, columns = image.shape[0] - kernel.shape[0], image.shape[1] - kernel.shape[1]
    return [[(image[r : r + kernel.shape[0], c : c + kernel.shape[1]] * kernel).sum() for c in range(columns)]
            for r in range(rows)]  # fmt: skip


def rounded_to_even(n, k, p, s, d):
    return (n + 2 * p - d * (k - 1) - 1) / s + 1


def no_padding_in_the_pooling(x, size, stride, padding):
    return F.max_pool2d(torch.tensor(x)[None, None], size, stride)[0, 0]


def zeros_around(x, size, stride, padding):
    return F.max_pool2d(F.pad(torch.tensor(x)[None, None], [padding] * 4), size, stride)[0, 0]


def averages(x, size, stride, padding):
    return F.avg_pool2d(torch.tensor(x)[None, None], size, stride, padding)[0, 0]


def log_of_softmax_of_softmax(net, optimizer, images, labels):
    net.train()
    optimizer.zero_grad()
    loss = -torch.log_softmax(torch.softmax(net(images), 1), 1)[range(len(labels)), labels].mean()
    loss.backward()
    optimizer.step()
    return loss


def gradients_cleared_too_early(net, optimizer, images, labels):
    net.train()
    loss = F.cross_entropy(net(images), labels)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.detach()


def default_variance_of_torch(x, scale, shift, running_mean, running_var, training):
    x, scale, shift, mean, var = map(torch.tensor, (x, scale, shift, running_mean, running_var))
    new = mean, var
    if training:
        mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
        new = new[0].lerp(mean, 0.1), new[1].lerp(var, 0.1)
    y = (x - mean[:, None, None]) / (var[:, None, None] + 1e-5).sqrt()
    return y * scale[:, None, None] + shift[:, None, None], *new


def activation_then_shortcut(x, conv1, norm1, conv2, norm2):
    return x + F.relu(norm2(conv2(F.relu(norm1(conv1(x))))))


def jump_first(layers):
    seen, jump = 1, 1
    for size, stride in layers:
        jump, seen = jump * stride, seen + (size - 1) * jump * stride
    return seen


WRITTEN = [
    ("convolution", flipped_by_index, "flipped_kernel"),
    (
        "convolution",
        short_loop,
        "",
    ),  # rows are missing as well where nothing is left: an empty list has no shape
    ("edge kernel", [[1, 1], [-1, -1]], "horizontal_edges"),
    ("edge kernel", np.ones((2, 3)) / 6, "blur"),
    ("edge kernel", [[-1.0, 0.0, 1.0]], "dark_on_the_left"),
    ("edge kernel", torch.tensor([[-1, 2, -1]]), "vertical_bars"),
    ("output size", rounded_to_even, "not_rounded"),
    ("output size", lambda n, k, p, s, d: (n + 2 * p - d * (k - 1) - 1) // s, "first_place_forgotten"),
    ("max pooling", no_padding_in_the_pooling, "padding_forgotten"),
    ("max pooling", zeros_around, "padded_with_zeros"),
    ("max pooling", averages, "mean_with_zeros"),
    ("training step", log_of_softmax_of_softmax, "softmax_twice"),
    ("training step", gradients_cleared_too_early, "weights_stay"),
    ("batch norm", default_variance_of_torch, "unbiased_under_the_root"),
    ("residual block", activation_then_shortcut, "relu_before_the_sum"),
    ("receptive field", jump_first, "own_stride_counted"),
]


@pytest.mark.parametrize(
    ("name", "answer", "mistake"), WRITTEN, ids=lambda value: getattr(value, "__name__", None)
)
def test_mistakes_in_a_students_words(name, answer, mistake):
    result = exercises.check(name, answer)
    assert not result and result.mistake == mistake, str(result)


def test_an_edge_kernel_is_right_just_if_its_rows_add_up_to_zero_and_its_left_is_positive():
    """Small whole numbers at random, against the definition; all sizes, and those that fail in one row only."""
    generator, seen = np.random.default_rng(0), []
    for _ in range(300):
        kernel = generator.integers(-1, 2, generator.integers(1, 6, 2))
        if generator.random() < 0.7:
            kernel[:, -1] -= kernel.sum(1)  # no answer to what changes from row to row
        if generator.random() < 0.2:
            kernel[generator.integers(len(kernel)), 0] += 1
        steps = kernel.sum(0).cumsum()  # the answers to an edge that is bright on the left, place by place
        wanted = not kernel.sum(1).any() and steps.min() >= 0 and steps.max() > 0
        assert bool(exercises.check("edge kernel", kernel)) == wanted, kernel
        seen.append(wanted)
    assert 15 < sum(seen) < 285


def test_right_answers_of_other_kinds():
    """A kernel of another scale, lists and tensors for arrays, a NumPy whole number."""
    assert exercises.check("edge kernel", [[5.0, -5.0]])
    assert exercises.check("edge kernel", torch.tensor([[3, 0, 0, -3]]))
    assert exercises.check("convolution", lambda image, kernel: solutions.convolve(image, kernel).tolist())
    assert exercises.check(
        "convolution", lambda image, kernel: torch.tensor(solutions.convolve(image, kernel))
    )
    assert exercises.check("output size", lambda *sizes: np.int64(solutions.output_size(*sizes)))


def test_the_first_input_that_differs_is_shown_with_both_outputs():
    result = exercises.check("convolution", flipped_by_index)
    image, kernel, yours, wanted = result.shown
    assert [value.label for value in result.shown] == ["image", "kernel", "yours", "wanted"]
    assert np.allclose(yours.value, flipped_by_index(image.value, kernel.value))
    assert np.allclose(wanted.value, solutions.convolve(image.value, kernel.value))
    assert (yours.marked == ~np.isclose(yours.value, wanted.value)).all()
    page = result._repr_html_()
    assert page.count("<table") == 4 and page.count("font-weight:bold") == 2 * yours.marked.sum()
    assert "Not yet right" in str(result) and "yours =" in str(result)


def test_of_several_outputs_the_one_that_differs_is_named():
    result = exercises.check("layer cost", lambda *sizes: (solutions.layer_cost(*sizes)[0], 1))
    assert result.says.startswith("multiply-adds: ")
    assert [value.label for value in result.shown[-2:]] == ["yours, multiply-adds", "wanted, multiply-adds"]


def failing(mistake):
    return next(each for each in small_network.exercise.mistakes if each.name == mistake).wrong


@pytest.mark.parametrize("mistake", ["too_many_parameters", "softmax_at_the_end", "layers_in_a_list"])
def test_a_network_is_looked_at_before_it_is_trained(mistake):
    result = exercises.check("small network", failing(mistake))
    assert not result and result.mistake == mistake and len(result.hints) == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda: None, "Write the body"),
        (lambda: 5, "nn.Module"),
        (lambda: torch.nn.Linear(28, 10), "wanted are logits of shape (2, 10)"),
        (lambda: torch.nn.Linear(20, 10), "RuntimeError"),
    ],
    ids=["None", "a number", "another shape", "another input"],
)
def test_what_is_no_network_for_digits(answer, says):
    result = exercises.check("small network", answer)
    assert not result and says in result.says


@pytest.mark.slow
def test_networks_race_on_the_same_images():
    """A better network is right; a perceptron is told why not; PoolingCNN does not beat itself."""
    right = exercises.check("small network", solutions.small_network)
    assert right and right.says.count("95 % interval +") == 2, str(right)
    wrong = exercises.check("small network", failing("no_convolution"))
    assert not wrong and wrong.mistake == "no_convolution" and "interval -" in wrong.says
    dataset, others = small_network.to_beat()
    again = small_network.answers(small_network.reference(), dataset, small_network.SEEDS[0])
    assert torch.equal(again, others[0])
