"""CIFAR as torchvision's archive holds it, read through torchvision, which checks every file's MD5."""

import pickle
from pathlib import Path

import torch
from torchvision.datasets import CIFAR10, CIFAR100

from resnet_viz.config import NUM_CLASSES, TITLES, DatasetName
from resnet_viz.data.dataset import Dataset, Split, check_labels
from resnet_viz.places import ARCHIVES, DataUnavailable

READERS: dict[str, type[CIFAR10]] = {"cifar10": CIFAR10, "cifar100": CIFAR100}


def open_archive(name: DatasetName, folder: Path) -> Dataset:
    """Read both splits.

    Raises:
        DataUnavailable: a file is missing, changed or truncated; the sentence names the folder.
    """
    train, classes = _open_split(name, folder, train=True)
    test, _ = _open_split(name, folder, train=False)
    return Dataset(classes, train, test)


def _open_split(name: DatasetName, folder: Path, *, train: bool) -> tuple[Split, tuple[str, ...]]:
    path = folder / ARCHIVES[name]
    try:
        source = READERS[name](folder, train=train, download=False)
    except (RuntimeError, OSError, EOFError, KeyError, pickle.UnpicklingError) as error:
        raise DataUnavailable(
            f"{path} is not the {TITLES[name]} that torchvision knows: a file is missing, damaged or changed. "
            "Delete the folder and fetch it again."
        ) from error
    pixels = torch.from_numpy(source.data).permute(0, 3, 1, 2)  # (N, 32, 32, 3) -> (N, 3, 32, 32)
    labels = torch.tensor(source.targets, dtype=torch.int64)
    check_labels(labels, NUM_CLASSES[name], path)
    return Split(labels, lambda indices: pixels[indices].contiguous()), tuple(source.classes)
