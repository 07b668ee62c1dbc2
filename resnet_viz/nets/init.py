"""Initial weights, each tensor from a generator of its own."""

import math

import torch
from torch import Tensor, nn

from resnet_viz.net_config import Init
from resnet_viz.nets.branches import Gate, SkipInit, Survival
from resnet_viz.seeds import generator


@torch.no_grad()
def initialise(net: nn.Module, init: Init, seed: int) -> None:
    """Fill every parameter and buffer of a net, and seed what it draws in training.

    "he": weights normal with variance 2 / fan_in, biases 0 (He et al. 2015b, arXiv 1502.01852, equation 10).
    "torch": PyTorch's default, weights and biases uniform within 1 / sqrt(fan_in).
    Norms, gates and SkipInit scalars begin as their own `reset_parameters` says.
    """
    for prefix, module in net.named_modules():
        if isinstance(module, nn.BatchNorm2d | Gate | SkipInit):
            module.reset_parameters()  # a norm: scale 1, shift 0, running mean 0, running variance 1
        elif isinstance(module, Survival):
            module.source = generator(seed, prefix)
        elif isinstance(module, nn.Conv2d | nn.Linear):
            fan_in = module.weight[0].numel()
            _fill(module.weight, fan_in, init, generator(seed, f"{prefix}.weight"))
            if module.bias is not None and init == "torch":
                _fill(module.bias, fan_in, init, generator(seed, f"{prefix}.bias"))
            elif module.bias is not None:
                module.bias.zero_()


def _fill(tensor: Tensor, fan_in: int, init: Init, source: torch.Generator) -> None:
    # Drawn contiguous, then copied: channels_last must not change which number goes where.
    drawn = torch.empty(tensor.shape)
    if init == "he":
        drawn.normal_(0.0, math.sqrt(2.0 / fan_in), generator=source)
    else:
        bound = 1.0 / math.sqrt(fan_in)
        drawn.uniform_(-bound, bound, generator=source)
    tensor.copy_(drawn)
