"""The nets of a race, each on its own: a row with its name and look, and what it is made of one click away."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from pydantic import ValidationError

from resnet_viz.charts.style import SPARES, Pen, pens
from resnet_viz.config import MAX_ARMS
from resnet_viz.net_config import (
    BOTTLENECK_DEPTHS,
    DEPTHS,
    MAX_GATE_BIAS,
    MAX_SKIP_SCALE,
    MAX_WIDTH,
    MIN_WIDTH,
    NetConfig,
    labels,
)
from resnet_viz.ui.race_begin import Form

SHORTCUTS = {
    "A": "A: identity, padded with zeros",
    "B": "B: projection where the size changes",
    "C": "C: projections everywhere",
}
INITS = {"he": "He et al. 2015", "torch": "PyTorch's default"}
ACTIVATIONS = ["relu", "tanh", "sigmoid"]
BLOCKS = {
    "basic": "basic: two 3x3 convolutions",
    "pre-activation": "pre-activation: norm and ReLU first",
    "bottleneck": "bottleneck: 1x1, 3x3, 1x1",
}
STARTS = {
    "random": "random",
    "zero-norm": "zero: scale 0 in the last norm",
    "skipinit": "zero: a learnt factor before the sum (SkipInit)",
}
START_GATE = -2.0  # of a gate that is switched on: nearly closed, as Srivastava et al. 2015 advise
COLOUR_WORDS = {"none": "orange", "A": "blue", "B": "green", "C": "violet"}  # as Streamlit's Markdown names them
DASH_WORDS = {
    "solid": "solid", "dash": "dashed", "dot": "dotted", "dashdot": "dash-dot",
    **dict(zip((dash for dash, _ in SPARES), ("long dashes", "long dash-dot", "dash and dots"), strict=True)),
}  # fmt: skip
GATE = (
    "*y = T F(x) + (1 - T) x*, *T* = sigmoid(1x1 convolution of *x* + bias). Srivastava et al. (2015) trained nets of "
    "hundreds of layers with gates whose bias began below zero. He et al. (2016, Table 1) found gates on the shortcut "
    "worse than the identity; Srivastava (2025) answers that other gates are not. After ResNet has both sides."
)


def arm_rows(form: Form, data: str, width: int | None) -> list[dict[str, Any]]:
    """Draw a row for each net; give the fields of each.

    Args:
        data: the data set, whose budget has a width of its own.
        width: what the nets begin with instead of their own width, if anything.
    """
    values, slots = [], []
    for number, begin in form.arms.items():
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=form.key(f"arm_{number}")):
            with st.container(width="stretch"):
                slots.append(st.empty())
            with st.popover("Change", type="tertiary", key=form.key(f"change_{number}")):
                start = begin.model_dump() | ({} if width is None else {"width": width})
                values.append(_fields(form, f"{data}_{number}", start))
                st.button(
                    "Remove this net", icon=":material/delete:", disabled=len(form.arms) == 1,
                    key=form.key(f"remove_{number}"), on_click=form.remove, args=(number,),
                )  # fmt: skip
    _name(slots, values)
    st.button(
        "Add a net", icon=":material/add:", type="tertiary", disabled=len(form.arms) >= MAX_ARMS, key=form.key("add"),
        on_click=form.add,
    )  # fmt: skip
    return values


def _name(slots: list[Any], values: list[dict[str, Any]]) -> None:
    """Write each net's name and look into its row, once all are known."""
    try:
        nets = [NetConfig(**fields) for fields in values]
    except ValidationError:  # said once, under the form
        for slot in slots:
            slot.markdown("…")
        return
    for slot, net, name, pen in zip(slots, nets, labels(nets), pens(nets), strict=True):
        slot.markdown(f":{COLOUR_WORDS[net.shortcut]}[**{name}**]  \n:small[{_look(net, pen)}]")


def _look(net: NetConfig, pen: Pen) -> str:
    norm = "" if net.batch_norm else "; no BN"
    return f"{COLOUR_WORDS[net.shortcut]}, {DASH_WORDS[pen.dash]}{norm}"


def _fields(form: Form, name: str, start: Mapping[str, Any]) -> dict[str, Any]:
    """What one net is made of."""

    def key(field: str) -> str:
        return form.key(f"{field}_{name}")

    values: dict[str, Any] = {"num_classes": start["num_classes"]}
    values["shortcut"] = _choice("Shortcut", {"none": "none: a plain net", **SHORTCUTS}, start, "shortcut", key)
    values["block"] = block = _choice("Block", BLOCKS, start, "block", key)
    depths = BOTTLENECK_DEPTHS if block == "bottleneck" else DEPTHS
    near = min(depths, key=lambda depth: abs(depth - start["depth"]))
    values["depth"] = st.select_slider("Depth", depths, value=near, key=key(f"depth_{block == 'bottleneck'}"))
    values["width"] = st.slider("Width", MIN_WIDTH, MAX_WIDTH, start["width"], key=key("width"))
    values["batch_norm"] = st.toggle("Batch norm", value=start["batch_norm"], key=key("batch_norm"))
    values["init"] = _choice("Initial weights", INITS, start, "init", key)
    values["activation"] = _choice("Activation", {name: name for name in ACTIVATIONS}, start, "activation", key)
    if values["shortcut"] != "none":
        values |= _sum(start, key)
    return values


def _sum(start: Mapping[str, Any], key: Any) -> dict[str, Any]:
    """How the two terms are added."""
    values: dict[str, Any] = {"branch_init": _choice("Start of *F*", STARTS, start, "branch_init", key)}
    if st.toggle("Highway gate", value=start["gate_bias"] is not None, key=key("gate")):
        bias = START_GATE if start["gate_bias"] is None else start["gate_bias"]
        values["gate_bias"] = st.number_input(
            "Bias of the gate", -MAX_GATE_BIAS, MAX_GATE_BIAS, bias, step=1.0, format="%g", key=key("gate_bias")
        )
        st.caption(GATE)
        return values
    values["skip_scale"] = st.number_input(
        "Factor of the shortcut", 0.0, MAX_SKIP_SCALE, start["skip_scale"], step=0.1, format="%g", key=key("scale"),
        help="*a* in *y = a x + F(x)*; He et al. (2016, section 3) explain why 1 is special.",
    )  # fmt: skip
    values["survival"] = st.number_input(
        "Survival of the last block", 0.0, 1.0, start["survival"], step=0.1, format="%g", key=key("survival"),
        help="Stochastic depth (Huang et al. 2016): each step leaves blocks out, the later the more often. 1: none.",
    )  # fmt: skip
    return values


def _choice(label: str, options: Mapping[str, str], start: Mapping[str, Any], field: str, key: Any) -> Any:
    return st.selectbox(
        label, list(options), index=list(options).index(start[field]), format_func=options.__getitem__, key=key(field)
    )
