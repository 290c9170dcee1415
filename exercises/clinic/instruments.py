"""Runs a training script and measures what happens in it.

    python instruments.py FOLDER

reads ``script.py`` and ``images.npz`` in a folder and writes ``measured.json`` there. It is a process of its own, so
that a script without an end can be stopped and one that fails harms nobody. The instruments lie where no script can
help passing: at the network's ``forward``, at ``backward`` and at the optimizer's step.
"""

import copy
import json
import math
import sys
import traceback
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules.module import register_module_forward_hook
from torch.optim.optimizer import register_optimizer_step_pre_hook

PARTS = ("train", "validation", "test")
FRESH = "fresh"  # images that no script gets
SAME = 1e-4  # two images whose marks are so close are one


class Digits:
    """The images that a script gets; it recognises them again, however they are normalised.

    Parameters
    ----------
    arrays : dict of str to array
        For each of `PARTS` and for `FRESH` the images, (N, 1, H, W) uint8, and ``"train labels"`` and so on, (N,).
    """

    def __init__(self, arrays):
        self.pixels = {part: torch.tensor(arrays[part]).float() / 255 for part in (*PARTS, FRESH)}
        self.labels = {part: torch.tensor(arrays[f"{part} labels"]).long() for part in self.pixels}
        self.given = torch.cat([self.pixels[part] for part in PARTS])
        self.part_of = torch.arange(3).repeat_interleave(torch.tensor([len(self.pixels[p]) for p in PARTS]))
        generator, size = torch.Generator().manual_seed(0), self.given[0].numel()
        self.directions = torch.randn(size, 2, generator=generator, dtype=torch.float64)
        marks = self.marks(self.given)
        self.order = marks[:, 0].argsort()
        self.sorted_marks = marks[self.order]

    def __call__(self, *parts):
        """Return images (N, 1, H, W) in [0, 1] and their labels (N,), of one part or of several."""
        if unknown := [part for part in parts if part not in PARTS]:
            raise ValueError(f"digits knows {', '.join(map(repr, PARTS))}, not {unknown[0]!r}")
        pixels, labels = zip(*((self.pixels[part], self.labels[part]) for part in parts), strict=True)
        return torch.cat(pixels), torch.cat(labels)

    def marks(self, images):
        """Return two numbers for each image, (N, 2), that no brightness and no contrast changes."""
        flat = images.flatten(1).double()
        flat = flat - flat.mean(1, keepdim=True)
        return (flat / flat.norm(dim=1, keepdim=True)) @ self.directions

    def recognised(self, images):
        """Return the numbers (N,) of images among all that a script gets; -1 for those that are none of them."""
        if images.shape[1:] != self.given.shape[1:]:
            return torch.full((len(images),), -1)
        marks = self.marks(images)
        above = torch.searchsorted(self.sorted_marks[:, 0].contiguous(), marks[:, 0].contiguous())
        found = torch.full((len(images),), -1)
        for place in ((above - 1).clamp(min=0), above.clamp(max=len(self.order) - 1)):
            near = (self.sorted_marks[place] - marks).abs().amax(1) < SAME
            found = torch.where(near, self.order[place], found)
        return found


class Report:
    """What a script says about itself: how each step, each epoch and the test went."""

    def __init__(self, instruments):
        self._instruments = instruments
        self.steps, self.epochs, self.test_accuracy, self._since = [], [], None, 0

    def step(self, loss, logits, labels):
        """Keep a step: its loss, its share of right answers, and how many images and different labels it saw."""
        self.steps.append((loss.item(), accuracy(logits, labels), len(labels), len(labels.unique())))

    def epoch(self, logits, labels):
        """Keep an epoch: the means of its steps, how it does in validation, and what the instruments say."""
        if self._since == len(self.steps):
            raise ValueError("report.step was not called in this epoch")
        losses, right, counts, classes = np.array(self.steps[self._since :]).T
        self._since = len(self.steps)
        self.epochs.append(
            {
                "train_loss": np.average(losses, weights=counts).item(),
                "train_accuracy": np.average(right, weights=counts).item(),
                "val_loss": F.cross_entropy(logits, labels).item(),
                "val_accuracy": accuracy(logits, labels),
                "classes": classes.mean().item(),
                **self._instruments.end_of_epoch(),
            }
        )

    def test(self, logits, labels):
        """Keep how the network does on the test images."""
        self.test_accuracy = accuracy(logits, labels)


