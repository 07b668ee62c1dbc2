"""The form of a race: widgets in, an experiment out."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from resnet_viz.config import (
    AVAILABLE,
    DEPTHS,
    MAX_LEARNING_RATE,
    MAX_WIDTH,
    MIN_WIDTH,
    TITLES,
    ConfigError,
    DatasetName,
    ExperimentConfig,
    TrainConfig,
    default_experiment,
)

SHORTCUTS = {
    "A": "A: identity, padded with zeros",
    "B": "B: projection where the size changes",
    "C": "C: projections everywhere",
}
INITS = {"he": "He et al. 2015", "torch": "PyTorch's default"}
SCHEDULES = {"one-cycle": "one-cycle", "paper": "the paper's: drops at 1/2 and 3/4", "constant": "constant"}
PRECISIONS = {"auto": "auto", "fp32": "fp32", "bf16": "bf16"}


def race_form(defaults: Mapping[str, Any], default_data: DatasetName) -> ExperimentConfig | ConfigError:
    """Draw the form; give the experiment it describes, or why it describes none.

    Args:
        defaults: values to begin with, as fields of the configuration.
        default_data: the data set to begin with when `defaults` names none.
    """
    names: list[DatasetName] = ["cifar10", "cifar100", "shapes"]
    begin = names.index(defaults.get("data", default_data))
    data = st.selectbox("Data set", names, index=begin, format_func=TITLES.__getitem__, key="data")
    start = {**_flat(default_experiment(data)), **defaults}
    values: dict[str, Any] = {"data": data}
    values["depth"] = st.select_slider(
        "Depth", DEPTHS, value=start["depth"], key="depth",
        help="Weighted layers, 6n+2. The deeper, the wider the gap between the two; README measures 20 and 56.",
    )  # fmt: skip
    # Keys carry the data set, because its default budget differs.
    values["width"] = st.slider(
        "Width", MIN_WIDTH, MAX_WIDTH, start["width"], key=f"width_{data}",
        help="Channels of the first stage. 16 is the paper's.",
    )  # fmt: skip
    values["batch_norm"] = st.toggle("Batch norm", value=start["batch_norm"], key="batch_norm")
    values["init"] = st.radio(
        "Initial weights", list(INITS), index=list(INITS).index(start["init"]), format_func=INITS.__getitem__,
        horizontal=True, key="init",
    )  # fmt: skip
    values["epochs"] = st.number_input("Epochs", 1, 200, start["epochs"], key=f"epochs_{data}")
    most = AVAILABLE[data][0]
    values["train_size"] = st.number_input(
        "Training images", 1, most, start["train_size"], step=1000, key=f"size_{data}",
        help=f"Chosen at random, equally from all classes; {most:,} at most.",
    )  # fmt: skip
    values["seed"] = st.number_input("Seed", 0, 2**31 - 1, start["seed"], key="seed")
    with st.expander("More"):
        values |= _more(start, data)
    try:
        return default_experiment(**values)
    except ConfigError as error:
        return error


def _more(start: Mapping[str, Any], data: DatasetName) -> dict[str, Any]:
    values: dict[str, Any] = {}
    shortcut = st.selectbox("Shortcut of the residual net", list(SHORTCUTS), format_func=SHORTCUTS.__getitem__)
    values["shortcuts"] = ("none", shortcut)
    values["activation"] = st.selectbox("Activation", ["relu", "tanh", "sigmoid"])
    values["batch_size"] = st.select_slider(
        "Batch size", (32, 64, 128, 256, 512), value=start["batch_size"], key=f"batch_{data}"
    )
    values["learning_rate"] = st.number_input(
        "Learning rate",
        0.0001,
        MAX_LEARNING_RATE,
        0.1,
        step=0.01,
        format="%.4f",
        help="The peak of the schedule.",
    )
    values["schedule"] = st.selectbox("Schedule", list(SCHEDULES), format_func=SCHEDULES.__getitem__)
    values["warm_up"] = st.toggle(
        "Warm-up",
        help="A tenth of the rate until the training error falls below 80 % (He et al. 2015, section 4.2).",
    )
    values["momentum"] = st.number_input("Momentum", 0.0, 0.99, 0.9, step=0.05)
    values["weight_decay"] = st.number_input("Weight decay", 0.0, 1.0, 1e-4, step=1e-4, format="%.5f")
    values["augment"] = st.toggle("Crop and flip", value=True, help="Pad by 4, crop to 32x32, flip at random.")
    names = st.text_input(
        "Classes", placeholder="all of them", help="Names, separated by commas: cat, dog, ship.", key=f"classes_{data}"
    )
    values["classes"] = tuple(filter(None, (name.strip() for name in names.split(","))))
    values["test_size"] = st.number_input(
        "Test images", 1, AVAILABLE[data][1], start["test_size"], step=500, key=f"test_{data}",
        help="Seen at the end of each epoch, beside as many of the training images.",
    )  # fmt: skip
    values["probe_every"] = st.number_input(
        "Steps between gradient records", 0, None, None, placeholder="about 200 records a run", help="0: none.",
        key="probe_every",
    )  # fmt: skip
    values["precision"] = st.selectbox(
        "Precision",
        list(PRECISIONS),
        help="auto: bf16 where the machine has it and it was measured to be faster.",
    )
    return values


def _flat(config: ExperimentConfig) -> dict[str, Any]:
    """The fields of a configuration as one mapping."""
    net = config.arms[0].model_dump(exclude={"shortcut", "num_classes"})
    train = config.train.model_dump(include=set(TrainConfig.model_fields))
    return {**net, **config.data.model_dump(exclude={"name", "classes"}), **train, "seed": config.seed}
