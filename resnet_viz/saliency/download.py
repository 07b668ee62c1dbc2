"""Fetch a classifier's weights from torchvision's own address, checked, into the cache: whole or not at all."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from resnet_viz.control import Control
from resnet_viz.fetching import Source, ended, fetch, mirrored
from resnet_viz.places import weights_folders
from resnet_viz.questions import MODEL_TITLES, OFFLINE_MODEL, ModelName
from resnet_viz.records import Record
from resnet_viz.saliency.catalogue import file_name, weights_of


def source_of(name: ModelName) -> Source:
    """Address and checksum as torchvision states them; RESNET_VIZ_MIRROR may name another folder of the same files.

    The checksum is the eight digits in the file's name: they tell a damaged file, not a forged one.

    Raises:
        ValueError: torchvision has no weights under this name.
    """
    digits = Path(file_name(name)).stem.rpartition("-")[2]
    return Source(mirrored(weights_of(name).url), digits, "sha256")


def download_weights(name: ModelName, control: Control, source: Source | None = None) -> Iterator[Record]:
    """Fetch beside, check, rename. Yields progress in bytes, then Finished.

    Raises:
        DataUnavailable: no connection, or what arrived is not the file; nothing is left behind.
        OSError: the cache can't be written.
        ValueError: torchvision has no weights under this name.
    """
    return ended(_download(name, control, source or source_of(name)))


def _download(name: ModelName, control: Control, source: Source) -> Iterator[Record]:
    target = weights_folders()[-1] / file_name(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in target.parent.glob(f"{target.name}.*part"):  # of a download that was killed
        leftover.unlink(missing_ok=True)
    # A name of its own: should another program fetch the same file, neither renames what the other has half written.
    part = target.with_name(f"{target.name}.{uuid4().hex}.part")
    try:
        yield from fetch(MODEL_TITLES[name], source, part, control, otherwise=MODEL_TITLES[OFFLINE_MODEL])
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