def accuracy(logits, labels):
    """Return the share of right answers."""
    return logits.argmax(1).eq(labels).float().mean().item()


class Instruments:
    """Measures a script from outside while it runs, as a context manager.

    Attributes
    ----------
    names : dict
        What the script has defined; its network is called ``net``.
    """

    def __init__(self, digits):
        self.digits, self.names = digits, {}
        self.asked = self.learned = self.gradient = (
            None  # the latest images that went in, and the latest gradient
        )
        self.learned_from, self.norms, self.turns, self.leftovers = [], [], [], 0

    @property
    def net(self):
        """The script's network, or None before there is one."""
        net = self.names.get("net")
        return net if isinstance(net, nn.Module) else None

    def layers(self):
        """Return the convolutional and dense layers, {"conv 1": module}."""
        kinds, found = {nn.Conv2d: "conv", nn.Linear: "dense"}, {}
        for module in self.net.modules():
            if kind := kinds.get(type(module)):
                found[f"{kind} {1 + sum(name.startswith(kind) for name in found)}"] = module
        return found

    def __enter__(self):
        """Put the instruments in place."""
        self.handles = [
            register_module_forward_hook(self.after_forward),
            register_optimizer_step_pre_hook(self.before_step),
        ]
        self.backward = backward = torch.Tensor.backward

        def measured_backward(loss, *arguments, **options):
            self.before_backward()
            return backward(loss, *arguments, **options)

        torch.Tensor.backward = measured_backward
        return self

    def __exit__(self, *_):
        """Take them away again."""
        torch.Tensor.backward = self.backward
        for handle in self.handles:
            handle.remove()

    def after_forward(self, module, inputs, _):
        """Note which images the network is asked about."""
        if module is self.net:
            self.asked = inputs[0].detach()

    def before_backward(self):
        """Note which images are learned from, and whether gradients of an earlier batch are still there."""
        if self.net is not None and self.asked is not None:
            self.learned = self.asked
            self.learned_from.append(self.digits.recognised(self.learned))
            self.leftovers += any(p.grad is not None and bool(p.grad.any()) for p in self.net.parameters())

    def before_step(self, *_):
        """Measure the gradient that a step follows: its norm in each layer, and how far it has turned."""
        if self.net is None:
            return
        layers = self.layers()
        gradients = [
            torch.zeros_like(m.weight) if m.weight.grad is None else m.weight.grad for m in layers.values()
        ]
        self.norms.append([gradient.norm().item() for gradient in gradients])
        gradient = torch.cat([gradient.flatten() for gradient in gradients])
        if self.gradient is not None and self.gradient.shape == gradient.shape:
            self.turns.append(F.cosine_similarity(gradient, self.gradient, dim=0).item())
        self.gradient = gradient

    def end_of_epoch(self):
        """Return the medians of the epoch's gradients, and what the network does with the images it was last asked."""
        if self.net is None or not self.norms:
            raise ValueError(
                "no step of an optimizer was taken in this epoch for a network that is called net"
            )
        norms, turns = (np.median(np.array(values), axis=0) for values in (self.norms, self.turns or [0.0]))
        self.norms, self.turns = [], []
        images = {"training": self.learned, "validation": self.asked}
        changing = (nn.Dropout, nn.Dropout2d, nn.BatchNorm1d, nn.BatchNorm2d)  # with the mode
        before = copy.deepcopy(self.net.state_dict())
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            first, second = (self.net(images["validation"]).argmax(1) for _ in range(2))
            spread = {part: self.activations(batch)[0] for part, batch in images.items()}
            dead = self.activations(images["validation"])[1]
        self.net.load_state_dict(before)  # batch norm in training mode has moved its averages
        return {
            "training_mode": any(m.training for m in self.net.modules() if isinstance(m, changing)),
            "same_answers": first.eq(second).float().mean().item(),
            "gradients": dict(zip(self.layers(), norms.tolist(), strict=True)),
            "turn": float(turns),
            "spread": spread,
            "dead": dead,
        }

    def activations(self, images):
        """Return what a network makes of images.

        Returns
        -------
        spread : dict of str to float
            Standard deviation of the images themselves and of what each layer gives.
        dead : dict of str to float
            For each layer with a ReLU behind it the share of its units, or maps, that are zero for all images.
        """
        spread, dead = {"images": images.std().item()}, {}
        names = {module: name for name, module in self.layers().items()}
        latest = []

        def measure(module, _, values):
            if module in names:
                latest.append(names[module])
                spread[names[module]] = values.std().item()
            elif isinstance(module, nn.ReLU) and latest:
                dead[latest[-1]] = values.transpose(0, 1).flatten(1).eq(0).all(1).float().mean().item()

        handles = [module.register_forward_hook(measure) for module in self.net.modules()]
        self.net(images)
        for handle in handles:
            handle.remove()
        return spread, dead

    def honest_accuracy(self, part):
        """Return the accuracy in evaluation mode on images of a part, normalised as those that were learned from.

        How these were is read off by comparing the last batch with its pixels. None if they are not the script's own.
        """
        known = self.learned_from[-1]
        if not (known >= 0).any():
            return None
        given, pixels = self.learned[known >= 0], self.digits.given[known[known >= 0]]
        scale = ((given - given.mean()) * (pixels - pixels.mean())).mean() / pixels.var(correction=0)
        images = (self.digits.pixels[part] - pixels.mean()) * scale + given.mean()
        net = copy.deepcopy(self.net).eval()
        with torch.no_grad():
            return accuracy(net(images), self.digits.labels[part])

    def whole_run(self):
        """Return what only the whole run shows: what was learned from, gradients left over, and honest accuracies."""
        seen = torch.cat(self.learned_from)
        counts = self.digits.part_of[seen[seen >= 0].unique()].bincount(minlength=len(PARTS))
        return {
            "learned_from": dict(zip(PARTS, counts.tolist(), strict=True)),
            "leftovers": self.leftovers,
            "honest": {part: self.honest_accuracy(part) for part in ("validation", "test", FRESH)},
        }


