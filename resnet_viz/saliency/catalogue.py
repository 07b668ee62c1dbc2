"""The classifiers of torchvision, by their own weights objects: addresses, transforms, class names, accuracy."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from torchvision import models
from torchvision.models import Weights, WeightsEnum

from resnet_viz import places
from resnet_viz.questions import ModelName

WEIGHTS: dict[ModelName, WeightsEnum] = {
    "resnet50": models.ResNet50_Weights.IMAGENET1K_V1,
    "resnet50-v2": models.ResNet50_Weights.IMAGENET1K_V2,
    "resnet18": models.ResNet18_Weights.IMAGENET1K_V1,
    "resnet34": models.ResNet34_Weights.IMAGENET1K_V1,
    "resnet101": models.ResNet101_Weights.IMAGENET1K_V1,
    "resnet152": models.ResNet152_Weights.IMAGENET1K_V1,
}


def weights_of(name: ModelName) -> Weights:
    """What torchvision states of a classifier's weights.

    Raises:
        ValueError: torchvision has none under this name.
    """
    if name not in WEIGHTS:
        raise ValueError(f"torchvision has no weights for {name}; choose from {', '.join(WEIGHTS)}.")
    weights: Weights = WEIGHTS[name].value
    return weights


def file_name(name: ModelName) -> str:
    """The name under which torchvision keeps a classifier's weights; it carries eight digits of their SHA-256."""
    return Path(urlsplit(weights_of(name).url).path).name


def facts_of(name: ModelName) -> dict[str, Any]:
    """What somebody wants to know before fetching: the file, its megabytes, the accuracy in percent."""
    meta = weights_of(name).meta
    accuracy = meta["_metrics"]["ImageNet-1K"]
    return {
        "file": file_name(name), "megabytes": meta["_file_size"] * 1.048576, "parameters": meta["num_params"],
        "top1": accuracy["acc@1"], "top5": accuracy["acc@5"],
    }  # fmt: skip


def find_weights(name: ModelName) -> Path | None:
    """The file of a classifier's weights: in the folder that RESNET_VIZ_WEIGHTS names, else in the cache, else None."""
    paths = (folder / file_name(name) for folder in places.weights_folders())
    return next((path for path in paths if path.is_file()), None)
