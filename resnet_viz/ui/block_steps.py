"""The walk-through of the plain and the residual block: forward, what F has to make, and backward, in numbers."""

from collections.abc import Mapping

import streamlit as st

from resnet_viz.arithmetic import Block, Floats, singular_values
from resnet_viz.charts import arithmetic as charts
from resnet_viz.ui.teaching import formula

BACKWARD = r"""
\begin{gathered} \frac{\partial L}{\partial x} = \frac{\partial L}{\partial y} \left(I + \frac{\partial F}{\partial x}
\right) \\[4pt] \frac{\partial L}{\partial y} = (y - t)^\top, \quad \frac{\partial F}{\partial x} = W \end{gathered}
"""
BACKWARD_SYMBOLS = {
    "L": "loss", "x": "input", "y": "output", "t": "target", "F": "residual function", "W": "its weights",
    "I": "identity matrix, the part of the shortcut; a plain block has none", r"\top": "transposed, a row",
}  # fmt: skip
BACKWARD_SAYS = """
The identity passes the gradient on, and *W* adds to it (He et al. 2016, equation 5); only a *W* near -*I* cancels it.
That is not the whole story of depth: with batch norm, gradients of plain nets do not vanish.
"""


def forward(blocks: Mapping[bool, Block], x: Floats, target: Floats) -> None:
    """Each number of the output as its arithmetic, then how far F is from what the target asks of it."""
    st.subheader("Forward")
    for column, (residual, block) in zip(st.columns(2, gap="large"), blocks.items(), strict=True):
        with column:
            st.markdown(f"**{charts.NAMES[residual].capitalize()} block**")
            for step in [*charts.branch_steps(block, x), *charts.output_steps(block, x)]:
                st.latex(step)
            error = block.forward(x) - target
            st.latex(rf"y - t = {charts.vector(error)}, \quad L = {charts.number(0.5 * float(error @ error))}")
            st.markdown("To hit the target, its *F* has to make")
            st.latex(charts.task_step(block, x, target))
    st.markdown(charts.task_sentence(x, target))


def backward(blocks: Mapping[bool, Block], x: Floats, target: Floats) -> None:
    """The gradient at the input as a product of matrices, with the singular values of the block's own."""
    st.subheader("Backward")
    formula(BACKWARD, BACKWARD_SYMBOLS)
    st.markdown(BACKWARD_SAYS)
    for column, (residual, block) in zip(st.columns(2, gap="large"), blocks.items(), strict=True):
        with column:
            st.markdown(f"**{charts.NAMES[residual].capitalize()} block**")
            st.latex(charts.backward_step(block, block.forward(x) - target))
            factors = ", ".join(map(charts.number, singular_values(block.jacobian)))
            st.markdown(f"Singular values of {charts.DERIVATIVES[residual]}: ${factors}$")
