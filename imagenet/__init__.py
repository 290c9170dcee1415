"""Networks that others trained on ImageNet: how one is built, where the weights come from, what they look at."""

from imagenet.efficientnet import EfficientNetLite0, InvertedResidual
from imagenet.evidence import evidence
from imagenet.pretrained import Pretrained, categories, pretrained

__all__ = ["EfficientNetLite0", "InvertedResidual", "Pretrained", "categories", "evidence", "pretrained"]
