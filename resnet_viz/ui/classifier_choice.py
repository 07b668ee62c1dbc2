"""Which classifier answers: torchvision's, those of finished races, or the one that needs no download."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from resnet_viz.engine.manager import Manager
from resnet_viz.places import has_weights
from resnet_viz.questions import (
    DEFAULT_MODEL,
    MODEL_TITLES,
    OFFLINE_MODEL,
    TORCHVISION_MODELS,
    Catalogue,
    Description,
    Model,
)
from resnet_viz.ui.data_notice import download_notice
from resnet_viz.ui.desk import Desk

Facts = Mapping[str, Mapping[str, Any]]  # of torchvision's models: file, megabytes, accuracy


def choose_model(manager: Manager, desk: Desk) -> Model | None:
    """Draw the choice; the model that answers, or None while the worker starts."""
    catalogue = desk.answer(Catalogue())
    if catalogue is None:
        return None
    facts: Facts = (catalogue.told or {})["models"]
    nets = {f"{run.config.labels[arm]} of race {run.id[:6]}": path for run, arm, path in manager.library.nets()}
    options = [*TORCHVISION_MODELS, OFFLINE_MODEL, *nets]
    labels = {name: _label(name, facts) for name in (*TORCHVISION_MODELS, OFFLINE_MODEL)}
    chosen = st.selectbox(
        "Model", options, index=options.index(DEFAULT_MODEL), format_func=lambda name: labels.get(name, name),
        key="model", help="Pretrained classifiers, and the nets of finished races.",
    )  # fmt: skip
    if chosen in nets:
        return Model(name="cifar-net", weights=nets[chosen])
    name = next(name for name in (*TORCHVISION_MODELS, OFFLINE_MODEL) if name == chosen)
    if name in facts and not has_weights(str(facts[name]["file"])):
        missing = f"The weights of {MODEL_TITLES[name]} are not on this machine; {MODEL_TITLES[OFFLINE_MODEL]} answers."
        download_notice(name, manager.downloads, missing=missing, megabytes=float(facts[name]["megabytes"]))
        return Model(name=OFFLINE_MODEL)
    return Model(name=name)


def _label(name: str, facts: Facts) -> str:
    title = next(words for known, words in MODEL_TITLES.items() if known == name)
    if name not in facts:
        return f"{title}: needs no download"
    here = "" if has_weights(str(facts[name]["file"])) else f", {facts[name]['megabytes']:.0f} MB to fetch"
    return f"{title}: {facts[name]['top1']:.1f} % top-1{here}"


def describe(description: Description) -> None:
    """Say which model answers, and what it is."""
    facts = description.facts
    accuracy = f", {facts['top1']:.2f} % top-1 as torchvision states it" if "top1" in facts else ""
    parameters = f", {facts['parameters']:,} parameters" if "parameters" in facts else ""
    count, blocks = len(description.categories), sum(layer.adds for layer in description.layers)
    st.caption(
        f"**{description.title}** answers: {count:,} classes{parameters}{accuracy}. {blocks} of its blocks end in a "
        f"residual addition. It sees {description.resolution} x {description.resolution} pixels."
    )
