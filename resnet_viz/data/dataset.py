"""What every source of images offers: labels at once, pixels on request."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from resnet_viz.config import TITLES, DatasetName
from resnet_viz.places import DataUnavailable


@dataclass(frozen=True)
class Split:
    """The training or test half of a data set; pixels are decoded only for the images asked for."""

    labels: Tensor  # (N,) int64
    images: Callable[[Tensor], Tensor]  # indices (n,) -> (n, 3, 32, 32) uint8


@dataclass(frozen=True)
class Dataset:
    """A whole data set, as its source gives it."""

    classes: tuple[str, ...]
    train: Split
    test: Split


def check_labels(labels: Tensor, num_classes: int, path: Path) -> None:
    """Refuse labels outside 0 … num_classes - 1.

    Raises:
        DataUnavailable: naming the path and the range found.
    """
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= num_classes:
        raise DataUnavailable(
            f"{path} has labels from {low} to {high}; they must lie in 0 to {num_classes - 1}. "
            "Replace the file, or point RESNET_VIZ_DATA elsewhere."
        )


def missing(name: DatasetName) -> DataUnavailable:
    """The sentence for a data set that lies nowhere."""
    return DataUnavailable(
        f"{TITLES[name]} is not on this machine. Fetch it with `python -m resnet_viz data download {name}`, "
        "set RESNET_VIZ_DATA to a folder that holds it, or race on shapes."
    )
