"""The form of a race: widgets in, an experiment out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from resnet_viz.config import (
    AVAILABLE,
    MAX_EPOCHS,
    MAX_LEARNING_RATE,
    MAX_SEED,
    MAX_THREADS,
    TITLES,
    ConfigError,
    DataConfig,
    DatasetName,
    ExperimentConfig,
    TrainConfig,
    default_experiment,
    sentences,
)
from resnet_viz.net_config import DEPTHS, MAX_WIDTH, MIN_WIDTH, NetConfig
from resnet_viz.repeats import MAX_SEEDS, repeats
from resnet_viz.ui import state
from resnet_viz.ui.arm_form import ACTIVATIONS, INITS, SHORTCUTS, arm_rows
from resnet_viz.ui.query import MAX_WHOLE, read_experiment, write_experiment
from resnet_viz.ui.race_begin import Form

SCHEDULES = {"one-cycle": "one-cycle", "paper": "the paper's: drops at 1/2 and 3/4", "constant": "constant"}
PRECISIONS = ["auto", "fp32", "bf16"]
BATCHES = (32, 64, 128, 256, 512)
# Names by which a lesson's link hides controls.
CONTROLS = {
    "presets": "presets", "data": "data set", "nets": "each net on its own", "depth": "depth", "width": "width",
    "bn": "batch norm", "init": "initial weights", "epochs": "epochs", "size": "training images", "seed": "seed",
    "seeds": "seeds", "more": "more", "link": "link", "recent": "earlier races",
}  # fmt: skip


@dataclass(frozen=True)
class Filled:
    """What the form says."""

    data: DatasetName
    config: ExperimentConfig | ConfigError  # or why it describes none
    seeds: int  # over how many it is repeated


def begin(default_data: DatasetName, shown: ExperimentConfig | None, seeds: int = 1) -> Form:
    """The form of this session: as it was left, or as the address says, or like what is shown, over so many seeds."""
    form, given = state.form(), state.experiment_parameters()
    if form is not None and given in ({}, form.given):
        if form.latest is not None and not state.any_widget(form.keys):  # they are forgotten when their page is left
            form.keep(form.latest, form.latest_seeds)
        return form
    if not given and shown is not None:  # a run of the command line may be none that the form can say
        config, seeds, _ = read_experiment(write_experiment(shown, seeds), default_data)
        problem = None
    else:
        config, seeds, problem = read_experiment(given, default_data)
    filled = 0 if form is None else form.filled + 1
    return state.keep_form(Form(config, seeds, given, write_experiment(config, seeds), problem=problem, filled=filled))


def fill(config: ExperimentConfig, seeds: int = 1) -> None:
    """Fill the form anew."""
    form = state.form()
    filled = 0 if form is None else form.filled + 1
    state.keep_form(Form(config, seeds, state.experiment_parameters(), filled=filled))
    state.decline_to_run()


def race_form(form: Form) -> Filled:
    """Draw the form."""
    hidden = state.hidden()
    data = _data(form, hidden)
    base, width = form.begin, None
    if data != base.data.name:  # another data set has another budget
        base = default_experiment(data, seed=base.seed)
        width = base.arms[0].width
    if "nets" not in hidden:
        st.toggle("Choose each net on its own", value=form.separate, key=form.key("separate"), on_change=form.switch)
    nets = _nets(form, data, width, hidden)
    settings = {**base.data.model_dump(), **base.train.model_dump(), "seed": base.seed}
    settings |= _budget(form, settings, data, hidden)
    seeds = form.seeds if "seeds" in hidden else _seeds(form)
    if "more" not in hidden:
        with st.expander("More"):
            if not form.separate:
                nets = _twins(form, nets)
            settings |= _more(form, settings, data)
    config = _experiment(nets, settings, seeds)
    if isinstance(config, ExperimentConfig):
        form.latest, form.latest_seeds = config, seeds
    return Filled(data, config, seeds)


def _data(form: Form, hidden: frozenset[str]) -> DatasetName:
    if "data" in hidden:
        return form.begin.data.name
    names: list[DatasetName] = ["cifar10", "cifar100", "shapes"]
    index = names.index(form.begin.data.name)
    return st.selectbox("Data set", names, index=index, format_func=TITLES.__getitem__, key=form.key("data"))


def _nets(form: Form, data: str, width: int | None, hidden: frozenset[str]) -> list[dict[str, Any]]:
    """Fields of each net, or of a plain net and its residual twin."""
    if form.separate:
        if "nets" not in hidden:
            return arm_rows(form, data, width)
        return [arm.model_dump() for arm in form.arms.values()]
    plain, residual = (arm.model_dump() | ({} if width is None else {"width": width}) for arm in form.begin.arms)
    shared: dict[str, Any] = {}
    if "depth" not in hidden:
        shared["depth"] = st.select_slider(
            "Depth", DEPTHS, value=plain["depth"], key=form.key("depth"),
            help="Weighted layers, 6n+2. The deeper, the wider the gap between the two; README measures 20 and 56.",
        )  # fmt: skip
    if "width" not in hidden:  # keys carry the data set, because its default budget differs
        shared["width"] = st.slider(
            "Width", MIN_WIDTH, MAX_WIDTH, plain["width"], key=form.key(f"width_{data}"),
            help="Channels of the first stage. 16 is the paper's.",
        )  # fmt: skip
    if "bn" not in hidden:
        shared["batch_norm"] = st.toggle("Batch norm", value=plain["batch_norm"], key=form.key("batch_norm"))
    if "init" not in hidden:
        shared["init"] = st.radio(
            "Initial weights", list(INITS), index=list(INITS).index(plain["init"]), format_func=INITS.__getitem__,
            horizontal=True, key=form.key("init"),
        )  # fmt: skip
    return [plain | shared, residual | shared]


def _twins(form: Form, nets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the twins have beside what is always seen."""
    plain, residual = nets
    shortcut = st.selectbox(
        "Shortcut of the residual net", list(SHORTCUTS), index=list(SHORTCUTS).index(residual["shortcut"]),
        format_func=SHORTCUTS.__getitem__, key=form.key("shortcut"),
    )  # fmt: skip
    activation = st.selectbox(
        "Activation", ACTIVATIONS, index=ACTIVATIONS.index(plain["activation"]), key=form.key("activation")
    )
    return [plain | {"activation": activation}, residual | {"activation": activation, "shortcut": shortcut}]


