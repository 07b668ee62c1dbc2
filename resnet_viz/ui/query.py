"""A whole experiment in an address: written by what differs from the default, checked one by one, never trusted.

`arms` lists nets as `spelling` writes them, commas between; `depth`, `width`, `bn`, `init` and `act` say what all nets
are that `arms` does not say otherwise. `seeds` says over how many seeds the experiment is repeated.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from resnet_viz.config import AVAILABLE, ConfigError, DatasetName, ExperimentConfig, default_experiment
from resnet_viz.net_config import MAX_DEPTH, MIN_DEPTH
from resnet_viz.presets import with_arms
from resnet_viz.repeats import repeats
from resnet_viz.spelling import number, shown, spell

MAX_WHOLE = 2**31  # of numbers that have no limit of their own
_FLAGS = {"1": True, "true": True, "0": False, "false": False}
_WORD = re.compile(r"[A-Za-z0-9.+-]{1,24}")
_TEXTS = {"arms": re.compile(r"[a-z0-9:~.,-]{1,700}"), "classes": re.compile(r"[A-Za-z0-9_ ,-]{1,3000}")}


def _flag(text: str) -> bool:
    return _FLAGS[text.lower()]


def _whole(text: str) -> int:
    value = int(text)
    if abs(value) > MAX_WHOLE:
        raise ValueError(text)
    return value


def _several(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


# name in the address -> field of the configuration, reader
PARAMETERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "data": ("data", str),
    "arms": ("arms", _several),
    "depth": ("depth", _whole),
    "width": ("width", _whole),
    "bn": ("batch_norm", _flag),
    "init": ("init", str),
    "act": ("activation", str),
    "size": ("train_size", _whole),
    "test": ("test_size", _whole),
    "classes": ("classes", _several),
    "augment": ("augment", _flag),
    "epochs": ("epochs", _whole),
    "batch": ("batch_size", _whole),
    "lr": ("learning_rate", float),
    "momentum": ("momentum", float),
    "decay": ("weight_decay", float),
    "schedule": ("schedule", str),
    "warmup": ("warm_up", _flag),
    "precision": ("precision", str),
    "threads": ("threads", _whole),
    "probe": ("probe_every", _whole),
    "seed": ("seed", _whole),
    "seeds": ("seeds", _whole),
}


def read_experiment(given: Mapping[str, str], default_data: DatasetName) -> tuple[ExperimentConfig, int, str | None]:
    """The experiment of an address, over how many seeds, and a sentence when it asks for something impossible.

    A broken address gives the default experiment, not half of another one.
    """
    try:
        return *_experiment({"data": default_data, **_values(given)}), None
    except ConfigError as error:
        why = str(error).replace("~", "\\~")  # a page would strike out what stands between two
        sentence = f"The address asks for an experiment that can't be run ({why}); this is the default one instead."
        return default_experiment(default_data), 1, sentence


def write_experiment(config: ExperimentConfig, seeds: int = 1) -> dict[str, str]:
    """The parameters that name an experiment. The data set is always said: the default is what a machine has."""
    default = default_experiment(config.data.name)
    net = default.arms[0].model_copy(update={"num_classes": config.data.num_classes})
    written: dict[str, str] = {"data": config.data.name}
    words = [spell(arm, net) for arm in config.arms]
    if words != [spell(arm, net) for arm in default.arms]:
        written["arms"] = ",".join(words)
    settings, usual = _shared(config), _shared(default)
    for name, (field, _) in PARAMETERS.items():
        if field in settings and settings[field] != usual[field]:
            written[name] = _text(settings[field])
    return written if seeds == 1 else written | {"seeds": str(seeds)}


def link(address: str, parameters: Mapping[str, str]) -> str:
    """An address with its parameters; what is safe in a query stays readable."""
    return f"{address}?{urlencode(parameters, safe=':~,')}"


def _values(given: Mapping[str, str]) -> dict[str, Any]:
    """Fields of the configuration. Parameters of other pages, and of trackers, are no concern of ours."""
    values: dict[str, Any] = {}
    for name, (field, read) in PARAMETERS.items():
        if name not in given:
            continue
        text = given[name]
        try:
            if not _TEXTS.get(name, _WORD).fullmatch(text):
                raise ValueError(text)
            values[field] = read(text)
        except (ValueError, KeyError) as error:
            raise ConfigError(f"{name}={shown(text)} is no possible value") from error
    return values


def _experiment(values: dict[str, Any]) -> tuple[ExperimentConfig, int]:
    words, seeds = values.pop("arms", None), values.pop("seeds", 1)
    if values["data"] not in AVAILABLE:
        raise ConfigError(f"data must be one of {', '.join(AVAILABLE)}")
    config = default_experiment(**values)
    if words is not None:
        config = with_arms(config, words)
    for arm in config.arms:
        if arm.depth > MAX_DEPTH:
            raise ConfigError(f"depth must be {MIN_DEPTH} to {MAX_DEPTH} here, got {arm.depth}")
    return config, len(repeats(config, seeds))


def _shared(config: ExperimentConfig) -> dict[str, Any]:
    """What all arms share, by field."""
    return {**config.data.model_dump(), **config.train.model_dump(), "seed": config.seed}


def _text(value: Any) -> str:
    match value:
        case bool():
            return str(int(value))
        case float():
            return number(value)
        case tuple():
            return ",".join(value)
        case _:
            return str(value)
