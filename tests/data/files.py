"""Tiny CIFAR files in the two forms in which the real set comes."""

import hashlib
import io
import json
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from PIL import Image
from torchvision.datasets import CIFAR10

Pixels = NDArray[np.uint8]

PICTURE = pa.struct({"bytes": pa.binary(), "path": pa.string()})
NAMES = ("plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def random_images(count: int, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def png(pixels: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def write_parquet(
    folder: Path,
    split: str,
    images: Sequence[bytes] | Pixels,
    labels: Any,
    *,
    image_column: str = "img",
    label_column: str = "label",
    names: Sequence[str] | None = NAMES,
    rows_a_group: int = 1000,
) -> Path:
    """One file as the data set's publisher writes it; images are encoded, or pixels to be encoded."""
    encoded = [image if isinstance(image, bytes) else png(image) for image in images]
    pictures = pa.array([{"bytes": one, "path": None} for one in encoded], PICTURE)
    table = pa.table({image_column: pictures, label_column: labels})
    if names is not None:
        features = {label_column: {"names": list(names), "_type": "ClassLabel"}}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{split}-00000-of-00001.parquet"
    pq.write_table(table, path, row_group_size=rows_a_group)
    return path


def write_archive(
    root: Path, reader: type[CIFAR10], label_key: str, names: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """An unpacked archive of 4 images a file, and the checksums that make torchvision take it for the real one."""
    folder = root / reader.base_folder
    folder.mkdir(parents=True)

    def write(name: str, content: dict[str, Any]) -> str:
        data = pickle.dumps(content)
        (folder / name).write_bytes(data)
        return hashlib.md5(data, usedforsecurity=False).hexdigest()

    for attribute in ("train_list", "test_list"):
        files = []
        for place, (name, _) in enumerate(getattr(reader, attribute)):
            seed = place + 100 * (attribute == "test_list")
            rows = random_images(4, seed).transpose(0, 3, 1, 2).reshape(4, -1)
            labels = [(seed + one) % len(names) for one in range(4)]
            files.append([name, write(name, {"data": rows, label_key: labels})])
        monkeypatch.setattr(reader, attribute, files)
    checksum = write(str(reader.meta["filename"]), {reader.meta["key"]: list(names)})
    monkeypatch.setattr(reader, "meta", reader.meta | {"md5": checksum})
    return folder
