"""Small seeded nets and pictures for the tests of what trained classifiers are asked, and a look at what is left."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from resnet_viz.control import Stopped, Unattended
from resnet_viz.net_config import NetConfig
from resnet_viz.nets import build_net
from resnet_viz.questions import Description, Layer
from resnet_viz.saliency.branches import branches_of
from resnet_viz.saliency.classifiers import Classifier
from resnet_viz.weights import save_weights

CLASSES = ("disc", "ring", "square", "frame", "triangle", "cross", "bars", "checks", "star", "crescent")
MEAN, STD = (0.5, 0.4, 0.3), (0.25, 0.2, 0.3)
ABOUT = {"classes": CLASSES, "mean": MEAN, "std": STD}


def images(count: int = 1, size: int = 32, seed: int = 0) -> Tensor:
    """Normalised pictures of noise, (count, 3, size, size) in channels_last."""
    drawn = torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(seed))
    return drawn.contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def settled(net: nn.Module, size: int, seed: int = 0) -> nn.Module:
    """A net with norms and biases as after training: those of a fresh one would hide mistakes, being 0 and 1."""
    source = torch.Generator().manual_seed(seed)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.weight.uniform_(0.5, 1.5, generator=source)
            module.bias.normal_(0, 0.3, generator=source)
            module.momentum = 1.0
        elif isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            module.bias.normal_(0, 0.1, generator=source)
    net.train()(images(8, size, seed=100))
    return net.eval()


def race_file(folder: Path, arm: int = 0, **changes: Any) -> Path:
    """The file that a race would leave of a net."""
    config = NetConfig(**{"depth": 14, "width": 4, **changes})
    net = settled(build_net(config, seed=arm), 32)
    return folder / save_weights(net, folder, arm, {"net": config.model_dump(), **ABOUT})


def picture(path: Path, width: int = 48, height: int = 40, seed: int = 0) -> Path:
    """A file with a picture of coloured noise on a slope."""
    noise = np.random.default_rng(seed).integers(0, 128, (height, width, 3))
    Image.fromarray((noise + np.linspace(0, 127, width)[:, None]).astype(np.uint8)).save(path, "PNG")
    return path


def bare(net: nn.Module, classes: int = 2, stages: Sequence[tuple[str, ...]] = ()) -> Classifier:
    """A classifier around any net, without a file."""
    net = net.eval().requires_grad_(False)
    branches = branches_of(net)
    layers = tuple(
        Layer(name=name, title=name, channels=1, grid=(1, 1), adds=True, switchable=branch.is_identity)
        for name, branch in branches.items()
    )
    description = Description(
        title="a net", source="", facts={}, categories=tuple(map(str, range(classes))), resolution=28, layers=layers,
        refused={}, forward_s=0,
    )  # fmt: skip
    zeros, ones = torch.zeros(3, 1, 1), torch.ones(3, 1, 1)
    return Classifier(
        net, lambda: copy.deepcopy(net), lambda _: torch.zeros(3, 28, 28), zeros, ones, branches, stages, description
    )


def state_of(net: nn.Module) -> dict[str, Any]:
    """All that must be as it was: hooks, modes and further attributes of each module, gradients of each parameter."""
    state: dict[str, Any] = {}
    for name, module in net.named_modules():
        own = vars(module)
        hooks = {key: list(value) for key, value in own.items() if key.endswith("_hooks")}
        state[name] = (module.training, sorted(own), hooks)
    for name, parameter in net.named_parameters():
        state[f"parameter {name}"] = (parameter.requires_grad, parameter.grad)
    return state


def hooks_on(net: nn.Module) -> int:
    """Forward, pre-forward and backward hooks on all modules."""
    return sum(len(value) for m in net.modules() for key, value in vars(m).items() if key.endswith("_hooks"))


@contextmanager
def unchanged(*nets: nn.Module) -> Iterator[None]:
    """The block leaves no hook behind and changes no mode, attribute or gradient flag, and no weight."""
    states = [state_of(net) for net in nets]
    weights = [{name: tensor.clone() for name, tensor in net.state_dict().items()} for net in nets]
    assert all(hooks_on(net) == 0 for net in nets)
    yield
    for net, state, before in zip(nets, states, weights, strict=True):
        assert hooks_on(net) == 0
        assert state_of(net) == state
        assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
        assert not any(module.training for module in net.modules())
        assert not any(parameter.requires_grad or parameter.grad is not None for parameter in net.parameters())


class StopAfter(Unattended):
    """A control that lets so many passes through."""

    def __init__(self, passes: int) -> None:
        self.left = passes

    def check(self) -> None:
        if self.left == 0:
            raise Stopped
        self.left -= 1

    def see(self, _images: int) -> None:
        self.check()
