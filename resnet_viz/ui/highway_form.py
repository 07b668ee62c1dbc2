"""Which nets are measured before their first update, and what a visitor expects of them."""

import streamlit as st

from resnet_viz.charts.highway import STORIES, Story
from resnet_viz.config import DEPTHS, MAX_WIDTH, MIN_WIDTH, NetConfig
from resnet_viz.ui.race_form import INITS, SHORTCUTS


def highway_form() -> tuple[NetConfig, ...]:
    """Four nets: plain and residual, with and without batch norm; all else is the same for all."""
    depth = st.select_slider("Depth", DEPTHS, value=56, key="highway_depth")
    width = st.slider("Width", MIN_WIDTH, MAX_WIDTH, 16, key="highway_width")
    init = st.radio("Initial weights", list(INITS), format_func=INITS.__getitem__, key="highway_init")
    shortcut = st.selectbox(
        "Shortcut of the residual nets", list(SHORTCUTS), format_func=SHORTCUTS.__getitem__, key="highway_shortcut"
    )
    activation = st.selectbox("Activation", ["relu", "tanh", "sigmoid"], key="highway_activation")
    return tuple(
        NetConfig.model_validate(
            {
                "depth": depth,
                "width": width,
                "init": init,
                "activation": activation,
                "shortcut": kind,
                "batch_norm": norm,
            }
        )
        for kind in ("none", shortcut)
        for norm in (True, False)
    )


def predictions(nets: tuple[NetConfig, ...]) -> list[Story]:
    """What the gradient does on its way to the images, as the visitor expects it."""
    said: list[Story] = []
    for place, (column, net) in enumerate(zip(st.columns(len(nets)), nets, strict=True)):
        norm = "with" if net.batch_norm else "without"
        with column:
            said.append(
                st.radio(f"{'Plain' if net.is_plain else 'Residual'}, {norm} BN", STORIES, key=f"guess_{place}")
            )
    return said
