"""The two terms of a residual addition y = s + F(x): which of them carried the evidence, and what the net is without F.

With the activations and the channel weights of Grad-CAM taken at y, before its ReLU, the map is a sum over channels of
weight times activation, hence linear in y: it splits exactly into the map of the shortcut s and that of the branch F.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck

from resnet_viz.nets.blocks import ResidualBlock
from resnet_viz.saliency.hooks import Hook, forward_hooks

if TYPE_CHECKING:
    from resnet_viz.saliency.classifiers import Classifier


@dataclass(frozen=True)
class Branch:
    """Where the terms of one block's addition can be read."""

    block: nn.Module
    end: nn.Module  # its output is F(x)
    shortcut: nn.Module | None  # its output is s; None: s is the block's input
    relu: nn.Module | None  # the sum is the input of its last call; None: the sum is the block's output

    @property
    def is_identity(self) -> bool:
        """Whether s is x itself, so that the block without F passes x on."""
        return self.shortcut is None or isinstance(self.shortcut, nn.Identity)


def branches_of(net: nn.Module) -> dict[str, Branch]:
    """The blocks of a net that end in a residual addition, by the names of their modules."""
    found = ((name, _branch(module)) for name, module in net.named_modules())
    return {name: branch for name, branch in found if branch is not None}


def _branch(block: nn.Module) -> Branch | None:
    match block:
        case ResidualBlock():
            return Branch(block, *block.terms, block.after) if block.terms is not None else None
        case Bottleneck():
            return Branch(block, block.bn3, block.downsample, block.relu)
        case BasicBlock():
            return Branch(block, block.bn2, block.downsample, block.relu)
    if getattr(block, "has_skip", False):  # timm's inverted residuals, which have no ReLU after the sum
        return Branch(block, block.get_submodule("bn3" if hasattr(block, "bn3") else "bn2"), None, None)
    return None


@dataclass(frozen=True)
class SplitMap:
    """Grad-CAM at a sum and at its terms, each (h, w), without the final ReLU: total = skip + residual."""

    total: Tensor
    skip: Tensor
    residual: Tensor

    @property
    def relative_error(self) -> float:
        """How far the two are from their sum, in parts of its largest value."""
        largest = self.total.abs().max().clamp_min(torch.finfo(torch.float32).tiny)
        return float((self.skip + self.residual - self.total).abs().max() / largest)


def split(classifier: "Classifier", image: Tensor, layer: str, target: int) -> SplitMap:
    """Split the map of one class at one block's sum.

    The sum is read from the net itself, not added up again: that the parts make the whole is a check.

    Args:
        image: (1, 3, H, W).
    Raises:
        ValueError: the layer does not end in a residual addition.
    """
    branch = classifier.branches.get(layer)
    if branch is None:
        raise ValueError(f"{layer} does not end in a residual addition; choose a block that does.")
    kept: dict[str, Tensor] = {}

    def read_end(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
        kept["residual"] = output.detach().clone()
        kept["leaf"] = output.detach().clone().requires_grad_()
        return kept["leaf"].clone()  # torchvision adds in place, which a leaf does not allow

    def read_sum(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        kept["total"] = inputs[0].detach().clone()  # of torchvision's three calls of one ReLU, the last one stays

    def read_shortcut(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
        kept["skip"] = output.detach().clone()

    def read_block(_module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        kept.setdefault("skip", inputs[0].detach().clone())  # where no module makes the shortcut
        kept.setdefault("total", output.detach().clone())  # where no ReLU follows

    after: list[tuple[nn.Module, Hook]] = [(branch.end, read_end), (branch.block, read_block)]
    after += [(branch.shortcut, read_shortcut)] if branch.shortcut is not None else []
    with forward_hooks(after, [(branch.relu, read_sum)] if branch.relu is not None else []):
        score = classifier.net(image)[0, target]
    # dy/dF is the identity, so the gradient at F is the gradient at the sum.
    (gradient,) = torch.autograd.grad(score, kept["leaf"])
    weights = gradient.mean(dim=(2, 3), keepdim=True)  # (1, C, 1, 1), equation 1 of Selvaraju et al. 2017
    return SplitMap(*((weights * kept[term]).sum(1)[0] for term in ("total", "skip", "residual")))


@contextmanager
def switched_off(classifier: "Classifier", layers: Iterable[str]) -> Iterator[None]:
    """Inside, these blocks pass on their input: F(x) is 0. Nothing of it is left afterwards.

    Raises:
        ValueError: the shortcut of a block is not the identity, or it has none.
    """
    branches = [(layer, classifier.branches.get(layer)) for layer in layers]
    for layer, branch in branches:
        if branch is None or not branch.is_identity:
            raise ValueError(f"{layer} can't be switched off: its shortcut is not the identity.")
    ends = [(branch.end, _nothing) for _, branch in branches if branch is not None]
    with forward_hooks(ends):
        yield


def _nothing(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
    return torch.zeros_like(output)
