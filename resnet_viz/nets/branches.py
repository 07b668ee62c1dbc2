"""What later papers changed in y = F(x) + x: one module for each change, each with its equation.

Where a block changes the dimensions, x stands for what its shortcut gives (options A, B, C of He et al. 2015).
"""

import torch
from torch import Tensor, nn


class Add(nn.Module):
    """The plus sign of y = F(x) + x."""

    def forward(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return residual + shortcut


class ScaledSkip(nn.Module):
    """a x of y = F(x) + a x (He et al. 2016, equation 6, where a is lambda); a is fixed."""

    def __init__(self, a: float) -> None:
        super().__init__()
        self.a = a

    def forward(self, shortcut: Tensor) -> Tensor:
        return self.a * shortcut


class Gate(nn.Module):
    """y = T F(x) + (1 - T) x, with T = sigmoid(W x + b): Srivastava et al. 2015, equation 3; W is a 1x1 convolution.

    b begins at `bias`, the same for all channels: the more negative, the more of x is carried. Where dimensions change,
    the paper lets a sub-sampled, zero-padded x stand for x (section 2.1); here it is what the shortcut gives.

    Papers disagree on such gates. He et al. 2016 (Table 1, "exclusive gating", ResNet-110 on CIFAR-10) report more than
    20 % error at b = 0 to -5 and 8.70 % at b = -6, against 6.61 % without gates. Srivastava 2025 ("Weighted Skip
    Connections are Not Harmful for Deep Nets") answers that this comparison has design mistakes, and trained a highway
    net of 110 layers that ends where the ResNet does. The gate here is the one of He et al.; his has two 3x3
    convolutions with norms, and no ReLU follows his sum.
    """

    def __init__(self, channels: int, bias: float) -> None:
        super().__init__()
        self.begin = bias
        self.conv = nn.Conv2d(channels, channels, 1, bias=False)
        self.bias = nn.Parameter(torch.empty(channels, 1, 1))
        self.sigmoid = nn.Sigmoid()
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set b; W is drawn like every convolution."""
        nn.init.constant_(self.bias, self.begin)

    def forward(self, residual: Tensor, shortcut: Tensor) -> Tensor:  # both (N, C, H, W)
        gate = self.sigmoid(self.conv(shortcut) + self.bias)  # T, (N, C, H, W)
        y: Tensor = gate * residual + (1 - gate) * shortcut
        return y


class ZeroNorm(nn.BatchNorm2d):
    """A last norm of F that begins with scale 0, hence F(x) = 0 (Goyal et al. 2017, section 5.1).

    torchvision calls this `zero_init_residual`.
    """

    def reset_parameters(self) -> None:
        super().reset_parameters()
        nn.init.zeros_(self.weight)


class SkipInit(nn.Module):
    """alpha F(x), with one learnt number alpha for a block, 0 at the start.

    De & Smith 2020; under the name ReZero, Bachlechner et al. 2020, equation 1.
    """

    def __init__(self) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.empty(()))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.alpha)

    def forward(self, residual: Tensor) -> Tensor:
        return self.alpha * residual


class Survival(nn.Module):
    """Stochastic depth: y = b F(x) + x in training, y = p F(x) + x in evaluation (Huang et al. 2016, section 3).

    b is 1 with probability p and else 0, drawn once for a whole batch. Where it is 0, F is not computed at all.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability  # p
        self.source = torch.Generator()  # of its own; `build_net` seeds it

    def skips(self) -> bool:
        """Draw b, and say whether it is 0; never in evaluation, where nothing is drawn."""
        return self.training and float(torch.rand((), generator=self.source)) >= self.probability

    def forward(self, residual: Tensor) -> Tensor:
        return residual if self.training else self.probability * residual


def survival_probability(place: int, blocks: int, last: float) -> float:
    """p of one block: 1 before the first, decaying linearly to that of the last (Huang et al. 2016, section 3).

    Args:
        place: of the block in its net, from 1.
        blocks: how many the net has.
        last: p of the last of them.
    """
    return 1 - place / blocks * (1 - last)
