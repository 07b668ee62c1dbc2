"""One block, in numbers: forward, backward, stacked and trained, with every number open to change."""

import numpy as np
import streamlit as st

from resnet_viz.arithmetic import Block, stacked
from resnet_viz.charts import arithmetic as charts
from resnet_viz.ui.block_editors import block_editors, convolution
from resnet_viz.ui.block_learning import learning
from resnet_viz.ui.lesson_quizzes import block_quiz
from resnet_viz.ui.lessons import next_lesson
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.teaching import sources

INTRO = r"""
A **plain** block computes $y = F(x)$. A **residual** block adds its input: $y = F(x) + x$ (He et al. 2015, equation
1). Here $F(x) = Wx + b$ has two inputs and two outputs, small enough to follow by hand; $t$ is the target, and the
loss is $L = \tfrac12 \lVert y - t \rVert^2$. Change any number.
"""
BACKWARD = r"""
The gradient of the loss at the input is $\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y} \left(I +
\frac{\partial F}{\partial x}\right)$ for the residual block. The identity $I$ passes the gradient on whatever $W$ is
(He et al. 2016, equation 5). That is not the whole story of depth: with batch norm, gradients of plain nets do not
vanish.
"""
STACK = """
Many equal blocks, one after another. Set *W* to 0: plain blocks forget everything at once, residual ones pass
everything on. The example's own *W* shows the other side: with a largest factor of 1.15, two hundred residual blocks
multiply the signal by 1.15 to the power of 200. Norm layers or small branches keep real nets from that.
"""


def main() -> None:
    st.header("One residual block, in numbers")
    st.markdown(INTRO)
    given = block_editors()
    blocks = {residual: Block(given.weight, given.bias, residual) for residual in (True, False)}
    x, target = given.x, given.target
    st.subheader("Forward")
    for column, (residual, block) in zip(st.columns(2, gap="large"), blocks.items(), strict=True):
        with column:
            st.markdown(f"**{charts.NAMES[residual].capitalize()} block**")
            for step in [*charts.branch_steps(block, x), *charts.output_steps(block, x)]:
                st.latex(step)
            error = block.forward(x) - target
            st.latex(rf"y - t = {charts.vector(error)}, \quad L = {charts.number(0.5 * float(error @ error))}")
    st.subheader("Backward")
    st.markdown(BACKWARD)
    for column, block in zip(st.columns(2, gap="large"), blocks.values(), strict=True):
        with column:
            st.latex(charts.backward_step(block, block.forward(x) - target))
            factors = ", ".join(map(charts.number, np.linalg.svd(block.jacobian, compute_uv=False)))
            st.markdown(f"Singular values of dy/dx: ${factors}$")
    st.subheader("Stack it")
    st.markdown(STACK)
    depth = st.slider("Blocks", 1, 200, 50, key="blocks")
    norms = {residual: stacked(block, x, np.ones(len(x)), depth) for residual, block in blocks.items()}
    sentence = charts.stack_sentence(norms, depth)
    live_plot(charts.stacked_figure(norms), key="stack", alt=sentence, height=340)
    st.markdown(sentence)
    learning(blocks, x, target)
    convolution()
    block_quiz()
    sources({"he2015": "equations 1 and 2", "he2016": "section 2, equations 4 and 5"})
    next_lesson("block")


main()
