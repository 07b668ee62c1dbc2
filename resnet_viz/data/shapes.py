"""The offline set: ten classes of shapes and textures, drawn by arithmetic. Synthetic, and always labelled so.

The hue is only loosely tied to the class, the ground is soft random colour, and shapes turn, move and vary in size a
little. How hard that makes it is measured by `make bench-shapes`.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from resnet_viz.config import SHAPES_CLASSES
from resnet_viz.data.dataset import Dataset, Split
from resnet_viz.seeds import generator

SIZE = 32  # pixels a side
CHUNK = 500  # images drawn at once; image i is the same whatever the size of the set
HUE_SPREAD = 0.09  # standard deviation of the hue around the class's own, in turns of the colour circle
TURN = 0.25  # standard deviation of the rotation, in radians
NOISE = 0.05  # standard deviation of the pixel noise, of 1


def open_shapes(seed: int, train_size: int, test_size: int) -> Dataset:
    """The procedural set of a seed. Training and test images come from different generators."""
    return Dataset(SHAPES_CLASSES, _split(seed, "train", train_size), _split(seed, "test", test_size))


def _split(seed: int, split: str, size: int) -> Split:
    every = torch.arange(max(size, CHUNK)) % len(SHAPES_CLASSES)  # CHUNK is a multiple of the number of classes

    def images(indices: Tensor) -> Tensor:
        drawn = torch.empty(len(indices), 3, SIZE, SIZE, dtype=torch.uint8)
        chunk_of = indices // CHUNK
        for chunk in chunk_of.unique().tolist():
            here = chunk_of == chunk
            whole = draw(every[:CHUNK], generator(seed, f"shapes/{split}/{chunk}"))
            drawn[here] = whole[indices[here] - chunk * CHUNK]
        return drawn

    return Split(every[:size], images)


def draw(labels: Tensor, source: torch.Generator) -> Tensor:
    """Draw one image a label: (n,) -> (n, 3, 32, 32) uint8."""
    n = len(labels)

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(n, 1, 1, generator=source) * (high - low) + low

    axis = torch.arange(SIZE) - (SIZE - 1) / 2
    y, x = torch.meshgrid(axis, axis, indexing="ij")  # (32, 32), pixels from the centre
    turn = torch.randn(n, 1, 1, generator=source) * TURN
    dx, dy, radius = uniform(-4, 4), uniform(-4, 4), uniform(8, 12)
    u = ((x - dx) * turn.cos() + (y - dy) * turn.sin()) / radius  # (n, 32, 32), in radii
    v = ((y - dy) * turn.cos() - (x - dx) * turn.sin()) / radius
    mask = torch.empty(n, SIZE, SIZE)
    for label, inside in enumerate(_INSIDE):
        here = labels == label
        mask[here] = inside(u[here], v[here]).float()

    hue = labels.view(n, 1, 1) / len(SHAPES_CLASSES) + torch.randn(n, 1, 1, generator=source) * HUE_SPREAD
    ink = _colour(hue, uniform(0.55, 1.0))  # (n, 3, 1, 1)
    blobs = torch.rand(n, 3, 4, 4, generator=source)
    ground = functional.interpolate(blobs, size=(SIZE, SIZE), mode="bilinear") * 0.6 + 0.1
    soft = functional.avg_pool2d(mask.unsqueeze(1), 3, stride=1, padding=1)  # (n, 1, 32, 32), edges smoothed
    picture = ground * (1 - soft) + ink * soft + torch.randn(n, 3, SIZE, SIZE, generator=source) * NOISE
    return (picture.clamp(0, 1) * 255).round().to(torch.uint8)


def _colour(hue: Tensor, value: Tensor) -> Tensor:
    """Hue in turns and value of 1, (n, 1, 1) each, to RGB (n, 3, 1, 1), by three shifted cosines."""
    shift = torch.tensor([0.0, 1 / 3, 2 / 3]).view(1, 3, 1, 1)
    wave = torch.cos(2 * math.pi * (hue.unsqueeze(1) - shift))
    return value.unsqueeze(1) * (0.55 + 0.45 * wave)


def _square(u: Tensor, v: Tensor) -> Tensor:
    return torch.maximum(u.abs(), v.abs())


_INSIDE: tuple[
    Callable[[Tensor, Tensor], Tensor], ...
] = (  # one test a class, in the order of SHAPES_CLASSES; u and v in radii
    lambda u, v: u.hypot(v) < 1,  # disc
    lambda u, v: (u.hypot(v) < 1) & (u.hypot(v) > 0.6),  # ring
    lambda u, v: _square(u, v) < 0.85,  # square
    lambda u, v: (_square(u, v) < 0.9) & (_square(u, v) > 0.55),  # frame
    lambda u, v: (v < 0.75) & (u.abs() * 1.7 - v < 0.95),  # triangle
    lambda u, v: (_square(u, v) < 1) & (torch.minimum(u.abs(), v.abs()) < 0.3),  # cross
    lambda u, v: (_square(u, v) < 0.95) & (torch.sin(v * 8) > 0),  # bars
    lambda u, v: (_square(u, v) < 0.95) & (torch.sin(u * 7) * torch.sin(v * 7) > 0),  # checks
    lambda u, v: u.hypot(v) < 0.65 + 0.4 * torch.cos(5 * torch.atan2(u, -v)),  # star
    lambda u, v: (u.hypot(v) < 1) & ((u - 0.45).hypot(v) > 0.75),  # crescent
)
