"""Fetch one file of the network: in pieces, with progress, interruptible, checked. Imports no torch."""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Literal
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen

from resnet_viz.control import Control, Stopped
from resnet_viz.places import MIRROR_VARIABLE, DataUnavailable
from resnet_viz.records import Finished, Progress, Record

CHUNK = 1 << 18  # bytes
TIMEOUT_S = 20.0
REPORT_EVERY_S = 0.2


@dataclass(frozen=True)
class Source:
    """A file on the network, and the first hex digits of its digest, or all of them."""

    url: str
    digest: str
    algorithm: Literal["md5", "sha256"]

    def __post_init__(self) -> None:
        if not self.digest:
            raise ValueError(f"{self.url} needs a digest: without one, any file would do.")

    @property
    def host(self) -> str:
        """Whom a sentence names."""
        return urlsplit(self.url).netloc or self.url


def mirrored(url: str) -> str:
    """An address, or that of the file of the same name in the folder that RESNET_VIZ_MIRROR names."""
    mirror = os.environ.get(MIRROR_VARIABLE)
    return urljoin(mirror.rstrip("/") + "/", url.rpartition("/")[2]) if mirror else url


def fetch(title: str, source: Source, path: Path, control: Control, *, otherwise: str) -> Iterator[Record]:
    """Write a file of the network to a path and check it. Yields progress in bytes.

    Args:
        title: what a sentence calls the file.
        path: what lies there after an error is not the file; removing it is the caller's.
        otherwise: what needs no network, for the sentence about one that is missing.
    Raises:
        DataUnavailable: no connection, or what arrived is not the file.
        OSError: the path can't be written.
        Stopped: by the control.
    """
    digest, done, reported = hashlib.new(source.algorithm, usedforsecurity=False), 0, 0.0
    with _connection(title, source.host, otherwise):
        response = urlopen(source.url, timeout=TIMEOUT_S)
    total = int(response.headers.get("Content-Length") or 0)
    with response, path.open("wb") as file:
        while True:
            control.check()
            with _connection(title, source.host, otherwise):
                chunk = response.read(CHUNK)
            if not chunk:
                break
            file.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            if time.monotonic() - reported > REPORT_EVERY_S:
                reported = time.monotonic()
                yield Progress(done=done, total=total)
    if not digest.hexdigest().startswith(source.digest):
        raise DataUnavailable(
            f"{title} arrived damaged from {source.host}: its checksum is another one. Nothing was kept; try again."
        )


def ended(records: Iterator[Record]) -> Iterator[Record]:
    """Records of a download, and how it ended. By then it has cleaned up."""
    try:
        yield from records
    except Stopped:
        yield Finished(reason="stopped", step=0)
    else:
        yield Finished(reason="completed", step=0)


@contextmanager
def _connection(title: str, host: str, otherwise: str) -> Iterator[None]:
    """Errors of the network are OSErrors, and so are those of the disk: only the former pass through here."""
    try:
        yield
    except HTTPError as error:
        error.close()
        raise DataUnavailable(
            f"{title} can't be fetched: {host} answered {error.code}. Try again later; {otherwise} needs no network."
        ) from error
    except (OSError, HTTPException, ValueError) as error:  # ValueError: a mirror that is no address
        raise DataUnavailable(
            f"{title} can't be fetched: no connection to {host}. Check the network and try again; "
            f"{otherwise} needs none."
        ) from error
