"""Final weights as safetensors: written whole or not at all."""

import os
from pathlib import Path

from safetensors.torch import save_file
from torch import nn


def save_weights(net: nn.Module, folder: Path, arm: int) -> str:
    """Write a net's state dict into the folder of its run; gives the file's name.

    Raises:
        OSError: the folder can't be written; nothing is left behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"arm{arm}.safetensors"
    part = path.with_suffix(".part")
    try:
        save_file({name: tensor.contiguous() for name, tensor in net.state_dict().items()}, part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path.name
