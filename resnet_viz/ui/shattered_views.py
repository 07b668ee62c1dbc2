"""Controls and pictures of the lesson on shattered gradients."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from resnet_viz.charts import shattered as charts
from resnet_viz.config import MAX_SEED
from resnet_viz.net_config import DEPTHS, NetConfig
from resnet_viz.ui.arm_form import INITS
from resnet_viz.ui.images import show_image
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.quizzes import Quiz

SHALLOW = (8, 26)  # beside the chosen depth; their lines are dotted and dashed


def shattered_form() -> tuple[tuple[NetConfig, ...], int]:
    """Plain and residual nets at three depths, the chosen one last, and the seed."""
    depth = st.select_slider("Depth", DEPTHS, value=56, key="shattered_depth", help="8 and 26 stand beside it.")
    batch_norm = st.toggle("Batch norm", value=True, key="shattered_norm")
    init = st.radio("Initial weights", list(INITS), format_func=INITS.__getitem__, key="shattered_init")
    seed = st.number_input(
        "Seed", 0, MAX_SEED, 0, key="shattered_seed", help="Of the initial weights, and of which two images."
    )
    depths = [*(shallow for shallow in SHALLOW if shallow != depth), depth]
    nets = tuple(
        NetConfig.model_validate({"depth": d, "shortcut": kind, "batch_norm": batch_norm, "init": init})
        for d in depths
        for kind in ("none", "A")
    )
    return nets, seed


def question_of(nets: Sequence[NetConfig], seed: int) -> Quiz:
    """What is asked of the chosen pair: another question for other settings."""
    net = nets[-1]
    norm = "with BN" if net.batch_norm else "without BN"
    return Quiz(
        "shattered", f"faster_{net.depth}_{norm}_{net.init}_{seed}",
        f"At depth {net.depth}, {norm}, initial weights of {INITS[net.init]}, seed {seed}: whose gradient changes "
        "faster from one point to the next?",
        ("the plain net's", "the residual net's", "about alike"),
    )  # fmt: skip


def reveal(nets: Sequence[charts.Along], ends: NDArray[np.uint8], classes: Sequence[str]) -> None:
    """The chosen pair in pictures, all nets as curves and numbers; kept for the summary."""
    plain, residual = nets[-2:]
    says = charts.sentence(plain, residual)
    st.markdown(f"**{says}**")
    live_plot(charts.correlation_figure(nets), key="shattered_correlation", alt=says, height=340)
    st.dataframe(charts.table(nets), hide_index=True)
    st.markdown(
        f"**The gradient itself,** at {len(plain.pictures)} neighbouring points half way between these two images: "
        "related gradients look alike, shattered ones do not. Grey is zero."
    )
    with st.container(horizontal=True):
        for picture, name in zip(ends, classes, strict=True):
            show_image(picture, name, width=96)
    for net in (plain, residual):
        show_image(charts.strip(net.pictures), f"{net.label}: d score / d image; each picture has its own scale")
    st.markdown("**Its part along the line:** how fast the score changes on the way")
    for column, net in zip(st.columns(2, gap="medium"), (plain, residual), strict=True):
        with column:
            st.caption(net.label)
            alt = f"Derivative of the score along the line in {net.label}"
            live_plot(charts.slope_figure(net), key=f"slope_{net.net.shortcut}", alt=alt, height=220)
