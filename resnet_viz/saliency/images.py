"""Pictures of any origin: refused with a sentence, or opened upright, in RGB, with nothing but their pixels."""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageCms
from PIL.ImageFile import ImageFile

from resnet_viz.questions import MAX_PICTURE_BYTES

MAX_SCANS = 100  # of a progressive JPEG: each costs as much as decoding it once, and few bytes
MAX_PIXELS = 25_000_000
MIN_SIDE = 8  # pixels
MAX_RATIO = 20  # longer side to shorter: with the shorter resized to 256 pixels, the longer would become huge
FORMATS = ("JPEG", "PNG", "WEBP")

# What Pillow 12 and 13 raise over files that are damaged, or made to be a nuisance.
_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, EOFError, struct.error)

# ImageOps.exif_transpose would do, but it also writes the EXIF anew, and fails where a camera wrote it in its own way.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class ImageRefused(ValueError):
    """A file that can't be shown; the sentence names the problem and what to do, and no path."""


@dataclass(frozen=True)
class Picture:
    """A picture in RGB without metadata, and what is to be said of it: "the first of 12 frames", or nothing."""

    image: Image.Image
    note: str


def open_picture(path: Path) -> Picture:
    """Open a JPEG, PNG or WEBP. Nothing is decoded before the bytes and the sides are known to be within the limits.

    Raises:
        ImageRefused: the file is missing, too large, too small, damaged or of another kind.
    """
    with _file(path) as file, _bombs_refused(), _parsed(file) as opened:
        _check_sides(*opened.size)
        return Picture(_decoded(opened), _note(opened))


def _file(path: Path) -> BinaryIO:
    try:
        if path.is_dir():
            raise ImageRefused("This is a folder: choose a picture in it.")
        size = path.stat().st_size
        if size > MAX_PICTURE_BYTES:
            raise ImageRefused(
                f"This file is larger than {MAX_PICTURE_BYTES // 1_000_000} MB: save the picture smaller."
            )
        if not size:
            raise ImageRefused("This file is empty: save the picture again, or choose another.")
        return path.open("rb")
    except FileNotFoundError as error:
        raise ImageRefused("There is no such file: choose another picture.") from error
    except OSError as error:
        raise ImageRefused("This file can't be read: check its permissions, or choose another picture.") from error


@contextmanager
def _bombs_refused() -> Iterator[None]:
    """Make an error of the warning that Pillow gives, instead of an error, up to twice its own limit of pixels.

    The filters belong to the whole process; that is fine in a worker, where one thread alone opens pictures.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of untidy EXIF or frames: the picture can be read all the same
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _parsed(file: BinaryIO) -> ImageFile:
    """The picture with its header read and no pixel decoded. The file is within the limit of bytes by now."""
    content = file.read()
    start = content[:12]
    file.seek(0)
    if start.startswith(b"\xff\xd8") and content.count(b"\xff\xda") > MAX_SCANS:
        raise ImageRefused(f"This JPEG has more than {MAX_SCANS} scans: save the picture anew, not as progressive.")
    try:
        return Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except _DAMAGE as error:
        if start.startswith((b"\xff\xd8\xff", b"\x89PNG")) or start[8:] == b"WEBP":
            raise _damaged() from error
        raise ImageRefused(
            "This file is no JPEG, PNG or WEBP, and only these are read: save the picture as one of them."
        ) from error


def _check_sides(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()
    short, long = sorted((width, height))
    if long > MAX_RATIO * short:
        raise ImageRefused(f"The picture is more than {MAX_RATIO} times as long as it is wide: cut a piece out of it.")
    if short < MIN_SIDE:
        raise ImageRefused(
            f"The picture has {width} x {height} pixels, and {MIN_SIDE} a side are the least: choose a larger one."
        )


def _too_many_pixels() -> ImageRefused:
    return ImageRefused(f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels: make it smaller.")


def _damaged() -> ImageRefused:
    return ImageRefused("This file is damaged or not finished: save the picture again, or choose another.")


def _decoded(opened: ImageFile) -> Image.Image:
    try:
        opened.seek(0)
        opened.load()
        return _plain(_upright(opened))
    except _DAMAGE as error:
        raise _damaged() from error


def _note(opened: ImageFile) -> str:
    frames = getattr(opened, "n_frames", 1)
    # An MPO is a JPEG in which a camera keeps a preview or a map of depths beside the photograph: no animation.
    return f"the first of {frames} frames" if frames > 1 and opened.format != "MPO" else ""


def _upright(image: Image.Image) -> Image.Image:
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except _DAMAGE:  # of the EXIF alone, since the pixels are decoded by now
        return image
    return image if turn is None else image.transpose(turn)


def _plain(image: Image.Image) -> Image.Image:
    """The pixels in RGB over white. The image is a fresh one, so EXIF, profile and texts stay behind."""
    canvas = Image.new("RGB", image.size, "white")
    if image.mode.startswith("I"):
        canvas.paste(_eight_bits(image))
    elif image.has_transparency_data:
        layer = image.convert("RGBA")
        canvas.paste(layer, mask=layer)
    else:
        canvas.paste(_printed(image) if image.mode == "CMYK" else image.convert("RGB"))
    return canvas


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits (I;16, in some versions I) scaled to 8 and over white; Pillow cuts all above 255 instead."""
    values = np.asarray(image, np.uint32)
    grey = ((values + 128) // 257).astype(np.uint8)  # rounds to the nearest
    grey[values == image.info.get("transparency", -1)] = 255
    return Image.fromarray(grey)


def _printed(image: Image.Image) -> Image.Image:
    """CMYK by the profile that comes with it, or by Pillow's plain rule when there is none that works."""
    if profile := image.info.get("icc_profile"):
        with suppress(ImageCms.PyCMSError, OSError):
            inks = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, inks, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
    return image.convert("RGB")
