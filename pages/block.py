"""One block, in numbers: forward, backward, stacked and trained, with every number open to change."""

import streamlit as st

from resnet_viz.arithmetic import Block
from resnet_viz.ui.block_convolution import convolution
from resnet_viz.ui.block_editors import block_editors
from resnet_viz.ui.block_learning import learning
from resnet_viz.ui.block_stack import stack
from resnet_viz.ui.block_steps import backward, forward
from resnet_viz.ui.lesson_quizzes import block_quiz
from resnet_viz.ui.lessons import next_lesson
from resnet_viz.ui.teaching import formula, sources

INTRO = """
Let *H(x)* be what a block is to make of its input. The layers of a **plain** block have to make all of it. Those of a
**residual** block make the correction only, *F(x)* := *H(x)* - *x*, and the shortcut adds *x* (He et al. 2015, section
3.1). Here *F* has two inputs and two outputs, small enough to follow by hand. Change any number.
"""
FORWARD = r"""
\begin{gathered} \text{plain: } y = H(x) = F(x) \\ \text{residual: } y = H(x) = F(x) + x \\
F(x) = W x + b \\ L = \tfrac12 \lVert y - t \rVert^2 \end{gathered}
"""
FORWARD_SYMBOLS = {
    "x": "input", "y = H(x)": "output", "F": "residual function", "W": "weights", "b": "bias", "t": "target",
    "L": "loss, half the squared length of the error",
}  # fmt: skip
STACK = """
Many equal blocks, one after another. Set *W* to 0: plain blocks forget everything at once, residual ones pass
everything on. Other weights show the other side: what a residual block stretches a little, many stretch beyond bounds.
"""


def main() -> None:
    st.header("One residual block, in numbers")
    st.markdown(INTRO)
    formula(FORWARD, FORWARD_SYMBOLS)
    given = block_editors()
    blocks = {residual: Block(given.weight, given.bias, residual) for residual in (True, False)}
    forward(blocks, given.x, given.target)
    backward(blocks, given.x, given.target)
    st.subheader("Stack it")
    st.markdown(STACK)
    stack(blocks, given.x, "stack", "Blocks")
    learning(blocks, given.x, given.target)
    convolution()
    block_quiz()
    sources({"he2015": "section 3.1, equation 1", "he2016": "section 2, equations 4 and 5", "de2020": "abstract"})
    next_lesson("block")


main()
