"""A chain of pre-activation blocks with a scaled shortcut, before any update: what comes back through it."""

import numpy as np
import torch
from torch import nn

from resnet_viz.answer import Answer
from resnet_viz.net_config import NetConfig
from resnet_viz.net_questions import Chain
from resnet_viz.nets.init import initialise
from resnet_viz.nets.preactivation import PreActivationBlock
from resnet_viz.probes.threads import one_thread
from resnet_viz.seeds import generator

SIDE = 16  # height and width of the maps, in pixels
LATER = 2  # place of a block in its net: the first one leaves its norm and activation to the stem


def build_chain(scale: float, blocks: int, width: int, seed: int, *, zero: bool) -> nn.Sequential:
    """Blocks y = scale * x + F(x), with BN and ReLU before each convolution (He et al. 2016, equation 6, Figure 4e).

    They have He's initial weights; with `zero`, the last convolution of each branch is 0, so that F(x) = 0.
    """
    config = NetConfig(block="pre-activation", skip_scale=scale)
    chain = nn.Sequential(*(PreActivationBlock(width, width, 1, config, LATER) for _ in range(blocks)))
    initialise(chain, "he", seed)
    if zero:
        for block in chain:
            assert isinstance(block, PreActivationBlock)
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
