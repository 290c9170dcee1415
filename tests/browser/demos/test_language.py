"""Demos in another language: all that they say is in it, and they compute and are set as in English.

The other language writes English in wide letters, so that every word in usual ones was said past `phrase`.
"""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from page_modules import ENCODE
from shown import wait_until
from torch import nn

import cnn
import demos
import resnet
from demos.page.language import PLACE, dictionary, set_language
from exercises import guesses
from imagenet.evidence import Evidence
from tools import translate

random = np.random.default_rng(0)
PICTURE = random.random((20, 22), dtype=np.float32)
PICTURES = {"A": PICTURE, "B": PICTURE[:15]}
PHOTOGRAPHS = random.integers(0, 256, (3, 224, 224, 3), np.uint8)
FIVE = [resnet.Guess(k, 0.5 - 0.1 * k) for k in range(5)]
PREDICTION = resnet.Prediction(list("abcde"), PHOTOGRAPHS, [FIVE] * 3, "A")
EVIDENCE = Evidence(random.random((3, 5, 7, 7), np.float32), {0: random.random((5, 5, 5), np.float32)})
KERNELS = torch.from_numpy(random.standard_normal((3, 4, 1, 5, 5), np.float32))
EPOCHS = [{"epoch": k, "weights": KERNELS[k], "val_accuracy": k / 3} for k in range(3)]
NOISE = SimpleNamespace(
    title="A",
    val=SimpleNamespace(values=torch.from_numpy(random.random((4, 3, 32, 32), np.float32))),
    unnormalize=lambda values: values,
)


def opened():
    """Return the glass box of a small network."""
    layers = (
        nn.Conv2d(1, 4, 5),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(4),
        nn.Flatten(),
        nn.Linear(144, 3),
    )
    return demos.glass_box(nn.Sequential(*layers).eval(), torch.rand(2, 1, 28, 28), "abc", title="A")


