"""A chain of pre-activation blocks with a scaled shortcut, before any update: what comes back through it."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.answer import Answer
from resnet_viz.net_questions import Chain
from resnet_viz.nets.init import initialise
from resnet_viz.probes.threads import one_thread
from resnet_viz.seeds import generator

SIDE = 16  # height and width of the maps, in pixels


class ScaledBlock(nn.Module):
    """y = scale * x + F(x), with BN and ReLU before each convolution (He et al. 2016, equation 6 and Figure 4e)."""

    def __init__(self, width: int, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.norm1, self.norm2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.conv1, self.conv2 = (nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(2))

    def branch(self, x: Tensor) -> Tensor:
        """F(x), (N, C, H, W)."""
        hidden = self.conv1(functional.relu(self.norm1(x)))
        result: Tensor = self.conv2(functional.relu(self.norm2(hidden)))
        return result

    def forward(self, x: Tensor) -> Tensor:  # x: (N, C, H, W)
        return self.scale * x + self.branch(x)


def build_chain(scale: float, blocks: int, width: int, seed: int, *, zero: bool) -> nn.Sequential:
    """Blocks with He's initial weights; with `zero`, the last convolution of each branch is 0, so that F(x) = 0."""
    chain = nn.Sequential(*(ScaledBlock(width, scale) for _ in range(blocks)))
    initialise(chain, "he", seed)
    if zero:
        for block in chain:
            assert isinstance(block, ScaledBlock)
            nn.init.zeros_(block.conv2.weight)
    return chain.to(memory_format=torch.channels_last)


def returning_norms(chain: nn.Sequential, width: int, batch_size: int, seed: int) -> list[float]:
    """Send random images up and a random gradient back, in training mode.

    Returns:
        L2 norm of the gradient, in float64: at the output of the chain, then at the input of each block, from the last
        to the first; one value more than there are blocks.
    """
    shape = (batch_size, width, SIDE, SIDE)
    points = [torch.randn(shape, generator=generator(seed, "images")).requires_grad_()]
    for block in chain.train():
        points.append(block(points[-1]))
    sent = torch.randn(shape, generator=generator(seed, "gradient"))  # dL/dy of the last block
    gradients = torch.autograd.grad(points[-1], points, sent)
    return [float(gradient.double().norm()) for gradient in reversed(gradients)]


@one_thread()
def measure(asked: Chain) -> Answer:
    """The answer to `Chain`."""
    found = Answer()
    for name, zero in (("zero", True), ("he", False)):
        chain = build_chain(asked.scale, asked.blocks, asked.width, asked.seed, zero=zero)
        found.arrays[name] = np.array(returning_norms(chain, asked.width, asked.batch_size, asked.seed))
    return found
