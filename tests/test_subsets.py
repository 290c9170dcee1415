"""A data set is what it holds now: a subset, other labels or another normalisation are never taken for the whole."""

import copy

import numpy as np
import pytest
import torch

from datafiles.images import channel_moments
from datasets import Likeness, MulticlassDataset, same_images
from training import kept


@pytest.fixture(params=["mnist", "cifar"])
def whole(request):
    """Each stand-in, as it was drawn."""
    return getattr(MulticlassDataset, request.param)()


def mask(count, *chosen):
    return np.isin(np.arange(count), chosen)


INDICES = {
    "slice": slice(20, 60, 2),
    "backwards": slice(None, -30, -1),
    "list": [5, 3, 3, -1],
    "range": range(7),
    "numbers": np.arange(9, dtype=np.uint8),
    "sorted": np.arange(500)[::-1],
    "tensor": torch.tensor([4, 2]),
    "none": [],
    "mask": lambda count: mask(count, 3, 8),
    "mask of torch": lambda count: torch.from_numpy(mask(count, 3, 8)),
}


@pytest.mark.parametrize("name", INDICES)
def test_images_keep_their_labels(name, whole):
    index = INDICES[name](len(whole.train)) if callable(INDICES[name]) else INDICES[name]
    index_of_numpy = np.asarray(index, None if len(index) else int) if not isinstance(index, slice) else index
    numbers = np.arange(len(whole.train))[index_of_numpy]
    pixels, labels = np.asarray(whole.train.values.pixels)[numbers], whole.train.labels[numbers]
    for dataset in (whole, whole.to_torch()):
        few = dataset.subset(index)
        for images, answers in (dataset.train[index], (few.train.values[:], few.train.labels)):
            np.testing.assert_allclose(np.asarray(images), pixels / 255, rtol=1e-6)
            np.testing.assert_array_equal(np.asarray(answers), labels)
        assert (len(few.train), few.val, few.test) == (len(numbers), dataset.val, dataset.test)
        assert repr(few).startswith(f"MulticlassDataset({whole.title}: {len(numbers):,}, 1,000, 2,000")


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ((slice(3), 0), "chosen together by one index, not 2"),
        ([0.5], "chooses no images: wanted is a number, a slice"),
        ("first", "chooses no images"),
        (None, "chooses no images"),
        ([[1, 2]], "chooses no images"),
        ([99_999], "an index reaches outside"),
        (np.ones(5, bool), r"a mask needs .* Booleans, one an image, but its shape is \(5,\)"),
        (lambda count: np.ones(count, np.uint8), "may mean a mask or image numbers"),
    ],
)
def test_what_chooses_no_images_is_refused(index, message, whole):
    index = index(len(whole.train)) if callable(index) else index
    for choose in (whole.train.__getitem__, whole.subset, whole.to_torch().subset):
        with pytest.raises(IndexError, match=message):
            choose(index)
    with pytest.raises(IndexError, match=r"\[3\] for one image, not 3"):
        whole.subset(3)


PARTS = [
    np.s_[:3, 0],
    np.s_[0, 0],
    np.s_[1, ..., 5],
    np.s_[:2, :, 4:20, 4:20],
    np.s_[1, 0, 5, 5],
    np.s_[[2, 0], 0],
    np.s_[::-2],
    np.s_[..., ::-1],
    np.s_[None, 3],
    np.array([[0, 1], [2, 3]]),
]


@pytest.mark.parametrize("index", PARTS, ids=str)
@pytest.mark.parametrize("per", ["channel", "pixel"])
def test_a_part_of_an_image_is_normalised_as_the_whole(index, per, whole):
    values = whole.subset(slice(40)).normalize(per).train.values
    np.testing.assert_allclose(values[index], values[:][index], rtol=1e-6)
    tensors = whole.to_torch().subset(slice(40)).normalize(per).train.values
    np.testing.assert_allclose(tensors[index].numpy(), values[:][index], rtol=1e-6)


