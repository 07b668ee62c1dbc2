"""Experiment parameters in an address: checked one by one, never trusted."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from resnet_viz.config import AVAILABLE, DEPTHS, MAX_DEPTH, MIN_DEPTH, ConfigError, default_experiment

_UNSAFE = re.compile(r"[^\w.+-]")
_FLAGS = {"1": True, "true": True, "0": False, "false": False}


def _flag(text: str) -> bool:
    return _FLAGS[text.lower()]


# name in the address -> field of the configuration, reader
PARAMETERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "data": ("data", str),
    "depth": ("depth", int),
    "width": ("width", int),
    "bn": ("batch_norm", _flag),
    "init": ("init", str),
    "epochs": ("epochs", int),
    "size": ("train_size", int),
    "seed": ("seed", int),
}


def read_parameters(given: Mapping[str, str], default_data: str) -> tuple[dict[str, Any], str | None]:
    """Values for the form, and a sentence when the address asks for something impossible.

    A broken address gives no values at all: the default experiment, not half of another one.
    """
    values: dict[str, Any] = {}
    for name, text in given.items():
        if name not in PARAMETERS:
            continue  # other pages and trackers have parameters of their own
        field, read = PARAMETERS[name]
        text = _UNSAFE.sub("", text)[:20]  # it may be shown, and a page's text is Markdown
        try:
            values[field] = read(text)
        except (ValueError, KeyError):
            return {}, _sentence(f"{name}={text} is no possible value")
    try:
        if values.get("data", default_data) not in AVAILABLE:
            raise ConfigError(f"data must be one of {', '.join(AVAILABLE)}")
        if values.get("depth", MIN_DEPTH) not in DEPTHS:
            raise ConfigError(f"depth must be 6n+2, {MIN_DEPTH} to {MAX_DEPTH}, got {values['depth']}")
        default_experiment(**{"data": default_data, **values})
    except ConfigError as error:
        return {}, _sentence(str(error))
    return values, None


def _sentence(what: str) -> str:
    return f"The address asks for an experiment that can't be run ({what}); this is the default one instead."
