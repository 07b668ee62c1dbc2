from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from resnet_viz.config import SHAPES_CLASSES, DataConfig
from resnet_viz.data import TrainingData, load_data
from resnet_viz.data.shapes import open_shapes
from resnet_viz.data.subset import open_dataset
from resnet_viz.places import DATA_VARIABLE, DataUnavailable
from tests.data.files import NAMES, write_parquet

A_CLASS = 6  # training images of each class in the tiny set


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """60 training and 20 test images whose red is the class and whose green is the place in the file."""

    def images(count: int) -> Any:
        pixels = np.zeros((count, 32, 32, 3), np.uint8)
        pixels[..., 0] = (np.arange(count) % 10)[:, None, None]
        pixels[..., 1] = np.arange(count)[:, None, None]
        return pixels

    for split, count in (("train", 10 * A_CLASS), ("test", 20)):
        write_parquet(tmp_path / "tiny", split, images(count), np.arange(count) % 10)
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "tiny"))


def load(seed: int = 0, **given: Any) -> TrainingData:
    return load_data(DataConfig(**{"train_size": 24, "test_size": 10, **given}), seed)


def places(data: TrainingData) -> list[int]:
    return data.train_images[:, 1, 0, 0].tolist()


def same(first: TrainingData, second: TrainingData) -> bool:
    return torch.equal(first.train_images, second.train_images) and torch.equal(first.test_images, second.test_images)


@pytest.mark.usefixtures("tiny")
def test_every_class_has_as_many_images_as_can_be() -> None:
    data = load(train_size=24, test_size=10)
    assert data.train_labels.bincount().tolist() == [3, 3, 3, 3, 2, 2, 2, 2, 2, 2]
    assert data.test_labels.bincount().tolist() == [1] * 10
    assert data.train_images.shape == (24, 3, 32, 32)
    assert len(set(places(data))) == 24
    assert data.train_labels.tolist() != sorted(data.train_labels.tolist())


@pytest.mark.usefixtures("tiny")
def test_every_image_keeps_its_label() -> None:
    data = load()
    assert data.classes == NAMES
    assert torch.equal(data.train_images[:, 0, 0, 0].long(), data.train_labels)
    assert torch.equal(data.test_images[:, 0, 0, 0].long(), data.test_labels)
    assert len(data.train_labels.unique()) == 10


@pytest.mark.usefixtures("tiny")
def test_the_choice_depends_on_the_seed_alone() -> None:
    first = load(seed=1)
    torch.manual_seed(9)
    assert same(load(seed=1), first)
    assert not same(load(seed=2), first)


@pytest.mark.usefixtures("tiny")
def test_chosen_classes_are_relabelled_in_the_order_given() -> None:
    data = load(classes=("ship", "bird"), train_size=11, test_size=4)
    assert data.classes == ("ship", "bird")
    assert data.train_labels.bincount().tolist() == [6, 5]
    original = data.train_images[:, 0, 0, 0]
    assert original[data.train_labels == 0].unique().tolist() == [8]
    assert original[data.train_labels == 1].unique().tolist() == [2]


@pytest.mark.usefixtures("tiny")
def test_the_statistics_are_those_of_the_training_images() -> None:
    data = load()
    pixels = data.train_images.double() / 255
    assert data.mean.tolist() == pytest.approx(pixels.mean((0, 2, 3)).tolist(), rel=1e-4)
    assert data.std[:2].tolist() == pytest.approx(pixels.std((0, 2, 3))[:2].tolist(), rel=1e-4)
    assert data.std[2] > 0  # of a channel that is black everywhere
    assert data.mean[0] != data.mean[1]


@pytest.mark.usefixtures("tiny")
def test_an_unknown_class_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="classes") as error:
        load(classes=("cat", "unicorn"))
    assert str(error.value) == f"classes: there is no class 'unicorn'; choose from {', '.join(NAMES)}"


@pytest.mark.usefixtures("tiny")
def test_more_images_than_a_class_has_are_refused() -> None:
    assert len(load(train_size=60).train_labels) == 60
    with pytest.raises(ValueError, match="train_size: 61 images need 7 of a class that has 6"):
        load(train_size=61)
    with pytest.raises(ValueError, match="test_size: 5 images need 3 of a class that has 2"):
        load(classes=("cat", "dog"), train_size=12, test_size=5)


@pytest.mark.usefixtures("no_data")
def test_a_data_set_that_lies_nowhere_is_missed_in_one_sentence() -> None:
    with pytest.raises(DataUnavailable, match=r"^CIFAR-10 is not on this machine\. Fetch it with `python -m"):
        load()
    assert load(name="shapes").classes == SHAPES_CLASSES


@pytest.mark.usefixtures("no_data")
def test_shapes_are_as_many_as_are_asked_for_whatever_the_classes() -> None:
    data = load(name="shapes", classes=("star", "disc"), train_size=1_001, test_size=7)
    assert data.classes == ("star", "disc")
    assert data.train_labels.bincount().tolist() == [501, 500]
    split = open_shapes(0, 1_000, 10).train
    stars = split.images((split.labels == SHAPES_CLASSES.index("star")).nonzero().flatten())
    found = [(data.train_images == star).flatten(1).all(1) for star in stars]
    assert {int(data.train_labels[here]) for here in found if here.any()} == {0}


def test_cifar_10_is_whole(cifar10: Path) -> None:
    dataset = open_dataset(DataConfig(), 0, cifar10)
    assert dataset.train.labels.bincount().tolist() == [5_000] * 10
    assert dataset.test.labels.bincount().tolist() == [1_000] * 10
    assert dataset.classes == (
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    )  # fmt: skip


def test_cifar_10_has_the_published_mean_and_deviation(cifar10: Path) -> None:
    data = load_data(DataConfig(train_size=5_000, test_size=100), 0, cifar10)
    assert data.train_images.shape == (5_000, 3, 32, 32)
    assert data.mean.tolist() == pytest.approx([0.4914, 0.4822, 0.4465], abs=0.01)
    assert data.std.tolist() == pytest.approx([0.2470, 0.2435, 0.2616], abs=0.01)
    assert data.mean.tolist() != pytest.approx([0.4465, 0.4822, 0.4914], abs=0.01)  # blue first