def too_large():
    """Return the glass box of a network with more weights than the page holds."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 1400), nn.ReLU(), nn.Linear(1400, 3))
    return demos.glass_box(net, torch.rand(2, 1, 28, 28), "abc", title="A")


CASES = {
    "arithmetic": demos.arithmetic_explorer,
    "backwards": demos.backwards,
    "canny": lambda: demos.canny_explorer(PICTURES),
    "convolutional layer": demos.convolutional_layer,
    "filter bank": lambda: demos.filter_bank_explorer(PICTURES),
    "glass box": opened,
    "glass box, of the kernel": too_large,
    "guess a number": lambda: demos.guess("A", "?", 4, "!"),
    "guess one": lambda: demos.guess("A", "?", "b", "!", options=["a", "b"]),
    "guess an order": lambda: demos.guess("A", "?", ["b", "a"], "!", options=["a", "b"]),
    "guess a response": lambda: demos.guess_response("A", "?", PICTURE, np.eye(3)),
    "guesses": lambda: demos.guesses_made(["A"]),
    "im2col": demos.im2col_player,
    "kernel": lambda: demos.kernel_explorer(PICTURES),
    "learned kernel": lambda: demos.learned_kernel(PICTURE[None], "A"),
    "many channels": demos.many_channels,
    "pooling": lambda: demos.pooling_explorer(PICTURES),
    "predictions": lambda: demos.prediction_explorer(PREDICTION, "A", evidence=EVIDENCE),
    "receptive fields": lambda: demos.receptive_field_explorer(cnn.CifarCNN(), NOISE),
    "ResNet-34": demos.resnet34_player,
    "shift": lambda: demos.shift_explorer(PICTURE),
    "sliding kernel": lambda: demos.sliding_kernel(PICTURE),
    "weights": lambda: demos.weights_player(EPOCHS),
}
# What stays: names of operations, as PyTorch and the diagrams of networks have them, and of networks.
STAYS = "Python|conv|max pool|avg pool|batch norm|ReLU|dense|input|padding|stride|ResNet|Noise|log|exp"

# Move every control to its ends or through its options, type nonsense, commit to a guess. Returns all that was to be
# read or heard on the way, and at each step the values of the controls and what was computed.
WALK = """root => {
  const texts = new Set([root.getAttribute("aria-label")]), states = [], { demo } = root;
  const look = () => {
    states.push(JSON.stringify([demo.values, Object.entries(demo.outputs())], ENCODE));
    for (const node of root.querySelectorAll("*")) {
      for (const name of ["aria-label", "aria-valuetext", "title", "alt"]) texts.add(node.getAttribute(name) ?? "");
      if (node.tagName == "TEXTAREA") continue; // what was typed
      for (const child of node.childNodes) if (child.nodeType == Node.TEXT_NODE) texts.add(child.data);
    }
  };
  look();
  if ("open" in demo.values) {
    demo.set({ open: true });
    look();
  }
  for (const input of root.querySelectorAll(".controls :is(select, input, textarea):not(.buttons *)")) {
    const before = input.type == "checkbox" ? input.checked : input.value;
    const tried = {
      "select-one": () => [...input.options].map(({ value }) => value),
      range: () => [input.min, input.max],
      checkbox: () => [!before],
    }[input.type]?.() ?? ["?"];
    for (const value of [...tried, input.type == "text" ? "7" : before]) {
      input[input.type == "checkbox" ? "checked" : "value"] = value;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      look();
    }
  }
  for (const player of root.querySelectorAll(".player .buttons")) {
    player.children[1].click();
    look();
    player.children[1].click();
  }
  const commit = root.querySelector(".commit");
  if (commit) {
    for (const button of root.querySelectorAll(".options button")) button.click();
    if ("painted" in demo.values) root.querySelector(".tools button").click();
    look();
    commit.click();
    look();
  }
  return [[...texts], states];
}""".replace("ENCODE", ENCODE)


def wide(text):
    """Return a text in wide letters, except for its places."""
    parts = PLACE.split(text)  # every second one is the name of a place
    parts[::2] = [
        "".join(chr(ord(c) + 0xFEE0) if re.match("[A-Za-z]", c) else c for c in part) for part in parts[::2]
    ]
    return "".join(f"{{{part}}}" if k % 2 else part for k, part in enumerate(parts))


@pytest.fixture(scope="module")
def languages(tmp_path_factory):
    """A folder of languages with one in wide letters."""
    folder = tmp_path_factory.mktemp("languages")
    (folder / "wide").mkdir()
    words = {text: wide(text) for texts in translate.said().values() for text in texts}
    (folder / "wide" / "demos.json").write_text(json.dumps(words))
    return folder


@pytest.fixture
def walked(show):
    """Function that walks through a demo, made in a language: what it said, and its states."""

    def walked(make, language, folder=translate.ROOT / "languages"):
        set_language(language, folder)
        torch.manual_seed(0)
        shown = show(make(), "page")
        wait_until(
            shown.page,
            lambda: shown.root.evaluate("r => [...r.querySelectorAll('img')].every(i => i.complete)"),
        )
        shown.settle()
        texts, states = shown.root.evaluate(WALK)
        assert shown.page.page_errors == []
        return texts, states

    yield walked
    set_language("en")


@pytest.mark.parametrize("name", CASES)
def test_all_is_said_in_another_language_and_nothing_else_differs(name, walked, languages):
    texts, states = walked(CASES[name], "wide", languages)
    words = [(word, text) for text in texts for word in re.findall(r"[A-Za-z]{2,}", re.sub(STAYS, "", text))]
    assert not words
    assert any(re.search(wide("[a-z]"), text) for text in texts)
    assert states == walked(CASES[name], "en")[1]


def test_part_7_is_german(walked):
    german = dictionary(translate.ROOT / "languages" / "de" / "demos.json").values()
    said = re.compile(
        "|".join(PLACE.sub(".*", re.escape(text).replace(r"\{", "{").replace(r"\}", "}")) for text in german)
    )
    texts, states = walked(guesses.subsampling, "de")
    assert any("Streifen" in text for text in texts)
    assert [text for text in texts if re.search("[a-z]", text) and not said.fullmatch(text)] == []
    assert states == walked(guesses.subsampling, "en")[1]
