"""Classifiers to be questioned: frozen, with the places at which a map can be made and the methods that are right."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torchvision import models

from resnet_viz.attribution import MethodName
from resnet_viz.nets.branches import Gate
from resnet_viz.questions import Description, Layer, Model
from resnet_viz.saliency import loaders
from resnet_viz.saliency.branches import Branch, branches_of
from resnet_viz.saliency.hooks import outputs_of

GUIDED: tuple[MethodName, ...] = ("guided-backprop", "deconvolution", "guided-grad-cam")
OTHER_ACTIVATIONS = (nn.ReLU6, nn.Tanh, nn.Sigmoid, nn.SiLU, nn.Hardswish, nn.GELU)
TIMED_PASSES = 4


@dataclass(frozen=True)
class Classifier:
    """A frozen net in eval mode and all that is needed to ask it about a picture."""

    net: nn.Module
    copy: Callable[[], nn.Module]  # another one like it, with its norms, to be changed
    prepare: loaders.Prepare  # RGB picture -> normalised (3, H, W)
    mean: Tensor  # (3, 1, 1), of 1
    std: Tensor
    branches: dict[str, Branch]  # of the blocks that end in a residual addition
    stages: Sequence[loaders.Stage]  # from the picture to the class
    description: Description

    def layer(self, name: str | None) -> tuple[Layer, nn.Module]:
        """A layer and its module; None means the last one.

        Raises:
            ValueError: the net has no layer of this name.
        """
        layers = self.description.layers
        found = layers[-1] if name is None else next((layer for layer in layers if layer.name == name), None)
        if found is None:
            raise ValueError(
                f"{self.description.title} has no layer {name!r}; choose from {layers[0].name} … {layers[-1].name}."
            )
        return found, self.net.get_submodule(found.name)

    def view(self, prepared: Tensor) -> Tensor:
        """The very picture that the net saw: (n, 3, H, W) normalised -> (n, H, W, 3) uint8."""
        shown = prepared * self.std + self.mean
        return (shown.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)


def load(model: Model) -> Classifier:
    """Load a classifier and look at it.

    Raises:
        DataUnavailable: its weights are not on this machine; the sentence says how to get them.
        WeightsRefused: the file given holds other weights.
    """
    loaded = loaders.load(model)
    net = _frozen(loaded.net)
    branches = branches_of(net)
    blank = torch.zeros(1, 3, loaded.resolution, loaded.resolution)
    description = Description(
        title=loaded.title,
        source=loaded.source,
        facts=loaded.facts,
        categories=loaded.categories,
        resolution=loaded.resolution,
        layers=_layers(net, loaded.layers, branches, blank),
        refused=_refused(net),
        forward_s=_forward_s(net, blank),
    )
    return Classifier(
        net=net,
        copy=lambda: _frozen(loaded.copy()),
        prepare=loaded.prepare,
        mean=torch.tensor(loaded.mean).view(3, 1, 1),
        std=torch.tensor(loaded.std).view(3, 1, 1),
        branches=branches,
        stages=loaded.stages,
        description=description,
    )


def _frozen(net: nn.Module) -> nn.Module:
    return net.eval().requires_grad_(False).to(memory_format=torch.channels_last)


@torch.inference_mode()
def _layers(net: nn.Module, names: Sequence[str], branches: dict[str, Branch], blank: Tensor) -> tuple[Layer, ...]:
    """The layers with their grids, as one forward pass shows them."""
    with outputs_of(net, names) as outputs:
        net(blank)
    return tuple(
        Layer(
            name=name,
            title=_title(name),
            channels=outputs[name].shape[1],
            grid=(outputs[name].shape[2], outputs[name].shape[3]),
            adds=name in branches,
            switchable=name in branches and branches[name].is_identity,
        )
        for name in names
    )


@torch.inference_mode()
def _forward_s(net: nn.Module, blank: Tensor) -> float:
    """Seconds of one forward pass; the fastest of a few, since the first ones build kernels."""
    seconds = []
    for _ in range(TIMED_PASSES):
        start = time.perf_counter()
        net(blank)
        seconds.append(time.perf_counter() - start)
    return round(min(seconds), 4)


def _title(name: str) -> str:
    """Words for a module's place. timm counts stages from 0, the others from 1; blocks are counted from 0."""
    if "." not in name:
        return "head" if name in ("bn2", "final") else "stem"
    stage, block = name.removeprefix("blocks.").removeprefix("layer").removeprefix("stage").split(".")
    return f"stage {int(stage) + name.startswith('blocks')}, block {int(block) + 1}"


def _refused(net: nn.Module) -> dict[MethodName, str]:
    """Methods that would be wrong on this net without saying so, or fail."""
    refused: dict[MethodName, str] = {}
    other = next((type(module).__name__ for module in net.modules() if isinstance(module, OTHER_ACTIVATIONS)), None)
    if other is not None:
        reason = f"it only works on ReLU; this net has {other}, and would silently get its plain gradient"
        refused |= dict.fromkeys(GUIDED, reason)
    if isinstance(net, models.ResNet):
        refused["deep-lift"] = "it needs a ReLU module of its own for each use; torchvision's blocks use one for all"
    elif other == "ReLU6":
        refused["deep-lift"] = "it has no rule for ReLU6, and would silently use the gradient"
    if any(isinstance(module, Gate) for module in net.modules()):
        refused["deep-lift"] = "it has no rule for the product of a gate and a block, and its shares would not add up"
    return refused
