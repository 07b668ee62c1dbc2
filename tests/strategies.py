"""All nets and experiments that pages and addresses can say, for hypothesis."""

from typing import Any, get_args

from hypothesis import strategies as st

from resnet_viz import config, net_config
from resnet_viz.config import (
    AVAILABLE,
    MAX_ARMS,
    MAX_EPOCHS,
    MAX_LEARNING_RATE,
    DataConfig,
    ExperimentConfig,
    TrainConfig,
)
from resnet_viz.net_config import BOTTLENECK_DEPTHS, DEPTHS, NetConfig

CLASS_NAMES = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789_- ", min_size=1, max_size=12).map(str.strip)


def _literal(kind: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(get_args(kind))


@st.composite
def nets(draw: st.DrawFn, num_classes: int = 10) -> NetConfig:
    """Any net of a depth that is offered."""
    block = draw(_literal(net_config.BlockKind))
    values: dict[str, Any] = {
        "block": block,
        "depth": draw(st.sampled_from(BOTTLENECK_DEPTHS if block == "bottleneck" else DEPTHS)),
        "shortcut": draw(_literal(net_config.Shortcut)),
        "width": draw(st.integers(net_config.MIN_WIDTH, net_config.MAX_WIDTH)),
        "batch_norm": draw(st.booleans()),
        "init": draw(_literal(net_config.Init)),
        "activation": draw(_literal(net_config.Activation)),
        "num_classes": num_classes,
    }
    return NetConfig(**values, **draw(_sums(values)))


@st.composite
def _sums(draw: st.DrawFn, values: dict[str, Any]) -> dict[str, Any]:
    """What changes the sum with the shortcut: nothing in a plain net."""
    if values["shortcut"] == "none":
        return {}
    normed = values["batch_norm"] and values["block"] != "pre-activation"
    starts = ["random", "skipinit", *(["zero-norm"] if normed else [])]
    sums = {"branch_init": draw(st.sampled_from(starts))}
    if draw(st.booleans()):
        return sums | {"gate_bias": draw(st.floats(-net_config.MAX_GATE_BIAS, net_config.MAX_GATE_BIAS))}
    scale, survival = st.floats(0, net_config.MAX_SKIP_SCALE), st.floats(0, 1, exclude_min=True)
    return sums | {"skip_scale": draw(st.just(1.0) | scale), "survival": draw(st.just(1.0) | survival)}


@st.composite
def experiments(draw: st.DrawFn) -> ExperimentConfig:
    """Any experiment whose parts fit."""
    name = draw(_literal(config.DatasetName))
    train, test = AVAILABLE[name]
    names = st.lists(CLASS_NAMES.filter(bool), min_size=2, max_size=6, unique=True)
    classes = draw(st.just(()) | names.map(tuple))
    data = DataConfig(
        name=name, train_size=draw(st.integers(1100, train)), test_size=draw(st.integers(1, test)), classes=classes,
        augment=draw(st.booleans()),
    )  # fmt: skip
    arms = draw(st.lists(nets(data.num_classes), min_size=1, max_size=MAX_ARMS))
    return ExperimentConfig(arms=tuple(arms), data=data, train=draw(trainings()), seed=draw(st.integers(0, 2**31 - 1)))


@st.composite
def trainings(draw: st.DrawFn) -> TrainConfig:
    return TrainConfig(
        epochs=draw(st.integers(1, MAX_EPOCHS)),
        batch_size=draw(st.integers(2, 1024)),
        learning_rate=draw(st.floats(0, MAX_LEARNING_RATE, exclude_min=True)),
        momentum=draw(st.floats(0, 1, exclude_max=True)),
        weight_decay=draw(st.floats(0, 1)),
        schedule=draw(_literal(config.Schedule)),
        warm_up=draw(st.booleans()),
        precision=draw(_literal(config.Precision)),
        threads=draw(st.none() | st.integers(1, 256)),
        probe_every=draw(st.none() | st.integers(0, 10**6)),
    )
