"""Fetch CIFAR from torchvision's own address, checked by its MD5, into the cache: whole or not at all."""

import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

from resnet_viz.config import TITLES, DatasetName
from resnet_viz.control import Control
from resnet_viz.data.archive import READERS
from resnet_viz.fetching import Source, ended, fetch, mirrored
from resnet_viz.places import ARCHIVES, DataUnavailable, cache_folder
from resnet_viz.records import Record


def source_of(name: DatasetName) -> Source:
    """Address and checksum as torchvision states them; RESNET_VIZ_MIRROR may name another folder of the same files.

    Raises:
        ValueError: the set is made here, not fetched.
    """
    if name not in READERS:
        raise ValueError(f"{TITLES[name]} is drawn on this machine; there is nothing to fetch.")
    reader = READERS[name]
    return Source(mirrored(reader.url), reader.tgz_md5, "md5")


def download(name: DatasetName, control: Control, source: Source | None = None) -> Iterator[Record]:
    """Fetch, check, unpack beside, rename. Yields progress in bytes, then Finished.

    Raises:
        DataUnavailable: no connection, or what arrived is not the file; nothing is left behind.
        OSError: the cache can't be written.
        ValueError: the set is made here, not fetched.
    """
    return ended(_download(name, control, source or source_of(name)))


def _download(name: DatasetName, control: Control, source: Source) -> Iterator[Record]:
    cache = cache_folder()
    part = cache / f"{name}.part"  # everything unfinished lies in here
    shutil.rmtree(part, ignore_errors=True)  # of a download that was killed
    part.mkdir(parents=True)
    try:
        yield from fetch(TITLES[name], source, part / "archive.tar.gz", control, otherwise="shapes")
        _unpack(name, part / "archive.tar.gz", part / "unpacked")
        target = cache / ARCHIVES[name]
        shutil.rmtree(target, ignore_errors=True)
        os.replace(part / "unpacked" / ARCHIVES[name], target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _unpack(name: DatasetName, path: Path, folder: Path) -> None:
    try:
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
    except tarfile.TarError as error:
        raise DataUnavailable(f"{TITLES[name]} can't be unpacked. Nothing was kept; try again.") from error