@pytest.mark.parametrize("per", ["channel", "pixel"])
def test_a_subset_stays_one_whatever_is_done_to_it(per, whole):
    few = whole.subset(slice(100, 400))
    for dataset in (few.normalize(per).to_torch(), few.to_torch().normalize(per)):
        assert [len(part) for part in dataset.parts] == [300, 1000, 2000] == dataset.fingerprint["counts"]
        values = dataset.train.values[:].numpy()
        axes = (0, 2, 3) if per == "channel" else 0
        assert np.abs(values.mean(axes)).max() < 1e-3
        back = dataset.unnormalize(dataset.val.values[:5])
        np.testing.assert_allclose(back, whole.val.values[:5], atol=1e-5)
    with pytest.raises(ValueError, match="no training images to normalise by"):
        whole.subset([]).normalize(per)


def likeness(one, other):
    return same_images(one.fingerprint, other.fingerprint)


def other_labels(dataset):
    changed = dataset.to_torch()
    changed.train.labels[[0, 1]] = changed.train.labels[[1, 0]]
    return changed


CHANGES = {
    "a subset": lambda whole: whole.subset(slice(500)),
    "all but one": lambda whole: whole.subset(slice(1, None)),
    "another order": lambda whole: whole.subset(slice(None, None, -1)),
    "others instead": lambda whole: whole.subset([0, *range(len(whole.train) - 1)]),
    "two labels exchanged": other_labels,
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_is_not_taken_for_the_whole(change, whole):
    changed = CHANGES[change](whole)
    assert likeness(whole, changed) is likeness(changed, whole) is Likeness.DIFFERENT
    assert likeness(changed, CHANGES[change](whole).normalize().to_torch()) is Likeness.EXACT


def test_what_is_whole_is_known_as_such(whole):
    for same in (whole.to_torch(), whole.normalize("pixel"), whole.subset(slice(None)), copy.deepcopy(whole)):
        assert likeness(whole, same) is Likeness.EXACT
    assert likeness(whole, whole.subset(range(len(whole.train)))) is Likeness.EXACT


def test_what_is_as_it_was_read_is_known_without_reading_its_pixels_again(whole, monkeypatch):
    mean, std = channel_moments(whole.train.values.pixels)
    monkeypatch.setattr("datasets.channel_moments", None)
    monkeypatch.setattr("datafiles.identity.crc_of", None)
    for same in (whole.normalize(), whole.to_torch().normalize(), whole.subset(slice(None)).normalize()):
        np.testing.assert_allclose([same.mean, same.std], [mean, std], rtol=1e-6)
        assert same.normalization == "per channel"
        assert same.fingerprint["crc32"] == whole.fingerprint["crc32"]


def test_labels_of_one_data_set_are_not_those_of_another(whole):
    first, second = whole.to_torch(), whole.to_torch()
    wanted = int(second.train.labels[0])
    first.train.labels[0] = (wanted + 1) % 10
    assert whole.train.labels[0] == second.train.labels[0] == wanted


def test_moments_of_other_images_are_another_normalisation(whole):
    own, others = whole.subset(slice(300)).normalize(), whole.normalize().subset(slice(300))
    assert own.normalization == whole.normalize().normalization == "per channel"
    assert whole.normalization == "not" and whole.normalize("pixel").normalization == "per pixel"
    assert others.normalization.startswith("per channel, by moments with CRC-32 ")
    net = torch.nn.Flatten()
    assert kept.description({"net": net}, own, {}) != kept.description({"net": net}, others, {})


def test_normalisation_is_read_off_the_images(whole):
    with pytest.raises(AttributeError):
        whole.mean = 0.5


def test_parts_go_into_torchs_loaders(whole):
    part = whole.to_torch().subset(slice(10)).train
    one, other = torch.utils.data.random_split(part, [6, 4])
    (images, labels), *_ = torch.utils.data.DataLoader(one, batch_size=3)
    assert images.shape == (3, *whole.train.values.shape[1:]) and len(other) == 4
    assert torch.equal(labels, part.labels[one.indices[:3]])
    assert [int(label) for _, label in part] == part.labels.tolist()  # a loop ends at the last image
