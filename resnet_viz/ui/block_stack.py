"""Many equal blocks, one after another: what becomes of the signal, of the gradient, and what keeps them in bounds."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from resnet_viz.arithmetic import Floats, Layer, Remedy, jacobian, stacked
from resnet_viz.charts import arithmetic as charts
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.teaching import formula

REMEDIES: Mapping[str, Remedy] = {
    "as it is": "none", "branch / √N": "small branches", "output normalised": "normalise",
}  # fmt: skip
SMALL = r"""
De and Smith (2020) show that, before training, batch norm makes the branch smaller than the shortcut by a factor of the
order of $\sqrt{N}$; a small factor on each branch does the same without batch norm. With random branches, independent
of each other and each with the variance of its input, the factor $1/\sqrt{N}$ keeps the variance of the signal below
$(1 + 1/N)^N < 2.72$ times the input's. Here all blocks are equal and may push the same way: growth becomes slow, and
does not end. A plain block has no shortcut: the factor makes it forget sooner.
"""
NORMALISE = """
Norm layers of real nets do it channel by channel; here the whole output is divided by its length (0 stays 0). Then the
signal has the length 1 in both stacks. What the gradient had along *y* is lost, for the length no longer counts. Where
a block stretches one direction more than all others, as the examples do, *y* turns to that direction block by block;
then the direction of *x* counts less and less, and the gradient fades with it.
"""


def stack(blocks: Mapping[bool, Layer], x: Floats, key: str, label: str) -> None:
    """Choices, chart, and what they say; the gradient at the top is 1 for every number of y.

    Args:
        blocks: whether it is residual, to the block.
        label: of the slider with the number of blocks.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        names = list(REMEDIES)
        chosen = st.segmented_control("Each block", names, default=names[0], required=True, key=f"{key}_remedy")
        depth = st.slider(label, 1, 200, 50, key=f"{key}_blocks", width=320)
    remedy = REMEDIES[chosen]
    norms = {residual: stacked(block, x, np.ones_like(x), depth, remedy) for residual, block in blocks.items()}
    sentence = charts.stack_sentence(norms, depth)
    live_plot(charts.stacked_figure(norms), key=key, alt=sentence, height=340)
    st.markdown(sentence)
    _explain(remedy, blocks, x, depth)


def _explain(remedy: Remedy, blocks: Mapping[bool, Layer], x: Floats, depth: int) -> None:
    if remedy == "normalise":
        formula(
            r"\begin{gathered} y = \frac{z}{\lVert z \rVert} \\[4pt] \frac{\partial L}{\partial z} = "
            r"\frac{g - (g \cdot y)\, y}{\lVert z \rVert}, \quad g = \frac{\partial L}{\partial y} \end{gathered}",
            {"z": "what the block made of its input", "y": "the same with length 1, the input of the next block",
             r"\lVert z \rVert": "length of z", "L": "the loss", "g": "its gradient at y"},
        )  # fmt: skip
        st.markdown(NORMALISE)
        return
    if remedy == "small branches":
        formula(
            r"y = \frac{1}{\sqrt{N}} F(x) + x",
            {"x": "input of a block", "y": "its output; the plain block leaves the x out", "F": "residual function",
             "N": f"number of blocks, here {depth}"},
        )  # fmt: skip
        st.markdown(SMALL)
    factor = depth**-0.5 if remedy == "small branches" else 1.0
    slopes = {residual: jacobian(block.scaled(factor), x.shape) for residual, block in blocks.items()}
    st.markdown(charts.bound_sentence(slopes, depth))
