"""The pre-activation block (He et al. 2016, Figure 4e)."""

from torch import Tensor, nn

from resnet_viz.net_config import NetConfig
from resnet_viz.nets.blocks import ResidualBlock, activation, convolution, norm


class PreActivationBlock(ResidualBlock):
    """y = F(x) + x with F(x) = conv2(f(norm2(conv1(f(norm1(x)))))): nothing follows the sum (equation 3).

    In the first block of a net, x has just passed the norm and activation of the stem, which stand before the two paths
    split; the last block is followed by a norm and an activation of the net's (appendix). So a net has the parameters
    of one of basic blocks, and a plain net is the same function (section 4.1).

    Projections (options B and C) read x, as in Facebook's code (`models/preresnet.lua`). In the authors' own bottleneck
    nets they read f(norm1(x)) (appendix).
    """

    def __init__(self, channels_in: int, channels_out: int, stride: int, config: NetConfig, place: int = 1) -> None:
        super().__init__()
        is_first = place == 1
        self.norm1 = nn.Identity() if is_first else norm(channels_in, config)
        self.act1 = nn.Identity() if is_first else activation(config.activation)
        self.conv1 = convolution(channels_in, channels_out, 3, stride, config)
        self.norm2 = norm(channels_out, config)
        self.act2 = activation(config.activation)
        self.conv2 = convolution(channels_out, channels_out, 3, 1, config)
        self._add_shortcut(channels_in, channels_out, stride, config, place)

    def residual(self, x: Tensor) -> Tensor:  # x: (N, C_in, H, W)
        y = self.conv1(self.act1(self.norm1(x)))  # (N, C_out, H/s, W/s)
        residual: Tensor = self.conv2(self.act2(self.norm2(y)))
        return residual

    def forward(self, x: Tensor) -> Tensor:
        return self.total(x)  # F(x) + x

    @property
    def last(self) -> nn.Module:
        return self.conv2

    @property
    def after(self) -> None:
        return None
