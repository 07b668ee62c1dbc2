"""A map on its picture: numbers to colours, colours over pixels, and both as files."""

from base64 import b64encode
from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from plotly import colors

COLOUR_MAPS = ("Viridis", "Inferno", "Cividis", "Turbo")  # for maps that are nowhere negative
# Red for the class, blue against it: colour-blind eyes tell them apart. Plotly's middle is a light grey, this is white.
SIGNED_MAP = (*colors.diverging.RdBu_r[:5], "rgb(255,255,255)", *colors.diverging.RdBu_r[6:])
SIGNED_PERCENTILE = 99.5  # of the absolute values: the few largest would make all the others white
ZERO = 128  # the entry of 0 in the table of signed maps; entry 255 is 1, entry 1 is -1


def scaled(values: ArrayLike, signed: bool, limit: float | None = None) -> NDArray[np.float64]:
    """A map (H, W) from 0 to 1 of its largest value, or from -1 to 1 of its 99.5th percentile if signed.

    Zero stays zero, so a map of zeros stays one. What is not finite becomes zero.

    Args:
        limit: the value that becomes 1 instead, for maps that are to be compared.
    """
    known = np.nan_to_num(np.asarray(values, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    largest = _largest(np.abs(known), signed) if limit is None else limit
    shares: NDArray[np.float64] = known.clip(-largest if signed else 0.0, largest) / (largest or 1.0)
    return shares


def _largest(size: NDArray[np.float64], signed: bool) -> float:
    share = float(np.percentile(size, SIGNED_PERCENTILE)) if signed else 0.0
    return share or float(size.max())  # where hardly any value differs from zero, the percentile is zero


def coloured(values: ArrayLike, *, signed: bool, colour_map: str, limit: float | None = None) -> NDArray[np.uint8]:
    """A map (H, W) in colours, (H, W, 3).

    Args:
        colour_map: one of `COLOUR_MAPS`; a signed map has a scale of its own.
        limit: the value of the strongest colour; None: the map's own, as in `scaled`.
    """
    shares = scaled(values, signed, limit)
    places = np.rint(ZERO + 127 * shares if signed else 255 * shares).astype(np.intp)
    colours: NDArray[np.uint8] = _table("" if signed else colour_map)[places]
    return colours


@lru_cache(len(COLOUR_MAPS) + 1)
def _table(colour_map: str) -> NDArray[np.uint8]:
    """The 256 colours of a colour map, (256, 3); of the signed one if it has no name."""
    steps = np.arange(256)
    # Zero has an entry of its own: one side has 127 steps, and so has the other.
    points = steps / 255 if colour_map else np.clip((steps - ZERO) / 254 + 0.5, 0.0, 1.0)
    sampled = colors.sample_colorscale(colour_map or list(SIGNED_MAP), points.tolist(), colortype="tuple")
    table: NDArray[np.uint8] = np.rint(255 * np.array(sampled, dtype=np.float64)).astype(np.uint8)
    return table


def overlay(
    view: NDArray[np.uint8],
    values: ArrayLike,
    *,
    opacity: float,
    signed: bool,
    colour_map: str,
    limit: float | None = None,
) -> NDArray[np.uint8]:
    """A map (H, W), in the colours of `coloured`, over the picture (H, W, 3) that the net saw.

    Args:
        opacity: of the map, 0 to 1, the same for every pixel.
    """
    over = coloured(values, signed=signed, colour_map=colour_map, limit=limit)
    return np.rint((1 - opacity) * view + opacity * over).astype(np.uint8)


def enlarged(grid: NDArray[Any], size: int) -> NDArray[Any]:
    """A grid (h, w) as (size, size), each place a plain rectangle: what was measured, before it was smoothed."""
    height, width = grid.shape
    places = np.arange(size)
    return grid[np.ix_(places * height // size, places * width // size)]


def png(picture: NDArray[np.uint8]) -> bytes:
    """The file of a picture (H, W, 3)."""
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def address(picture: NDArray[np.uint8]) -> str:
    """The address of a picture (H, W, 3) that holds its file in itself (RFC 2397)."""
    return f"data:image/png;base64,{b64encode(png(picture)).decode()}"


def npz(**arrays: NDArray[Any]) -> bytes:
    """The file of arrays by name, as `numpy.load` reads it."""
    buffer = BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()
