"""Where things lie: data sets, downloads, runs. Looks at names of files only, so the server may ask it."""

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import platformdirs

from resnet_viz.config import DatasetName

_APP = "resnet-viz"
DATA_VARIABLE = "RESNET_VIZ_DATA"  # a folder with CIFAR in one of its forms
CACHE_VARIABLE = "RESNET_VIZ_CACHE"
WEIGHTS_VARIABLE = "RESNET_VIZ_WEIGHTS"  # a folder with files under torchvision's names
RUNS_VARIABLE = "RESNET_VIZ_RUNS"  # the per-user data folder: store and weights
STORE_VARIABLE = "RESNET_VIZ_STORE"  # any SQLAlchemy URL

MIRROR_VARIABLE = "RESNET_VIZ_MIRROR"  # an address whose folder holds the same files, for a school's own copy

ARCHIVES = {"cifar10": "cifar-10-batches-py", "cifar100": "cifar-100-python"}


class DataUnavailable(Exception):
    """A data set that is missing, broken or another one; the sentence names the path and what to do."""


@dataclass(frozen=True)
class DatasetPlace:
    """A folder in which a data set seems to lie; its reader checks whether it is whole."""

    form: Literal["archive", "parquet"]
    folder: Path


def cache_folder() -> Path:
    """The folder of downloads, per user."""
    return Path(os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir(_APP))


def runs_folder() -> Path:
    """The folder of the store and of final weights, per user."""
    return Path(os.environ.get(RUNS_VARIABLE) or platformdirs.user_data_dir(_APP))


def store_url() -> str:
    """SQLAlchemy URL of the store of runs."""
    return os.environ.get(STORE_VARIABLE) or f"sqlite:///{runs_folder() / 'runs.sqlite'}"


def weights_name(arm: int) -> str:
    """The file of an arm's final weights in the folder of its run."""
    return f"arm{arm}.safetensors"


def weights_folders() -> list[Path]:
    """Where weights of pretrained classifiers may lie: the named folder, then the cache, into which downloads go."""
    named = os.environ.get(WEIGHTS_VARIABLE)
    return [*([Path(named)] if named else []), cache_folder() / "weights"]


def has_weights(file: str) -> bool:
    """Whether a file of weights, under torchvision's name, lies where it is looked for."""
    return any((folder / file).is_file() for folder in weights_folders())


# Photographs that scikit-image carries, which everybody may use: name, file.
SAMPLES = {
    "coffee": "coffee.png", "cat": "chelsea.png", "camera man": "camera.png", "rocket": "rocket.jpg",
    "motorcycle": "motorcycle_left.png", "astronaut": "astronaut.png",
}  # fmt: skip


def sample_picture(name: str) -> Path:
    """The file of a sample picture. Looks for scikit-image without importing it.

    Raises:
        KeyError: there is no sample of this name.
    """
    package = find_spec("skimage")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "data" / SAMPLES[name]


def find_dataset(name: DatasetName, data_dir: Path | None = None) -> DatasetPlace | None:
    """The first place that holds a data set: `data_dir` or RESNET_VIZ_DATA, then the cache; None when nowhere.

    Raises:
        DataUnavailable: a folder was named, and it does not exist.
    """
    if name == "shapes":
        return None
    for root in _roots(data_dir):
        for folder in (root / name, root):
            if (folder / ARCHIVES[name]).is_dir():
                return DatasetPlace("archive", folder)
            if _parquet_files(folder) and folder.name not in ARCHIVES.keys() - {name}:
                return DatasetPlace("parquet", folder)
    return None


def _roots(data_dir: Path | None) -> list[Path]:
    named = data_dir or os.environ.get(DATA_VARIABLE)
    if not named:
        return [cache_folder()]
    folder = Path(named)
    if not folder.is_dir():
        source = "--data-dir" if data_dir else DATA_VARIABLE
        raise DataUnavailable(f"{source} names {folder}, which is no folder. Correct it, or leave it out.")
    return [folder, cache_folder()]


def _parquet_files(folder: Path) -> bool:
    return any(folder.glob("train-*.parquet")) or any(folder.glob("test-*.parquet"))
