"""The paper's CIFAR network (He et al. 2015, section 4.2): stem, three stages of n blocks, mean pool, classifier."""

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn

from resnet_viz.net_config import BlockKind, NetConfig
from resnet_viz.nets.blocks import Block, ResidualBlock, activation, convolution, norm
from resnet_viz.nets.bottleneck import EXPANSION, BottleneckBlock
from resnet_viz.nets.init import initialise
from resnet_viz.nets.preactivation import PreActivationBlock

BLOCKS: Mapping[BlockKind, Callable[[int, int, int, NetConfig, int], ResidualBlock]] = {
    "basic": Block,
    "pre-activation": PreActivationBlock,
    "bottleneck": BottleneckBlock,
}


class CifarNet(nn.Module):
    """Images (N, 3, H, W) in, class scores (N, num_classes) out; the paper's input is 32x32.

    `state_dict()` lists its tensors in the order in which the data meets them.
    """

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.config = config
        width, out = config.width, config.width * (EXPANSION if config.block == "bottleneck" else 1)
        self.conv = convolution(3, width, 3, 1, config)
        self.norm = norm(width, config)
        self.act = activation(config.activation)
        self.stage1 = self._stage(1, width, out)
        self.stage2 = self._stage(2, out, 2 * out)
        self.stage3 = self._stage(3, 2 * out, 4 * out)
        # What follows the sum of the last block, where its kind leaves that to the net.
        is_open = config.block == "pre-activation"
        self.final = nn.Sequential(norm(4 * out, config), activation(config.activation)) if is_open else None
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(4 * out, config.num_classes)

    def _stage(self, stage: int, channels_in: int, channels_out: int) -> nn.Sequential:
        n, kind = self.config.blocks_per_stage, BLOCKS[self.config.block]
        place = (stage - 1) * n + 1  # of the first block, in the net
        first = kind(channels_in, channels_out, 1 if stage == 1 else 2, self.config, place)
        return nn.Sequential(first, *(kind(channels_out, channels_out, 1, self.config, place + i) for i in range(1, n)))

    def forward(self, images: Tensor) -> Tensor:  # (N, 3, H, W)
        x = self.act(self.norm(self.conv(images)))  # (N, width, H, W)
        x = self.stage3(self.stage2(self.stage1(x)))  # (N, 4 width, H/4, W/4); of bottlenecks, 4 times the channels
        if self.final is not None:
            x = self.final(x)
        scores: Tensor = self.classifier(self.flatten(self.pool(x)))  # (N, num_classes)
        return scores

    def blocks(self) -> Iterator[ResidualBlock]:
        """The blocks in the order of the data."""
        for stage in (self.stage1, self.stage2, self.stage3):
            for block in stage:
                assert isinstance(block, ResidualBlock)
                yield block

    def complete_gradients(self) -> None:
        """After a backward pass, set the gradients of the blocks that stochastic depth left out to what they are: zero.

        An update then treats all blocks alike: weight decay and momentum go on, as in the code of Huang et al. 2016.
        """
        for parameter in self.parameters():
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)


def build_net(config: NetConfig, seed: int = 0) -> CifarNet:
    """Build a net in channels_last with its initial weights.

    Each tensor is drawn from its own generator, seeded by (seed, parameter name): nets of different depth, shortcut or
    block share every tensor that both have in one shape. The global random state is neither read nor changed.
    """
    with torch.device("meta"):
        net = CifarNet(config)
    net = net.to_empty(device="cpu").to(memory_format=torch.channels_last)
    initialise(net, config.init, seed)
    return net
