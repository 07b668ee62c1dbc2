"""Pictures that a command is given, and what it says and writes about each."""

import errno
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from numpy.typing import NDArray

from resnet_viz.attribution import METHODS, MethodName
from resnet_viz.charts import overlay
from resnet_viz.charts.saliency import class_name, percent, top
from resnet_viz.questions import Description

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")  # of what is taken from a folder; a file that is named may have any
LONGEST_NAME = 200  # bytes of a picture's name in what is written: file systems take 255, and more is appended
OPACITY = 0.55
COLOUR_MAP = "Viridis"


@dataclass(frozen=True)
class Picture:
    """A file as it was given, and the name of what is made from it, which no other picture has."""

    given: str
    name: str


def find_pictures(given: Sequence[str]) -> list[Picture]:
    """The files that were given, and those in the folders that were given, each once.

    Raises:
        click.UsageError: one does not exist, or a folder holds no picture.
    """
    files = {Path(file): file for one in given for file in _files(one)}  # a mapping keeps the order
    taken: set[str] = set()
    return [Picture(file, _unique(path.stem, taken)) for path, file in files.items()]


def _files(given: str) -> list[str]:
    if not os.path.isdir(given):
        if not os.path.exists(given):
            raise click.UsageError(f"There is no file or folder {printable(given)!r}: correct the name.")
        return [given]
    try:
        named = (os.path.join(given, name) for name in sorted(os.listdir(given)) if _is_picture(name))
        found = [file for file in named if os.path.isfile(file)]
    except OSError as error:
        raise click.UsageError(f"The folder {printable(given)} can't be read: {error.strerror or error}.") from error
    if not found:
        raise click.UsageError(f"The folder {printable(given)} holds no picture: no {', '.join(SUFFIXES)}.")
    return found


def _is_picture(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in SUFFIXES


def _unique(stem: str, taken: set[str]) -> str:
    """A stem, with a number if another picture has it: some file systems take A and a for the same."""
    short = stem.encode(errors="ignore")[:LONGEST_NAME].decode(errors="ignore")
    name, number = short, 1
    while name.casefold() in taken:
        number += 1
        name = f"{short}-{number}"
    taken.add(name.casefold())
    return name


def printable(text: str) -> str:
    """Text of others for one line of a terminal: no line breaks, control characters or broken letters."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def is_text(path: str) -> bool:
    """Whether a path can be told to the worker, in UTF-8."""
    return path.encode(errors="ignore").decode() == path


def say(text: str, *, err: bool = False) -> None:
    """A line on stdout or stderr. While a bar of Rich is shown, click.echo writes past Rich, into the bar."""
    stream = sys.stderr if err else sys.stdout
    stream.write(f"{text}\n")
    stream.flush()


@dataclass
class Results:
    """Says on stdout what came of each picture, and writes maps where a folder is given for them."""

    description: Description
    model: str
    method: MethodName
    layer: str | None
    out: Path | None
    as_json: bool
    advance: Callable[[], object]  # called after each picture
    failed: bool = False

    def refuse(self, picture: Picture, sentence: str) -> None:
        """A picture without an answer."""
        self.failed = True
        if self.as_json:
            say(json.dumps({"image": picture.given, "error": sentence}))
        else:
            say(f"error: {printable(picture.given)}: {' '.join(sentence.split())}", err=True)
        self.advance()

    def add(self, picture: Picture, arrays: Mapping[str, NDArray[Any]], target: int, note: str) -> None:
        """A picture's answer: its own of the arrays of `Attribute`.

        Raises:
            click.ClickException: a file can't be written.
        """
        files = [] if self.out is None else self._write(self.out, picture, arrays)
        words = self._object if self.as_json else self._block
        say(words(picture, arrays, target, note, files))
        self.advance()

    def _object(
        self, picture: Picture, arrays: Mapping[str, NDArray[Any]], target: int, _note: str, files: Sequence[Path]
    ) -> str:
        names = self.description.categories
        top5 = [
            {"index": place, "name": names[place], "probability": round(value, 6) if math.isfinite(value) else None}
            for place, value in top(arrays["probabilities"], names)
        ]
        drawn, kept = map(str, files) if files else (None, None)
        return json.dumps(
            {
                "image": picture.given, "model": self.model, "method": self.method, "layer": self.layer,
                "target": {"index": target, "name": names[target]}, "top5": top5, "overlay": drawn, "map": kept,
            }
        )  # fmt: skip

    def _block(
        self, picture: Picture, arrays: Mapping[str, NDArray[Any]], target: int, note: str, files: Sequence[Path]
    ) -> str:
        names, probabilities, values = self.description.categories, arrays["probabilities"], arrays["maps"]
        title = printable(picture.given) + (f", {note}" if note else "")
        said = ", ".join(f"{class_name(place, names)} {percent(value)}" for place, value in top(probabilities, names))
        explained = f"{class_name(target, names)} ({percent(float(probabilities[target]))})"
        where = f" at {self.layer}" if self.layer else ""
        flat = "" if values.max() > values.min() else ", the same everywhere"
        written = f": {', '.join(printable(str(file)) for file in files)}" if files else ""
        return f"{title}: {said}\n    {METHODS[self.method].title} of {explained}{where}{flat}{written}"

    def _write(self, out: Path, picture: Picture, arrays: Mapping[str, NDArray[Any]]) -> list[Path]:
        values, view = arrays["maps"], arrays["views"]
        signed = METHODS[self.method].signed
        drawn = overlay.overlay(view, values, opacity=OPACITY, signed=signed, colour_map=COLOUR_MAP)
        kept = {"map": values, "view": view, "probabilities": arrays["probabilities"]}
        kept |= {"grid": arrays["grids"]} if "grids" in arrays else {}
        files = {f"{picture.name}-{self.method}.png": overlay.png(drawn)}
        files[f"{picture.name}-{self.method}.npz"] = overlay.npz(**kept)
        for name, content in files.items():
            with os_sentences(out / name):
                _save(out / name, content)
        return [out / name for name in files]


def _save(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def os_sentences(path: Path) -> Iterator[None]:
    """What the system refuses becomes a sentence about the path that was to be written."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            sentence = f"The disk is full: {path} can't be written. Free some space and start again."
        else:
            sentence = f"{path} can't be written: {error.strerror or error}. Check it and start again."
        raise click.ClickException(printable(sentence)) from error
