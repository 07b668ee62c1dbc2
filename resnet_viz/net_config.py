"""One network as a value: what tells nets apart, and their names. Imports no torch.

Depth counts weighted layers, 6n+2 (He et al. 2015, section 4.2), or 9n+2 in nets of bottlenecks, whose blocks have
three; shortcut options A, B, C are those of section 3.3.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Shortcut = Literal["none", "A", "B", "C"]
BlockKind = Literal["basic", "pre-activation", "bottleneck"]
BranchInit = Literal["random", "zero-norm", "skipinit"]
Init = Literal["he", "torch"]
Activation = Literal["relu", "tanh", "sigmoid"]

MIN_DEPTH, MAX_DEPTH = 8, 110  # what pages and the command line offer
DEPTHS = tuple(range(MIN_DEPTH, MAX_DEPTH + 1, 6))
BOTTLENECK_DEPTHS = tuple(range(11, MAX_DEPTH + 1, 9))
MAX_LIBRARY_DEPTH = 1202  # the deepest net of the paper
LAYERS_A_BLOCK: Mapping[BlockKind, int] = {"basic": 2, "pre-activation": 2, "bottleneck": 3}
MIN_WIDTH, MAX_WIDTH = 4, 64
MAX_SKIP_SCALE = 2.0
MAX_GATE_BIAS = 10.0  # the range of He et al. 2016, section 3.1, and as far above zero


class Value(BaseModel):
    """A frozen value, checked once."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class NetConfig(Value):
    """One CIFAR network of the paper, its plain twin, or a variant from a later paper."""

    depth: int = 56
    shortcut: Shortcut = "A"
    width: int = Field(16, ge=MIN_WIDTH, le=MAX_WIDTH)  # channels of the first stage; 16 is the paper's
    batch_norm: bool = True
    init: Init = "he"
    activation: Activation = "relu"
    num_classes: int = Field(10, ge=2, le=1000)
    block: BlockKind = "basic"
    skip_scale: float = Field(1.0, ge=0, le=MAX_SKIP_SCALE)  # a in y = a x + F(x)
    gate_bias: float | None = Field(None, ge=-MAX_GATE_BIAS, le=MAX_GATE_BIAS)  # of a highway gate; None: no gate
    branch_init: BranchInit = "random"  # the last two begin with F(x) = 0
    survival: float = Field(1.0, gt=0, le=1)  # probability that a step keeps the last block; 1: all blocks, always

    @model_validator(mode="after")
    def _depth_fits_the_block(self) -> Self:
        layers = 3 * LAYERS_A_BLOCK[self.block]  # in one block of each of the three stages
        least = layers + 2
        if not least <= self.depth <= MAX_LIBRARY_DEPTH or self.depth % layers != 2:
            near = min(self.depth, MAX_LIBRARY_DEPTH)
            nets = "depth of a bottleneck net" if self.block == "bottleneck" else "depth"
            raise ValueError(
                f"{nets} must be {layers}n+2 ({least}, {least + layers}, {least + 2 * layers}, … {MAX_DEPTH}; at most "
                f"{MAX_LIBRARY_DEPTH}), got {self.depth}; try {max(least, (near - 2) // layers * layers + 2)}"
            )
        return self

    @model_validator(mode="after")
    def _variants_fit(self) -> Self:
        if self.is_plain and self.variants:
            raise ValueError(
                f"{self.variants[0]} changes the sum with the shortcut, and a plain net has none; "
                "choose shortcut A, B or C, or leave it at its default"
            )
        if self.gate_bias is not None and (self.skip_scale != 1 or self.survival != 1):
            raise ValueError("gate_bias makes a gate that weighs both terms; leave skip_scale and survival at 1 then")
        if self.branch_init == "zero-norm" and not self.batch_norm:
            raise ValueError("branch_init zero-norm needs batch_norm; without it, choose skipinit")
        if self.branch_init == "zero-norm" and self.block == "pre-activation":
            raise ValueError("branch_init zero-norm needs a norm at the end of F; with pre-activation, choose skipinit")
        return self

    @property
    def variants(self) -> tuple[str, ...]:
        """Names of the fields that change the sum of the terms and are not at their defaults."""
        fields = type(self).model_fields
        names = ("skip_scale", "gate_bias", "branch_init", "survival")
        return tuple(name for name in names if getattr(self, name) != fields[name].default)

    @property
    def blocks_per_stage(self) -> int:
        return (self.depth - 2) // (3 * LAYERS_A_BLOCK[self.block])

    @property
    def is_plain(self) -> bool:
        return self.shortcut == "none"

    @property
    def label(self) -> str:
        """Name of the arm on charts, such as "plain-56", "residual-56 (B)" or "bottleneck-56 (B, SkipInit)"."""
        if self.is_plain:
            return f"plain-{self.depth}" if self.block == "basic" else f"plain {self.block}-{self.depth}"
        name = "residual" if self.block == "basic" else self.block
        option = () if self.shortcut == "A" else (self.shortcut,)
        modifiers = ", ".join((*option, *(self._modifier(variant) for variant in self.variants)))
        return f"{name}-{self.depth}" + (f" ({modifiers})" if modifiers else "")

    def _modifier(self, variant: str) -> str:
        match variant:
            case "skip_scale":
                return f"{self.skip_scale:g} x"
            case "gate_bias":
                return f"highway {self.gate_bias:g}"
            case "survival":
                return f"stochastic {self.survival:g}"
            case _:
                return {"zero-norm": "zero norm", "skipinit": "SkipInit"}[self.branch_init]


def labels(arms: Sequence[NetConfig]) -> tuple[str, ...]:
    """A name for each arm; what tells arms of one name apart stands behind it, or else their place."""
    alike = [[other for other in arms if other.label == arm.label] for arm in arms]
    names = [_apart(arm, others) for arm, others in zip(arms, alike, strict=True)]
    return tuple(f"{name} #{i + 1}" if names.count(name) > 1 else name for i, name in enumerate(names))


def _apart(arm: NetConfig, others: list[NetConfig]) -> str:
    """Its name, and what it has and not all of the others, such as "plain-56 (no BN, width 8)"."""
    words = {
        "batch_norm": "BN" if arm.batch_norm else "no BN",
        "init": "PyTorch's init" if arm.init == "torch" else "He init",
        "width": f"width {arm.width}",
        "activation": arm.activation,
    }
    apart = ", ".join(word for field, word in words.items() if len({getattr(net, field) for net in others}) > 1)
    if not apart:
        return arm.label
    return f"{arm.label[:-1]}, {apart})" if arm.label.endswith(")") else f"{arm.label} ({apart})"
