"""Weights from files that others made: read without running anything in them, and compared before they are used."""

import pickle
import struct
from pathlib import Path
from typing import Any, Self

import torch
from pydantic import BaseModel, ConfigDict, PositiveFloat, model_validator
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from resnet_viz.net_config import NetConfig
from resnet_viz.weights import ABOUT

# Of a damaged or hostile file, the readers raise whatever its bytes happen to mean.
_DAMAGE = (
    SafetensorError, pickle.PickleError, RuntimeError, OSError, EOFError, ValueError, TypeError, LookupError,
    AttributeError, ArithmeticError, AssertionError, ImportError, MemoryError, struct.error,
)  # fmt: skip
IGNORED = "num_batches_tracked"  # files from before PyTorch 0.4.1 have none, and eval mode does not read it


class WeightsRefused(ValueError):
    """A file that holds no weights of this net; the sentence names the first thing that does not fit."""


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a state dict (`weights_only`, so no code in it runs) or of a safetensors file.

    Raises:
        WeightsRefused: it is missing, damaged, or holds something else than named tensors.
    """
    if not path.is_file():
        raise WeightsRefused(f"There is no file {path}. Correct the name.")
    try:
        state = load_file(path) if path.suffix == ".safetensors" else _pickled(path)
    except _DAMAGE as error:
        raise WeightsRefused(
            f"{path.name} is no file of weights that can be read safely: it is damaged, or holds more than tensors. "
            "Save the net's state_dict() with torch.save, or as safetensors."
        ) from error
    if not isinstance(state, dict) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise WeightsRefused(f"{path.name} holds no state dict: names and tensors. Save the net's state_dict().")
    return state


def _pickled(path: Path) -> Any:
    return torch.load(path, map_location="cpu", weights_only=True, mmap=False)


def load_state(net: nn.Module, state: dict[str, Tensor], file: str, title: str) -> None:
    """Fill a net.

    Raises:
        WeightsRefused: it is the file of another net; the first tensor that differs is named.
    """
    expected = net.state_dict()
    for name, tensor in expected.items():
        if name not in state and not name.endswith(IGNORED):
            raise WeightsRefused(f"{file} is not of {title}: it has no tensor {name}.")
        if name in state and state[name].shape != tensor.shape:
            found, wanted = _shape(state[name]), _shape(tensor)
            raise WeightsRefused(f"{file} is not of {title}: {name} is {found} in the file and {wanted} in the net.")
    unknown = next((name for name in state if name not in expected), None)
    if unknown is not None:
        raise WeightsRefused(f"{file} is not of {title}: the net has no tensor {unknown}.")
    net.load_state_dict(state, strict=False)


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a single number"


class About(BaseModel):
    """What the file of a race's net says about itself: how it was built, and what its images are."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    net: NetConfig
    classes: tuple[str, ...]
    mean: tuple[float, float, float]
    std: tuple[PositiveFloat, PositiveFloat, PositiveFloat]

    @model_validator(mode="after")
    def _every_class_has_a_name(self) -> Self:
        if len(self.classes) != self.net.num_classes:
            raise ValueError(f"classes must be {self.net.num_classes}, got {len(self.classes)}")
        return self


def read_about(path: Path) -> About:
    """Read the head of the file of a race's net.

    Raises:
        WeightsRefused: it says nothing, so it is no such file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return About.model_validate_json((file.metadata() or {})[ABOUT])
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise WeightsRefused(
            f"{path.name} is no net of a race that can be explained: it does not say how it was built. Run the race "
            "again."
        ) from error
