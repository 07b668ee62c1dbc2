from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from resnet_viz.data.dataset import Dataset
from resnet_viz.data.parquet import open_parquet
from resnet_viz.places import DataUnavailable
from tests.data.files import NAMES, png, random_images, write_parquet

LABELS = [3, 0, 9, 3, 1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole data set: 5 training images in three row groups, 2 test images."""
    write_parquet(tmp_path / "set", "train", random_images(5), LABELS, rows_a_group=2)
    write_parquet(tmp_path / "set", "test", random_images(2, seed=1), [0, 1])
    return tmp_path / "set"


def all_images(dataset: Dataset) -> torch.Tensor:
    return dataset.train.images(torch.arange(len(dataset.train.labels)))


def test_labels_class_names_and_pixels_come_back(folder: Path) -> None:
    dataset = open_parquet("cifar10", folder)
    assert dataset.classes == NAMES
    assert dataset.train.labels.tolist() == LABELS
    assert dataset.train.labels.dtype == torch.int64
    assert dataset.test.labels.tolist() == [0, 1]
    images = all_images(dataset)
    assert (images.dtype, images.shape) == (torch.uint8, (5, 3, 32, 32))
    np.testing.assert_array_equal(images.numpy(), random_images(5).transpose(0, 3, 1, 2))
    assert not np.array_equal(images[:2].numpy(), dataset.test.images(torch.arange(2)).numpy())


def test_images_come_in_the_order_asked_for_across_row_groups(folder: Path) -> None:
    dataset = open_parquet("cifar10", folder)
    whole, order = all_images(dataset), torch.tensor([4, 0, 3, 0])
    assert torch.equal(dataset.train.images(order), whole[order])
    assert not torch.equal(whole[order], whole[:4])


def test_the_column_may_be_called_image_and_the_fine_label_counts_on_cifar_100(tmp_path: Path) -> None:
    for split in ("train", "test"):
        write_parquet(
            tmp_path, split, random_images(2), [99, 0], image_column="image", label_column="fine_label", names=None
        )
    dataset = open_parquet("cifar100", tmp_path)
    assert dataset.train.labels.tolist() == [99, 0]
    assert dataset.classes == tuple(map(str, range(100)))
    with pytest.raises(DataUnavailable, match=r"is not CIFAR-10: it has the columns image, fine_label"):
        open_parquet("cifar10", tmp_path)


def test_a_grey_picture_is_read_as_colour(folder: Path) -> None:
    grey = random_images(1)[0, :, :, 0]
    write_parquet(folder, "train", [png(grey)], [0])
    images = all_images(open_parquet("cifar10", folder))
    np.testing.assert_array_equal(images[0].numpy(), np.broadcast_to(grey, (3, 32, 32)))


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_missing_file_is_named(folder: Path, split: str) -> None:
    (folder / f"{split}-00000-of-00001.parquet").unlink()
    with pytest.raises(DataUnavailable) as error:
        open_parquet("cifar10", folder)
    assert str(error.value) == f"{folder} has no {split}-*.parquet, so CIFAR-10 is not whole. Fetch it again."


@pytest.mark.parametrize("size", [0, 3, 200, -8])
def test_a_truncated_file_is_named(folder: Path, size: int) -> None:
    path = folder / "train-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(DataUnavailable) as error:
        open_parquet("cifar10", folder)
    assert str(error.value) == f"{path} can't be read: it is damaged or not finished. Fetch it again."


IMAGE = {"bytes": b"", "path": None}


@pytest.mark.parametrize(
    "columns",
    [
        {"text": ["a"], "label": [0]},
        {"img": [IMAGE], "topic": [0]},
        {"img": [IMAGE], "label": ["cat"]},
        {"img": [IMAGE], "label": [0.5]},
        {"img": [b"only bytes"], "label": [0]},
        {"img": [{"data": b""}], "label": [0]},
    ],
    ids=["no images", "no labels", "words as labels", "fractions as labels", "bytes", "another struct"],
)
def test_foreign_columns_are_named(folder: Path, columns: dict[str, list[Any]]) -> None:
    path = folder / "train-00000-of-00001.parquet"
    pq.write_table(pa.table(columns), path)
    with pytest.raises(DataUnavailable) as error:
        open_parquet("cifar10", folder)
    assert str(error.value).startswith(f"{path} is not CIFAR-10: it has the columns {', '.join(columns)}")


@pytest.mark.parametrize("labels", [pa.array([], pa.int64()), pa.array([0, None], pa.int64())], ids=["none", "null"])
def test_a_file_without_labels_is_refused(folder: Path, labels: pa.Array) -> None:
    path = write_parquet(folder, "train", random_images(len(labels)), labels)
    with pytest.raises(DataUnavailable) as error:
        open_parquet("cifar10", folder)
    assert str(error.value) == f"{path} can't be read: it is damaged or not finished. Fetch it again."


@pytest.mark.parametrize("label", [-1, 10])
def test_a_label_out_of_range_is_refused(folder: Path, label: int) -> None:
    path = write_parquet(folder, "train", random_images(2), [5, label])
    low, high = min(5, label), max(5, label)
    with pytest.raises(DataUnavailable) as error:
        open_parquet("cifar10", folder)
    assert str(error.value).startswith(f"{path} has labels from {low} to {high}; they must lie in 0 to 9.")


@pytest.mark.parametrize(
    "image",
    [b"no picture", png(random_images(1)[0])[:200], png(np.zeros((16, 16, 3), np.uint8))],
    ids=["text", "half", "small"],
)
def test_a_damaged_image_is_refused_when_it_is_asked_for(folder: Path, image: bytes) -> None:
    path = write_parquet(folder, "train", [png(random_images(1)[0]), image], [0, 1])
    dataset = open_parquet("cifar10", folder)
    assert dataset.train.images(torch.tensor([0])).shape == (1, 3, 32, 32)
    with pytest.raises(DataUnavailable) as error:
        dataset.train.images(torch.tensor([1]))
    assert str(error.value) == f"{path} can't be read: it is damaged or not finished. Fetch it again."


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        "no json",
        "[]",
        '{"info": null}',
        '{"info": {"features": {"label": 1}}}',
        '{"info": {"features": {"label": {"names": 1}}}}',
        '{"info": {"features": {"label": {"names": ["cat", "dog"]}}}}',
    ],
)
def test_without_a_readable_name_for_every_class_the_classes_are_numbered(folder: Path, metadata: str | None) -> None:
    assert open_parquet("cifar10", folder).classes == NAMES
    path = folder / "train-00000-of-00001.parquet"
    table = pq.read_table(path).replace_schema_metadata({"huggingface": metadata} if metadata else None)
    pq.write_table(table, path)
    assert open_parquet("cifar10", folder).classes == tuple("0123456789")
