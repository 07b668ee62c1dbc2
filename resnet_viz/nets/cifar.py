"""The paper's CIFAR network (He et al. 2015, section 4.2): stem, three stages of n blocks, mean pool, classifier."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from resnet_viz.config import NetConfig
from resnet_viz.nets.blocks import Block, activation, convolution, norm
from resnet_viz.nets.init import initialise


class CifarNet(nn.Module):
    """Images (N, 3, H, W) in, class scores (N, num_classes) out; the paper's input is 32x32.

    `state_dict()` lists its tensors in the order in which the data meets them.
    """

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.config = config
        width, n = config.width, config.blocks_per_stage
        self.conv = convolution(3, width, 3, 1, bias=not config.batch_norm)
        self.norm = norm(width, config)
        self.act = activation(config.activation)
        self.stage1 = self._stage(width, width, n, stride=1)
        self.stage2 = self._stage(width, 2 * width, n, stride=2)
        self.stage3 = self._stage(2 * width, 4 * width, n, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(4 * width, config.num_classes)

    def _stage(self, channels_in: int, channels_out: int, n: int, *, stride: int) -> nn.Sequential:
        first = Block(channels_in, channels_out, stride, self.config)
        return nn.Sequential(first, *(Block(channels_out, channels_out, 1, self.config) for _ in range(n - 1)))

    def forward(self, images: Tensor) -> Tensor:  # (N, 3, H, W)
        x = self.act(self.norm(self.conv(images)))  # (N, width, H, W)
        x = self.stage3(self.stage2(self.stage1(x)))  # (N, 4 width, H/4, W/4)
        scores: Tensor = self.classifier(self.flatten(self.pool(x)))  # (N, num_classes)
        return scores

    def blocks(self) -> Iterator[Block]:
        """The blocks in the order of the data."""
        for stage in (self.stage1, self.stage2, self.stage3):
            for block in stage:
                assert isinstance(block, Block)
                yield block


def build_net(config: NetConfig, seed: int = 0) -> CifarNet:
    """Build a net in channels_last with its initial weights.

    Each tensor is drawn from its own generator, seeded by (seed, parameter name): nets of different depth or shortcut
    share every tensor that both have. The global random state is neither read nor changed.
    """
    with torch.device("meta"):
        net = CifarNet(config)
    net = net.to_empty(device="cpu").to(memory_format=torch.channels_last)
    initialise(net, config.init, seed)
    return net
