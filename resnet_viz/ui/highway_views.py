"""Which nets are measured before their first update, what a visitor expects of them, and what came out."""

from collections.abc import Sequence

import streamlit as st

from resnet_viz.charts import highway as charts
from resnet_viz.charts.highway import STORIES, Measured, Quantity, Story
from resnet_viz.charts.summary import Note
from resnet_viz.config import DEPTHS, MAX_WIDTH, MIN_WIDTH, NetConfig
from resnet_viz.ui import state
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.race_form import INITS, SHORTCUTS

CHARTS: tuple[tuple[Quantity, str], ...] = (
    (
        "grad_x",
        "**Gradient at the input of each row,** mean over the images: the one that rescaled weights do not change",
    ),
    ("grad_w", "**Gradient of the weights:** before a norm it also depends on the size of the weights"),
    ("spread", "**Spread of the activations:** standard deviation of what the stem and each block give"),
)


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


def _keep(nets: Sequence[Measured], said: Sequence[Story]) -> None:
    """What was expected and what came out, for the summary."""
    for net, guess in zip(nets, said, strict=True):
        asked = f"What does the gradient of {net.label} do on its way to the images, before the first update?"
        because = f"{net.change:.3g} times from the last block to the first."
        state.note(f"highway_{net.label}", Note("highway", asked, guess, net.story, because))
    state.mark_done("highway")


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


def reveal(nets: Sequence[Measured], said: Sequence[Story], seconds: float) -> None:
    """The predictions beside what was measured, the story that it supports, and every row."""
    _keep(nets, said)
    st.dataframe(charts.table(nets, said), hide_index=True)
    right = sum(net.story == guess for net, guess in zip(nets, said, strict=True))
    st.markdown(f"**You were right about {right} of {len(nets)}.** {charts.story_sentence(nets)}")
    if any(net.net.is_plain and net.net.batch_norm and net.net.activation == "relu" for net in nets):
        st.caption(
            f"Theory for plain ReLU nets with BN: {charts.BATCH_NORM_FACTOR:.2f} a layer (Yang et al. 2019), for wide "
            "nets without stages. Explodes and vanishes mean more than ten times, from the last block to the first."
        )
    for quantity, text in CHARTS:
        st.markdown(text)
        live_plot(charts.rows_figure(nets, quantity), key=f"highway_{quantity}", alt=text, height=340)
    st.caption(f"Measured in {seconds:.1f} s. One seed, one batch: the picture of a start, not of a training.")
