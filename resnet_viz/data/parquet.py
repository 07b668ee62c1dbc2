"""CIFAR in its two-file Parquet form: an image column of encoded PNGs and a label column."""

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from PIL import Image
from torch import Tensor

from resnet_viz.config import NUM_CLASSES, TITLES, DatasetName
from resnet_viz.data.dataset import Dataset, Split, check_labels
from resnet_viz.places import DataUnavailable

LABEL_COLUMNS = {"cifar10": "label", "cifar100": "fine_label"}
IMAGE_COLUMNS = ("img", "image")


def open_parquet(name: DatasetName, folder: Path) -> Dataset:
    """Read labels and encoded images of both splits.

    Raises:
        DataUnavailable: a file is missing, truncated or of another data set; the sentence names it.
    """
    train, classes = _open_split(name, folder, "train")
    test, _ = _open_split(name, folder, "test")
    return Dataset(classes, train, test)


def _open_split(name: DatasetName, folder: Path, split: str) -> tuple[Split, tuple[str, ...]]:
    path = next(iter(sorted(folder.glob(f"{split}-*.parquet"))), None)
    if path is None:
        raise DataUnavailable(f"{folder} has no {split}-*.parquet, so {TITLES[name]} is not whole. Fetch it again.")
    label_column = LABEL_COLUMNS[name]
    try:
        table = pq.read_table(path)
        image_column = next(column for column in IMAGE_COLUMNS if column in table.column_names)
        labels = torch.from_numpy(table[label_column].to_numpy().astype(np.int64))
        encoded = table[image_column].combine_chunks().field("bytes")
    except (pa.ArrowException, OSError) as error:
        raise DataUnavailable(f"{path} can't be read: it is damaged or not finished. Fetch it again.") from error
    except (KeyError, StopIteration) as error:
        raise DataUnavailable(
            f"{path} is not {TITLES[name]}: it has the columns {', '.join(table.column_names)}, "
            f"and img and {label_column} are needed."
        ) from error
    check_labels(labels, NUM_CLASSES[name], path)
    return Split(labels, lambda indices: _decode(encoded, indices, path)), _class_names(name, table, label_column)


def _decode(encoded: pa.Array, indices: Tensor, path: Path) -> Tensor:
    images = np.empty((len(indices), 32, 32, 3), np.uint8)
    try:
        for place, index in enumerate(indices.tolist()):
            with Image.open(io.BytesIO(encoded[index].as_py()), formats=("PNG",)) as image:
                images[place] = np.asarray(image.convert("RGB"))
    except (OSError, ValueError, TypeError) as error:
        raise DataUnavailable(f"{path} holds a damaged image at row {index}. Fetch the file again.") from error
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()  # (n, 3, 32, 32)


def _class_names(name: DatasetName, table: pa.Table, label_column: str) -> tuple[str, ...]:
    """The names stand in the schema, where the data set's publisher puts them; numbers where they do not."""
    metadata = (table.schema.metadata or {}).get(b"huggingface", b"{}")
    features = json.loads(metadata).get("info", {}).get("features", {})
    names = features.get(label_column, {}).get("names")
    return tuple(names) if names else tuple(str(label) for label in range(NUM_CLASSES[name]))
