"""EfficientNet-Lite0, a network for telephones: inverted residual blocks of depthwise separable convolutions.

Sources: M. Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", CVPR 2018, for the block; M. Tan,
Q. Le, "EfficientNet: rethinking model scaling for convolutional neural networks", ICML 2019, for the network; the lite
variants are described in https://github.com/tensorflow/tpu, under models/official/efficientnet/lite.
"""

import torch.nn.functional as F
from torch import nn


class SameConv2d(nn.Conv2d):
    """A convolution whose output has size / stride pixels, rounded up, as TensorFlow's "same" padding has it.

    Where the number of zeros to add is odd, the odd one goes below and to the right; PyTorch's own padding is even.
    """

    def forward(self, x):
        """Return (N, out_channels, rows / stride, columns / stride) of (N, in_channels, rows, columns)."""
        around = []  # left, right, above, below: columns first
        for size, kernel, stride in zip(x.shape[2:], self.kernel_size, self.stride, strict=True):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            around = [total // 2, total - total // 2, *around]
        return super().forward(F.pad(x, around) if any(around) else x)


def convolution(before, width, size, stride=1, groups=1):
    """Return a convolution with batch norm."""
    return nn.Sequential(
        SameConv2d(before, width, size, stride, groups=groups, bias=False), nn.BatchNorm2d(width, eps=1e-3)
    )


class InvertedResidual(nn.Module):
    """A residual block turned inside out: many channels within, few where the shortcut leads past.

    Its 3x3 or 5x5 convolution is **depthwise**: each channel has one kernel of its own and sees no other. The 1x1
    convolutions before and after it mix channels. The two together are called depthwise separable: at 96 channels
    they take an eighth of the multiplications of a whole 3x3 convolution. Nothing bends the result of the last one.

    Parameters
    ----------
    before, width : int
        Channels that go in and that come out.
    size, stride : int
        Of the depthwise convolution. There is a shortcut where the stride is 1 and as many channels come out as go in.
    expansion : int
        How many times as many channels there are within.
    """

    def __init__(self, before, width, size, stride, expansion):
        super().__init__()
        within = expansion * before
        self.expand = convolution(before, within, 1) if expansion > 1 else None
        self.depthwise = convolution(within, within, size, stride, groups=within)
        self.project = convolution(within, width, 1)
        self.residual = stride == 1 and before == width

    def forward(self, x):
        """Return feature maps (N, width, rows / stride, columns / stride)."""
        h = F.relu6(self.expand(x)) if self.expand else x
        h = F.relu6(self.depthwise(h))
        h = self.project(h)
        return h + x if self.residual else h


class EfficientNetLite0(nn.Module):
    """A network for telephones, trained on ImageNet: 4.7 million weights in 16 inverted residual blocks.

    ReLU6 is a ReLU that ends at 6, so that eight bits are enough for an activation.
    """

    STAGES = (  # blocks, channels, kernel size, stride of the first block, expansion
        (1, 16, 3, 1, 1),
        (2, 24, 3, 2, 6),
        (2, 40, 5, 2, 6),
        (3, 80, 3, 2, 6),
        (3, 112, 5, 1, 6),
        (4, 192, 5, 2, 6),
        (1, 320, 3, 1, 6),
    )

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(convolution(3, 32, 3, stride=2), nn.ReLU6())
        blocks, before = [], 32
        for count, width, size, stride, expansion in self.STAGES:
            for number in range(count):
                blocks.append(InvertedResidual(before, width, size, stride if number == 0 else 1, expansion))
                before = width
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(convolution(320, 1280, 1), nn.ReLU6())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(1280, 1000)

    def forward(self, x):
        """Return the logits (N, 1000) of images (N, 3, 224, 224)."""
        h = self.stem(x)  # (32, 112, 112)
        h = self.blocks(h)  # (320, 7, 7)
        h = self.head(h)  # (1280, 7, 7)
        return self.classifier(self.pool(h).flatten(1))  # (1000,)
