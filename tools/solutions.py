"""A solution of each exercise, as a student could write it: for the instructors' assignment, and for the tests."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def convolve(image, kernel):
    """Return the response of an image to a kernel."""
    rows, columns = (n - k + 1 for n, k in zip(image.shape, kernel.shape, strict=True))
    response = np.zeros((rows, columns))
    for r in range(rows):
        for c in range(columns):
            for k in range(kernel.shape[0]):
                for l in range(kernel.shape[1]):  # noqa: E741
                    response[r, c] += kernel[k, l] * image[r + k, c + l]
    return response


edge_kernel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])


def output_size(n, k, p, s, d):
    """Return how many outputs a kernel gives along one axis."""
    return (n + 2 * p - d * (k - 1) - 1) // s + 1


def layer_cost(in_channels, out_channels, size, rows, columns):
    """Return the parameters and the multiply-adds of a convolutional layer."""
    weights = in_channels * size * size
    return out_channels * (weights + 1), out_channels * rows * columns * weights


def kernel_gradient(x, grad):
    """Return the gradient of the loss with respect to the kernel."""
    rows, columns = grad.shape
    gradient = np.zeros((x.shape[0] - rows + 1, x.shape[1] - columns + 1))
    for k, l in np.ndindex(*gradient.shape):  # noqa: E741
        gradient[k, l] = (x[k : k + rows, l : l + columns] * grad).sum()
    return gradient


def input_gradient(kernel, grad):
    """Return the gradient of the loss with respect to the input."""
    rows, columns = kernel.shape
    gradient = np.zeros((grad.shape[0] + rows - 1, grad.shape[1] + columns - 1))
    for r, c in np.ndindex(*grad.shape):
        gradient[r : r + rows, c : c + columns] += kernel * grad[r, c]
    return gradient


def im2col(x, size, stride):
    """Return every patch as a column."""
    starts = [range(0, n - size + 1, stride) for n in x.shape]
    patches = [x[r : r + size, c : c + size].reshape(-1) for r in starts[0] for c in starts[1]]
    return np.stack(patches, axis=1)


def max_pool(x, size, stride, padding):
    """Return the largest number of each window."""
    x = np.pad(x, padding, constant_values=-np.inf)
    down, across = (range(0, n - size + 1, stride) for n in x.shape)
    return np.array([[x[r : r + size, c : c + size].max() for c in across] for r in down])


def small_network():
    """Return a network with at most 20,000 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),  # (8, 12, 12)
        nn.Conv2d(8, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),  # (16, 4, 4)
        nn.Flatten(), nn.Linear(16 * 4 * 4, 32), nn.ReLU(), nn.Linear(32, 10),
    )  # fmt: skip


def receptive_field(layers):
    """Return how many pixels, in each direction, a unit behind these layers sees."""
    field, jump = 1, 1
    for size, stride in layers:
        field += (size - 1) * jump
        jump *= stride
    return field


def training_step(net, optimizer, images, labels):
    """Take one step, and return the loss."""
    net.train()
    loss = F.cross_entropy(net(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def batch_norm(x, scale, shift, running_mean, running_var, training):
    """Return the standardised, scaled and shifted maps, and the running mean and variance after them."""
    mean, var = running_mean, running_var
    if training:
        mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
        running_mean = 0.9 * running_mean + 0.1 * mean
        running_var = 0.9 * running_var + 0.1 * x.var((0, 2, 3), ddof=1)
    mean, var, scale, shift = (values.reshape(-1, 1, 1) for values in (mean, var, scale, shift))
    return scale * (x - mean) / np.sqrt(var + 1e-5) + shift, running_mean, running_var


def residual_block(x, conv1, norm1, conv2, norm2):
    """Return what a residual block makes of its input."""
    h = torch.relu(norm1(conv1(x)))
    h = norm2(conv2(h))
    return torch.relu(h + x)
