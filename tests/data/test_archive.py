import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torchvision.datasets import CIFAR10

from resnet_viz.data.archive import READERS, open_archive
from resnet_viz.data.dataset import Split
from resnet_viz.places import ARCHIVES, DataUnavailable
from tests.data.files import NAMES, write_archive

LABEL_KEYS = {"cifar10": "labels", "cifar100": "fine_labels"}
CLASSES = {"cifar10": NAMES, "cifar100": tuple(f"class {place}" for place in range(100))}


@pytest.fixture(params=["cifar10", "cifar100"])
def name(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def folder(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole archive of either set, of few images."""
    return write_archive(tmp_path, READERS[name], LABEL_KEYS[name], CLASSES[name], monkeypatch)


def assert_equal_to(oracle: CIFAR10, split: Split) -> None:
    images = split.images(torch.arange(len(oracle)))
    assert images.is_contiguous()
    for place, (picture, label) in enumerate(oracle):
        np.testing.assert_array_equal(images[place].permute(1, 2, 0).numpy(), np.asarray(picture))
        assert split.labels[place] == label


def test_an_archive_is_read_as_torchvision_reads_it(name: Any, folder: Path) -> None:
    dataset = open_archive(name, folder.parent)
    train, test = (READERS[name](folder.parent, train=train) for train in (True, False))
    assert_equal_to(train, dataset.train)
    assert_equal_to(test, dataset.test)
    assert dataset.classes == tuple(train.classes) == CLASSES[name]
    assert len(train) == 4 * len(READERS[name].train_list)
    assert not torch.equal(dataset.train.images(torch.arange(4)), dataset.test.images(torch.arange(4)))


def test_images_come_in_the_order_asked_for(name: Any, folder: Path) -> None:
    split = open_archive(name, folder.parent).train
    images = split.images(torch.arange(4))
    assert torch.equal(split.images(torch.tensor([3, 0])), images[[3, 0]])
    assert not torch.equal(images[3], images[0])


def damage_truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def damage_remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [damage_truncate, damage_remove])
@pytest.mark.parametrize("kind", ["train", "test", "meta"])
def test_an_archive_that_is_not_whole_is_refused(name: Any, folder: Path, kind: str, damage: Any) -> None:
    reader = READERS[name]
    file = {"train": reader.train_list[-1][0], "test": reader.test_list[0][0], "meta": reader.meta["filename"]}[kind]
    assert open_archive(name, folder.parent)
    damage(folder / str(file))
    with pytest.raises(DataUnavailable) as error:
        open_archive(name, folder.parent)
    assert str(error.value).startswith(f"{folder} is not the CIFAR-10")
    assert str(error.value).endswith("Delete the folder and fetch it again.")


class Intruder:
    """A pickle of it makes a folder when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return Path.mkdir, (self.path,)


def test_a_foreign_pickle_is_refused_and_never_opened(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    content = pickle.dumps(Intruder(trace))
    folder = tmp_path / ARCHIVES["cifar10"]
    folder.mkdir()
    for name in ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"):
        (folder / name).write_bytes(content)
    (folder / "batches.meta").write_bytes(content)
    with pytest.raises(DataUnavailable, match="is not the CIFAR-10 that torchvision knows"):
        open_archive("cifar10", tmp_path)
    assert not trace.exists()
    pickle.loads(content)
    assert trace.exists()


def test_labels_of_another_set_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checksums are right here, so only the range of the labels can tell."""
    names = tuple(f"class {place}" for place in range(101))
    folder = write_archive(tmp_path, CIFAR10, "labels", names, monkeypatch)
    with pytest.raises(DataUnavailable, match=r"has labels from 100 to 100|has labels from 0 to \d+") as error:
        open_archive("cifar10", tmp_path)
    assert str(folder) in str(error.value)
