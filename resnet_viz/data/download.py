"""Fetch CIFAR from torchvision's own address, checked by its MD5, into the cache: whole or not at all."""

import hashlib
import os
import shutil
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen

from resnet_viz.config import TITLES, DatasetName
from resnet_viz.control import Control, Stopped
from resnet_viz.data.archive import READERS
from resnet_viz.places import ARCHIVES, MIRROR_VARIABLE, DataUnavailable, cache_folder
from resnet_viz.records import Finished, Progress, Record

CHUNK = 1 << 18  # bytes
TIMEOUT_S = 20.0
REPORT_EVERY_S = 0.2


@dataclass(frozen=True)
class Archive:
    """A file on the network."""

    url: str
    md5: str


def archive_of(name: DatasetName) -> Archive:
    """Address and checksum as torchvision states them; RESNET_VIZ_MIRROR may name another folder of the same files.

    Raises:
        ValueError: the set is made here, not fetched.
    """
    if name not in READERS:
        raise ValueError(f"{TITLES[name]} is drawn on this machine; there is nothing to fetch.")
    reader = READERS[name]
    mirror = os.environ.get(MIRROR_VARIABLE)
    return Archive(urljoin(mirror.rstrip("/") + "/", reader.filename) if mirror else reader.url, reader.tgz_md5)


def download(name: DatasetName, control: Control, archive: Archive | None = None) -> Iterator[Record]:
    """Fetch, check, unpack beside, rename. Yields progress in bytes, then Finished.

    Raises:
        DataUnavailable: no connection, or what arrived is not the file; nothing is left behind.
        OSError: the cache can't be written.
    """
    archive = archive or archive_of(name)
    cache = cache_folder()
    part = cache / f"{name}.part"  # everything unfinished lies in here
    shutil.rmtree(part, ignore_errors=True)  # of a download that was killed
    part.mkdir(parents=True)
    try:
        yield from _fetch(name, archive, part / "archive.tar.gz", control)
        _unpack(name, part / "archive.tar.gz", part / "unpacked")
        target = cache / ARCHIVES[name]
        shutil.rmtree(target, ignore_errors=True)
        os.replace(part / "unpacked" / ARCHIVES[name], target)
    except Stopped:
        yield Finished(reason="stopped", step=0)
    else:
        yield Finished(reason="completed", step=0)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _fetch(name: DatasetName, archive: Archive, path: Path, control: Control) -> Iterator[Record]:
    digest, done, reported = hashlib.md5(usedforsecurity=False), 0, 0.0
    host = urlsplit(archive.url).netloc or archive.url
    with _connection(name, host):
        response = urlopen(archive.url, timeout=TIMEOUT_S)
    total = int(response.headers.get("Content-Length") or 0)
    with response, path.open("wb") as file:
        while True:
            control.check()
            with _connection(name, host):
                chunk = response.read(CHUNK)
            if not chunk:
                break
            file.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            if time.monotonic() - reported > REPORT_EVERY_S:
                reported = time.monotonic()
                yield Progress(done=done, total=total)
    if digest.hexdigest() != archive.md5:
        raise DataUnavailable(
            f"{TITLES[name]} arrived damaged from {host}: its checksum is another one. Nothing was kept; try again."
        )


@contextmanager
def _connection(name: DatasetName, host: str) -> Iterator[None]:
    """Errors of the network are OSErrors, and so are those of the disk: only the former pass through here."""
    try:
        yield
    except HTTPError as error:
        error.close()
        raise DataUnavailable(
            f"{TITLES[name]} can't be fetched: {host} answered {error.code}. Try again later; shapes needs no network."
        ) from error
    except (OSError, HTTPException, ValueError) as error:  # ValueError: a mirror that is no address
        raise DataUnavailable(
            f"{TITLES[name]} can't be fetched: no connection to {host}. Check the network and try again; "
            "shapes needs none."
        ) from error


def _unpack(name: DatasetName, path: Path, folder: Path) -> None:
    try:
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
    except tarfile.TarError as error:
        raise DataUnavailable(f"{TITLES[name]} can't be unpacked. Nothing was kept; try again.") from error
