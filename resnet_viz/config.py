"""What an experiment is: frozen values, checked once. Imports no torch."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from resnet_viz.net_config import NetConfig, Value, labels

DatasetName = Literal["cifar10", "cifar100", "shapes"]
Schedule = Literal["one-cycle", "paper", "constant"]
Precision = Literal["auto", "fp32", "bf16"]

MAX_ARMS = 4
MAX_EPOCHS = 200
MAX_THREADS = 256
MAX_SEED = 2**31 - 1
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
    threads: int | None = Field(None, ge=1, le=MAX_THREADS)  # None: OMP_NUM_THREADS, or one for each core
    probe_every: int | None = Field(None, ge=0)  # steps between gradient records; None: about 200 a run; 0: never


class ExperimentConfig(Value):
    """One experiment: one to four arms on the same batches."""

    arms: tuple[NetConfig, ...] = Field(min_length=1, max_length=MAX_ARMS)
    data: DataConfig = DataConfig()
    train: TrainConfig = TrainConfig()
    seed: int = Field(0, ge=0, le=MAX_SEED)

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
