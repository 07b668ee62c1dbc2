"""The bottleneck block (He et al. 2015, section 4.1 and Figure 5)."""

from torch import Tensor, nn

from resnet_viz.net_config import NetConfig
from resnet_viz.nets.blocks import ResidualBlock, activation, convolution, last_norm, norm

EXPANSION = 4  # channels that a block gives, over those of its 3x3 convolution


class BottleneckBlock(ResidualBlock):
    """y = f(F(x) + x) with F(x) = norm3(conv3(f(norm2(conv2(f(norm1(conv1(x)))))))): 1x1, 3x3 and 1x1.

    The first 1x1 convolution has the stride, as in the paper; torchvision has it in the 3x3. On CIFAR, ResNet-164 of He
    et al. 2016 (appendix) is made of such blocks: depth 9n+2.

    Args:
        channels_out: four times as many as the 3x3 convolution has.
    """

    def __init__(self, channels_in: int, channels_out: int, stride: int, config: NetConfig, place: int = 1) -> None:
        super().__init__()
        inner = channels_out // EXPANSION
        self.conv1 = convolution(channels_in, inner, 1, stride, config)
        self.norm1 = norm(inner, config)
        self.act1 = activation(config.activation)
        self.conv2 = convolution(inner, inner, 3, 1, config)
        self.norm2 = norm(inner, config)
        self.act2 = activation(config.activation)
        self.conv3 = convolution(inner, channels_out, 1, 1, config)
        self.norm3 = last_norm(channels_out, config)
        self._add_shortcut(channels_in, channels_out, stride, config, place)
        self.act3 = activation(config.activation)

    def residual(self, x: Tensor) -> Tensor:  # x: (N, C_in, H, W)
        y = self.act1(self.norm1(self.conv1(x)))  # (N, C_out/4, H/s, W/s)
        y = self.act2(self.norm2(self.conv2(y)))  # (N, C_out/4, H/s, W/s)
        residual: Tensor = self.norm3(self.conv3(y))  # (N, C_out, H/s, W/s)
        return residual

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.act3(self.total(x))  # f(F(x) + x)
        return y

    @property
    def last(self) -> nn.Module:
        return self.norm3

    @property
    def after(self) -> nn.Module:
        return self.act3