def _budget(form: Form, start: Mapping[str, Any], data: DatasetName, hidden: frozenset[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "epochs" not in hidden:
        values["epochs"] = st.number_input("Epochs", 1, MAX_EPOCHS, start["epochs"], key=form.key(f"epochs_{data}"))
    if "size" not in hidden:
        most = AVAILABLE[data][0]
        values["train_size"] = st.number_input(
            "Training images", 1, most, start["train_size"], step=1000, key=form.key(f"size_{data}"),
            help=f"Chosen at random, equally from all classes; {most:,} at most.",
        )  # fmt: skip
    if "seed" not in hidden:
        values["seed"] = st.number_input("Seed", 0, MAX_SEED, start["seed"], key=form.key("seed"))
    return values


def _seeds(form: Form) -> int:
    return st.number_input(
        "Seeds", 1, MAX_SEEDS, form.seeds, key=form.key("seeds"),
        help="How often the race is repeated: with the seed, the next one, and so on, one after another. From 2 on, "
        "the page shows how far the seeds lie apart, and whether the difference is larger than that.",
    )  # fmt: skip


def _more(form: Form, start: Mapping[str, Any], data: DatasetName) -> dict[str, Any]:
    values: dict[str, Any] = {}
    values["batch_size"] = st.select_slider(
        "Batch size", sorted({*BATCHES, start["batch_size"]}), value=start["batch_size"], key=form.key(f"batch_{data}")
    )
    values["learning_rate"] = st.number_input(
        "Learning rate", 0.0, MAX_LEARNING_RATE, start["learning_rate"], step=0.01, format="%g",
        key=form.key("learning_rate"), help="The peak of the schedule.",
    )  # fmt: skip
    values["schedule"] = st.selectbox(
        "Schedule", list(SCHEDULES), index=list(SCHEDULES).index(start["schedule"]),
        format_func=SCHEDULES.__getitem__, key=form.key("schedule"),
    )  # fmt: skip
    values["warm_up"] = st.toggle(
        "Warm-up", value=start["warm_up"], key=form.key("warm_up"),
        help="A tenth of the rate until the training error falls below 80 % (He et al. 2015, section 4.2).",
    )  # fmt: skip
    values["momentum"] = st.number_input(
        "Momentum", 0.0, 1.0, start["momentum"], step=0.05, format="%g", key=form.key("momentum")
    )
    values["weight_decay"] = st.number_input(
        "Weight decay", 0.0, 1.0, start["weight_decay"], step=1e-4, format="%g", key=form.key("weight_decay")
    )
    return values | _images(form, start, data) | _machine(form, start)


def _images(form: Form, start: Mapping[str, Any], data: DatasetName) -> dict[str, Any]:
    values: dict[str, Any] = {}
    values["augment"] = st.toggle(
        "Crop and flip", value=start["augment"], key=form.key("augment"),
        help="Pad by 4, crop to 32x32, flip at random.",
    )  # fmt: skip
    names = st.text_input(
        "Classes", ", ".join(start["classes"]), placeholder="all of them", key=form.key(f"classes_{data}"),
        help="Names, separated by commas: cat, dog, ship.",
    )  # fmt: skip
    values["classes"] = tuple(filter(None, (name.strip() for name in names.split(","))))
    values["test_size"] = st.number_input(
        "Test images", 1, AVAILABLE[data][1], start["test_size"], step=500, key=form.key(f"test_{data}"),
        help="Seen at the end of each epoch, beside as many of the training images.",
    )  # fmt: skip
    return values


def _machine(form: Form, start: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    values["probe_every"] = st.number_input(
        "Steps between gradient records", 0, MAX_WHOLE, start["probe_every"], placeholder="about 200 records a run",
        help="0: none.", key=form.key("probe_every"),
    )  # fmt: skip
    values["precision"] = st.selectbox(
        "Precision", PRECISIONS, index=PRECISIONS.index(start["precision"]), key=form.key("precision"),
        help="auto: bf16 where the machine has it and it was measured to be faster.",
    )  # fmt: skip
    values["threads"] = st.number_input(
        "Threads", 1, MAX_THREADS, start["threads"], placeholder="one for each core", key=form.key("threads")
    )
    return values


def _experiment(nets: list[dict[str, Any]], settings: Mapping[str, Any], seeds: int) -> ExperimentConfig | ConfigError:
    parts = {
        kind: {key: value for key, value in settings.items() if key in kind.model_fields}
        for kind in (DataConfig, TrainConfig)
    }
    try:
        with sentences():
            data = DataConfig(**parts[DataConfig])
            arms = tuple(NetConfig(**{**net, "num_classes": data.num_classes}) for net in nets)
            train = TrainConfig(**parts[TrainConfig])
            return repeats(ExperimentConfig(arms=arms, data=data, train=train, seed=settings["seed"]), seeds)[0]
    except ConfigError as error:
        return error