def run(source, arrays):
    """Run a script and return all that was measured.

    Parameters
    ----------
    source : str
        The script. It finds torch, nn, F, `Digits` as ``digits`` and a `Report` as ``report``.
    arrays : dict of str to array
        As `Digits` takes them.

    Returns
    -------
    dict
        ``error``: the line, or None, and a sentence, if the script failed. Otherwise ``losses`` by step, ``epochs``
        as `Report.epoch` keeps them, ``test_accuracy``, and what `Instruments.whole_run` returns.
    """
    with Instruments(Digits(arrays)) as instruments:
        report, names = Report(instruments), instruments.names
        names.update(torch=torch, nn=nn, F=F, digits=instruments.digits, report=report)
        try:
            exec(compile(source, "script.py", "exec"), names)
        except BaseException as error:  # sys.exit in a script must not end the measuring
            lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == "script.py"]
            said = str(error).strip().split("\n")[0][:300]
            return {"error": [lines[-1] if lines else None, f"{type(error).__name__}: {said}"]}
        if not (report.epochs and report.test_accuracy is not None and instruments.learned_from):
            return {"error": [None, "its three lines with report are needed: they say what it has learned"]}
        return {
            "losses": [loss for loss, *_ in report.steps],
            "epochs": report.epochs,
            "test_accuracy": report.test_accuracy,
            **instruments.whole_run(),
        }


def rounded(value):
    """Return numbers, in lists and dicts too, to four digits; None for those that JSON does not know."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(part) for part in value]
    if isinstance(value, float):
        return float(f"{value:.4g}") if math.isfinite(value) else None
    return value


def main(folder):
    """Run the script in a folder, and write there what was measured."""
    torch.set_num_threads(1)  # the same sums in the same order on all machines, as far as that goes
    with np.load(folder / "images.npz", allow_pickle=False) as arrays:
        measured = run((folder / "script.py").read_text(encoding="utf-8"), dict(arrays))
    (folder / "measured.json").write_text(json.dumps(rounded(measured)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
