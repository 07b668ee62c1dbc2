"""What an experiment is: frozen values, checked once. Imports no torch.

Depth counts weighted layers, 6n+2 (He et al. 2015, section 4.2), or 9n+2 in nets of bottlenecks, whose blocks have
three; shortcut options A, B, C are those of section 3.3.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Shortcut = Literal["none", "A", "B", "C"]
BlockKind = Literal["basic", "pre-activation", "bottleneck"]
BranchInit = Literal["random", "zero-norm", "skipinit"]
Init = Literal["he", "torch"]
Activation = Literal["relu", "tanh", "sigmoid"]
DatasetName = Literal["cifar10", "cifar100", "shapes"]
Schedule = Literal["one-cycle", "paper", "constant"]
Precision = Literal["auto", "fp32", "bf16"]

MIN_DEPTH, MAX_DEPTH = 8, 110  # what pages and the command line offer
DEPTHS = tuple(range(MIN_DEPTH, MAX_DEPTH + 1, 6))
BOTTLENECK_DEPTHS = tuple(range(11, MAX_DEPTH + 1, 9))
MAX_LIBRARY_DEPTH = 1202  # the deepest net of the paper
LAYERS_A_BLOCK: Mapping[BlockKind, int] = {"basic": 2, "pre-activation": 2, "bottleneck": 3}
MIN_WIDTH, MAX_WIDTH = 4, 64
MAX_SKIP_SCALE = 2.0
MAX_GATE_BIAS = 10.0  # the range of He et al. 2016, section 3.1, and as far above zero
MAX_ARMS = 4
MAX_EPOCHS = 200
MAX_LEARNING_RATE = 10.0
GRADIENT_RECORDS_PER_RUN = 200

SHAPES_CLASSES = (
    "disc", "ring", "square", "frame", "triangle", "cross", "bars", "checks", "star", "crescent",
)  # fmt: skip
NUM_CLASSES: Mapping[str, int] = {"cifar10": 10, "cifar100": 100, "shapes": len(SHAPES_CLASSES)}
TITLES: Mapping[str, str] = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "shapes": "shapes (synthetic)"}
# How many images exist: (train, test). `shapes` makes as many as are asked for.
AVAILABLE: Mapping[str, tuple[int, int]] = {
    "cifar10": (50_000, 10_000),
    "cifar100": (50_000, 10_000),
    "shapes": (50_000, 10_000),
}


class ConfigError(ValueError):
    """A configuration that cannot be run; the sentence says what to change."""


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


class DataConfig(Value):
    """Which images, and how many of them."""

    name: DatasetName = "cifar10"
    train_size: int = Field(5_000, ge=1)
    test_size: int = Field(2_000, ge=1)
    classes: tuple[str, ...] = ()  # a subset of class names; empty means all
    augment: bool = True  # pad-4 crop and flip (He et al. 2015, section 4.2)

    @model_validator(mode="after")
    def _sizes_exist(self) -> Self:
        train, test = AVAILABLE[self.name]
        for field, size, most in (
            ("train_size", self.train_size, train),
            ("test_size", self.test_size, test),
        ):
            if size > most:
                raise ValueError(f"{field} must be at most {most:,} on {TITLES[self.name]}, got {size:,}")
        if len(self.classes) == 1 or len(set(self.classes)) != len(self.classes):
            raise ValueError("classes must name at least two different classes, or none for all of them")
        return self

    @property
    def num_classes(self) -> int:
        return len(self.classes) or NUM_CLASSES[self.name]


class TrainConfig(Value):
    """How every arm is trained."""

    epochs: int = Field(8, ge=1, le=MAX_EPOCHS)
    batch_size: int = Field(128, ge=2, le=1024)
    learning_rate: float = Field(0.1, gt=0, le=MAX_LEARNING_RATE)  # the peak of the schedule, per step
    momentum: float = Field(0.9, ge=0, lt=1)
    weight_decay: float = Field(1e-4, ge=0, le=1)
    schedule: Schedule = "one-cycle"
    warm_up: bool = False  # lr/10 until the training error falls below 80 % (He et al. 2015, section 4.2)
    precision: Precision = "auto"
    threads: int | None = Field(None, ge=1, le=256)  # None: as many as the machine has cores
    probe_every: int | None = Field(None, ge=0)  # steps between gradient records; None: about 200 a run; 0: never


class ExperimentConfig(Value):
    """One experiment: one to four arms on the same batches."""

    arms: tuple[NetConfig, ...] = Field(min_length=1, max_length=MAX_ARMS)
    data: DataConfig = DataConfig()
    train: TrainConfig = TrainConfig()
    seed: int = Field(0, ge=0, lt=2**31)

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        for arm in self.arms:
            if arm.num_classes != self.data.num_classes:
                raise ValueError(f"num_classes of every arm must be {self.data.num_classes}, as many as the data has")
        if self.data.train_size < max(self.train.batch_size, self.data.num_classes):
            raise ValueError(
                f"train_size must be at least one batch ({self.train.batch_size}) and one image a class "
                f"({self.data.num_classes}), got {self.data.train_size}"
            )
        return self

    @property
    def steps_per_epoch(self) -> int:
        return self.data.train_size // self.train.batch_size  # the last partial batch is dropped

    @property
    def total_steps(self) -> int:
        return self.steps_per_epoch * self.train.epochs

    @property
    def probe_every(self) -> int:
        """Steps between two gradient records; 0 means never."""
        if self.train.probe_every is not None:
            return self.train.probe_every
        return max(1, round(self.total_steps / GRADIENT_RECORDS_PER_RUN))

    @property
    def chance_loss(self) -> float:
        """Loss in nats of a net that gives every class the same probability."""
        return math.log(self.data.num_classes)

    @property
    def labels(self) -> tuple[str, ...]:
        """A name for each arm, as `labels` gives them."""
        return labels(self.arms)


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


def default_experiment(data: DatasetName = "cifar10", **changes: Any) -> ExperimentConfig:
    """The default race: plain-56 against residual-56, in the budget in which the difference shows.

    Args:
        changes: fields to set otherwise: depth, width, batch_norm, init, activation, epochs, batch_size, train_size,
            test_size, learning_rate, seed, and any other field of the four configurations.
    Raises:
        ConfigError: a value is not possible; the sentence names it.
    """
    small = data == "shapes"
    values: dict[str, Any] = {
        "width": 8 if small else 16,
        "epochs": 6 if small else 8,
        "batch_size": 64 if small else 128,
        **changes,
    }
    shortcuts = values.pop("shortcuts", ("none", "A"))
    seed = values.pop("seed", 0)
    own = {"name", "shortcut"}  # `data` and `shortcuts` say these
    parts = {
        kind: {key: value for key, value in values.items() if key in kind.model_fields.keys() - own}
        for kind in (NetConfig, DataConfig, TrainConfig)
    }
    unknown = values.keys() - {key for part in parts.values() for key in part}
    if unknown:
        raise ConfigError(f"unknown setting: {', '.join(sorted(unknown))}")
    with sentences():
        data_config = DataConfig(name=data, **parts[DataConfig])
        net = {"num_classes": data_config.num_classes, **parts[NetConfig]}
        return ExperimentConfig(
            arms=tuple(NetConfig(shortcut=shortcut, **net) for shortcut in shortcuts),
            data=data_config,
            train=TrainConfig(**parts[TrainConfig]),
            seed=seed,
        )


def sentence(error: ValidationError) -> str:
    """The first thing that is wrong, in one line: field, what is allowed, what was given."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"] if not isinstance(part, int))
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "value_error":  # our own sentences name the field themselves
        return message
    given = first.get("input")
    shown = f", got {given!r}" if isinstance(given, int | float | str) else ""
    return f"{field}: {message[0].lower()}{message[1:]}{shown}"


@contextmanager
def sentences() -> Iterator[None]:
    """Turn pydantic's errors into a ConfigError of one sentence."""
    try:
        yield
    except ValidationError as error:
        raise ConfigError(sentence(error)) from error
