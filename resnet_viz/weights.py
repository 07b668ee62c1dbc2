"""Final weights as safetensors: written whole or not at all. The file says what it needs to be used again."""

import json
import os
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import nn

from resnet_viz.places import weights_name

ABOUT = "resnet_viz"  # key of the metadata in the file's head: JSON


def save_weights(net: nn.Module, folder: Path, arm: int, about: dict[str, Any]) -> str:
    """Write a net's state dict into the folder of its run; gives the file's name.

    Args:
        about: how the net was built and what it was fed; goes into the head of the file.
    Raises:
        OSError: the folder can't be written; nothing is left behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / weights_name(arm)
    part = path.with_suffix(".part")
    state = {name: tensor.contiguous() for name, tensor in net.state_dict().items()}
    try:
        save_file(state, part, metadata={ABOUT: json.dumps(about)})
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path.name
