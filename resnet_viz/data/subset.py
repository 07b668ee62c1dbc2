"""The images of one experiment: class subset, stratified sizes, held in memory as uint8."""

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from resnet_viz.config import SHAPES_CLASSES, DataConfig
from resnet_viz.data.archive import open_archive
from resnet_viz.data.dataset import Dataset, Split, missing
from resnet_viz.data.parquet import open_parquet
from resnet_viz.data.shapes import open_shapes
from resnet_viz.places import find_dataset
from resnet_viz.seeds import generator


@dataclass(frozen=True)
class TrainingData:
    """All that one experiment reads. Images (N, 3, 32, 32) uint8, labels (N,) int64, statistics in 0 … 1."""

    classes: tuple[str, ...]
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    mean: Tensor  # (3,), of the training images
    std: Tensor  # (3,)


def open_dataset(config: DataConfig, seed: int, data_dir: Path | None = None) -> Dataset:
    """Open the data set that a configuration names.

    Raises:
        DataUnavailable: it is missing or not whole; the sentence says where and what to do.
    """
    if config.name == "shapes":
        per_class = (math.ceil(size / config.num_classes) for size in (config.train_size, config.test_size))
        return open_shapes(seed, *(count * len(SHAPES_CLASSES) for count in per_class))
    place = find_dataset(config.name, data_dir)
    if place is None:
        raise missing(config.name)
    opened = open_archive if place.form == "archive" else open_parquet
    return opened(config.name, place.folder)


def load_data(config: DataConfig, seed: int, data_dir: Path | None = None) -> TrainingData:
    """Choose the images of an experiment and decode them.

    Raises:
        DataUnavailable: as `open_dataset`.
        ValueError: an unknown class, or more images asked for than the chosen classes have.
    """
    dataset = open_dataset(config, seed, data_dir)
    keep = _class_indices(dataset.classes, config.classes)
    train_images, train_labels = _select(dataset.train, keep, config.train_size, seed, "train")
    test_images, test_labels = _select(dataset.test, keep, config.test_size, seed, "test")
    pixels = train_images.float() / 255
    return TrainingData(
        classes=tuple(dataset.classes[index] for index in keep),
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
        mean=pixels.mean(dim=(0, 2, 3)),
        std=pixels.std(dim=(0, 2, 3)).clamp_min(1e-6),
    )


def _class_indices(names: tuple[str, ...], wanted: tuple[str, ...]) -> list[int]:
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise ValueError(f"classes: there is no class {unknown[0]!r}; choose from {', '.join(names)}")
    return [names.index(name) for name in wanted] if wanted else list(range(len(names)))


def _select(split: Split, keep: list[int], size: int, seed: int, name: str) -> tuple[Tensor, Tensor]:
    """`size` images, as many of each class as can be, in a random order; labels renumbered to the kept classes."""
    source = generator(seed, f"subset/{name}")
    shares = [size // len(keep) + (place < size % len(keep)) for place in range(len(keep))]
    chosen, labels = [], []
    for label, (index, share) in enumerate(zip(keep, shares, strict=True)):
        members = (split.labels == index).nonzero().flatten()
        if share > len(members):
            raise ValueError(f"{name}_size: {size:,} images need {share:,} of a class that has {len(members):,}")
        chosen.append(members[torch.randperm(len(members), generator=source)[:share]])
        labels.append(torch.full((share,), label))
    order = torch.randperm(size, generator=source)
    return split.images(torch.cat(chosen)[order]), torch.cat(labels)[order]
