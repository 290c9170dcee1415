"""What moves in the page: one function a demo, each opened by one line in the notebook (see ``docs/demos.md``)."""

from demos.arithmetic import arithmetic_explorer
from demos.backwards import backwards
from demos.canny import canny_explorer
from demos.convolutional_layer import convolutional_layer
from demos.filter_bank import filter_bank_explorer
from demos.glass_box import glass_box
from demos.guess import guess
from demos.guess_response import guess_response
from demos.guesses_made import guesses_made
from demos.im2col import im2col_player
from demos.kernel import kernel_explorer
from demos.learned_kernel import learned_kernel
from demos.many_channels import many_channels
from demos.page.language import set_language
from demos.pictures import example_pictures
from demos.pooling_windows import pooling_explorer
from demos.predictions import prediction_explorer
from demos.receptive_fields import receptive_field_explorer
from demos.resnet34 import resnet34_player
from demos.shift import shift_explorer
from demos.sliding_kernel import sliding_kernel
from demos.weights_by_epoch import weights_player

__all__ = [
    "arithmetic_explorer",
    "backwards",
    "canny_explorer",
    "convolutional_layer",
    "example_pictures",
    "filter_bank_explorer",
    "glass_box",
    "guess",
    "guess_response",
    "guesses_made",
    "im2col_player",
    "kernel_explorer",
    "learned_kernel",
    "many_channels",
    "pooling_explorer",
    "prediction_explorer",
    "receptive_field_explorer",
    "resnet34_player",
    "set_language",
    "shift_explorer",
    "sliding_kernel",
    "weights_player",
]
