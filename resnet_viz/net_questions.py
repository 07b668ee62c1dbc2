"""What may be asked of nets before any training: frozen values, checked once. Imports no torch."""

from typing import Literal, Self

from pydantic import Field, model_validator

from resnet_viz.config import DatasetName
from resnet_viz.net_config import NetConfig, Value


class Initial(Value):
    """Measure nets before their first update, on one batch.

    Told: losses (nats) and rows (names) of each net. Arrays: of net number i, grad_w_i and grad_x_i (rows,), spread_i
    (rows - 1,), as `resnet_viz.probes.initial` defines them.
    """

    ask: Literal["initial"] = "initial"
    nets: tuple[NetConfig, ...] = Field(min_length=1, max_length=8)
    data: DatasetName = "cifar10"
    batch_size: int = Field(128, ge=2, le=512)
    seed: int = Field(0, ge=0, lt=2**31)


class Shatter(Value):
    """Input gradients along the straight line between two images, of nets before their first update.

    Told: classes, the names of the two; norms, the mean L2 norm of the gradient in each net, null where it is no
    number. Arrays: ends (2, 32, 32, 3) uint8; of net number i: autocorrelation_i
    (points // 2,), along_i (points,), pictures_i (k, 32, 32, 3) uint8, as `resnet_viz.probes.shattering` defines them.
    """

    ask: Literal["shatter"] = "shatter"
    nets: tuple[NetConfig, ...] = Field(min_length=1, max_length=8)
    data: DatasetName = "cifar10"
    points: int = Field(256, ge=16, le=512)
    seed: int = Field(0, ge=0, lt=2**31)


class Family(Value):
    """Count what the nets of the family are made of, from their modules. Told: a `resnet_viz.family.Counted`."""

    ask: Literal["family"] = "family"


class Chain(Value):
    """Send a gradient back through a chain of blocks, y = scale * x + F(x), before any update.

    Arrays: zero and he, each (blocks + 1,): L2 norm of the gradient at the output of the chain, then at the input of
    each block, from the last to the first; with F(x) = 0 in every block, and with He's initial weights.
    """

    ask: Literal["chain"] = "chain"
    scale: float = Field(1.0, ge=0.5, le=1.2)  # of every shortcut
    blocks: int = Field(18, ge=2, le=54)  # 54 is what a net of 110 layers has
    width: int = Field(16, ge=4, le=64)
    batch_size: int = Field(8, ge=2, le=64)
    seed: int = Field(0, ge=0, lt=2**31)


class Stream(Value):
    """Measure encoders with the norm before and after each addition, before their first update.

    Arrays: pre and post, each (repeats, layers): L2 norm of dL/dW over both matrices of each feed-forward part, a row
    a seed, as `resnet_viz.probes.transformers` defines it.
    """

    ask: Literal["stream"] = "stream"
    layers: int = Field(12, ge=2, le=24)
    width: int = Field(64, ge=8, le=128)
    heads: int = Field(4, ge=1, le=8)
    length: int = Field(32, ge=2, le=128)
    batch_size: int = Field(16, ge=1, le=64)
    repeats: int = Field(6, ge=1, le=20)  # seeds, counted from `seed`
    seed: int = Field(0, ge=0, lt=2**31)

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"width must be a multiple of heads, got {self.width} and {self.heads}")
        return self
