"""CIFAR in its two-file Parquet form: an image column of encoded PNGs and a label column."""

import io
import json
from functools import partial
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
        file = pq.ParquetFile(path, memory_map=True)
        schema = file.schema_arrow
        image_column = _image_column(schema, label_column)
        if image_column is None:
            raise DataUnavailable(
                f"{path} is not {TITLES[name]}: it has the columns {', '.join(schema.names)}, "
                f"and img (pictures) and {label_column} (whole numbers) are needed."
            )
        column = file.read([label_column])[label_column]
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path) from error
    if len(column) == 0 or column.null_count:
        raise _damaged(path)
    labels = torch.from_numpy(column.to_numpy().astype(np.int64))
    check_labels(labels, NUM_CLASSES[name], path)
    images = partial(_decode, file, image_column, path)
    return Split(labels, images), _class_names(name, schema, label_column)


def _image_column(schema: pa.Schema, label_column: str) -> str | None:
    """The column of encoded pictures; None when the columns are not those of the set."""
    types = {field.name: field.type for field in schema}
    if label_column not in types or not pa.types.is_integer(types[label_column]):
        return None
    pictures = (column for column in IMAGE_COLUMNS if column in types and pa.types.is_struct(types[column]))
    return next((column for column in pictures if types[column].get_field_index("bytes") >= 0), None)


def _decode(file: pq.ParquetFile, column: str, path: Path, indices: Tensor) -> Tensor:
    """Decode the rows asked for, a row group at a time, so the file is never whole in memory."""
    images = np.empty((len(indices), 32, 32, 3), np.uint8)
    first = 0
    try:
        for group in range(file.num_row_groups):
            last = first + file.metadata.row_group(group).num_rows
            places = ((indices >= first) & (indices < last)).nonzero().flatten()
            if len(places):
                encoded = file.read_row_group(group, [column])[column].combine_chunks().field("bytes")
                for place, row in zip(places.tolist(), (indices[places] - first).tolist(), strict=True):
                    with Image.open(io.BytesIO(encoded[row].as_py()), formats=("PNG",)) as image:
                        images[place] = np.asarray(image.convert("RGB"))
            first = last
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        raise _damaged(path) from error
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()  # (n, 3, 32, 32)


def _damaged(path: Path) -> DataUnavailable:
    return DataUnavailable(f"{path} can't be read: it is damaged or not finished. Fetch it again.")


def _class_names(name: DatasetName, schema: pa.Schema, label_column: str) -> tuple[str, ...]:
    """The names stand in the schema, where the data set's publisher puts them; numbers where they do not."""
    numbers = tuple(str(label) for label in range(NUM_CLASSES[name]))
    metadata = (schema.metadata or {}).get(b"huggingface", b"{}")
    try:
        names = tuple(json.loads(metadata)["info"]["features"][label_column]["names"])
    except (ValueError, KeyError, TypeError):
        return numbers
    return names if len(names) == len(numbers) else numbers
