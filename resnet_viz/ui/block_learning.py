"""Gradient descent of one plain and one residual block towards a target, from a start of the visitor's choice."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from resnet_viz.arithmetic import Block, Floats, descent
from resnet_viz.charts import arithmetic as charts
from resnet_viz.ui.live_plot import live_plot

LEARN = r"""
In one linear block the shortcut changes where learning begins, not how fast it goes: both errors $y - t$ shrink by the
factor $1 - \eta \, (\lVert x \rVert^2 + 1)$ a step, $\eta$ being the learning rate. From zero weights, the residual
block begins at $y = x$ and the plain one at $y = 0$.
"""


def learning(blocks: Mapping[bool, Block], x: Floats, target: Floats) -> None:
    """Controls, losses, and what they say.

    Args:
        blocks: whether it is residual, to the block.
    """
    st.subheader("Learn it")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        begin = st.segmented_control(
            "Begin with", ["zero", "random", "the numbers above"], default="zero", required=True
        )
        rate = st.slider("Learning rate", 0.01, 1.0, 0.2, key="rate", width=260)
        steps = st.slider("Steps", 1, 100, 20, key="steps", width=260)
    losses: dict[bool, Sequence[float]] = {}
    for residual, block in blocks.items():
        begun = block if begin == "the numbers above" else _fresh(block, begin == "random")
        losses[residual] = [loss for _, loss in descent(begun, x, target, rate, steps)]
    says = "; ".join(
        f"the {charts.NAMES[residual]} block begins at {values[0]:.3g} and ends at {values[-1]:.3g}"
        for residual, values in losses.items() if values
    )  # fmt: skip
    live_plot(charts.learning_figure(losses), key="learning", alt=says, height=300)
    st.markdown(f"Loss: {says}. {LEARN}")


def _fresh(block: Block, random: bool) -> Block:
    source = np.random.default_rng(0)
    weight = source.normal(0, 0.5, block.weight.shape) if random else np.zeros_like(block.weight)
    return Block(weight, np.zeros_like(block.bias), block.residual)
