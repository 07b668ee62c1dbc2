"""The same with one 3x3 convolution on a 5x5 picture: forward, backward, stacked and trained, every number editable."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from resnet_viz.arithmetic import Floats, jacobian, singular_values
from resnet_viz.charts import convolution as charts
from resnet_viz.charts.arithmetic import NAMES, matrix
from resnet_viz.convolution_arithmetic import Convolution, sharpest_curvature
from resnet_viz.ui.block_editors import back_to_example, numbers_editor
from resnet_viz.ui.block_learning import controls, follow, step_by_step
from resnet_viz.ui.block_stack import stack
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.teaching import formula

KERNEL = np.array([[0, 0.1, 0], [0.1, -0.4, 0.1], [0, 0.1, 0]])
PICTURE = np.array(
    [[0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]], dtype=np.float64
)
SIZE = len(PICTURE)
# Targets that a plain block can reach, each as the kernel that makes it of the picture.
TARGETS: Mapping[str, Floats] = {
    "the picture itself": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], dtype=np.float64),
    "the picture, softened": np.array([[0, 0.1, 0], [0.1, 0.6, 0.1], [0, 0.1, 0]]),
    "the picture, one pixel to the right": np.array([[0, 0, 0], [1, 0, 0], [0, 0, 0]], dtype=np.float64),
}
FORWARD = r"""
\begin{gathered} F(x)_{ij} = \sum_{p=-1}^{1} \sum_{q=-1}^{1} k_{pq} \, x_{i+p,\,j+q} \\
\text{plain: } H(x) = F(x) \\ \text{residual: } H(x) = F(x) + x \end{gathered}
"""
FORWARD_SYMBOLS = {
    "x": "the picture, 0 outside", "i, j": "row and column of a pixel", "k": "the kernel", "F": "residual function",
    "p, q": "row and column in the kernel, counted from its middle", "H": "output of the block",
}  # fmt: skip
BACKWARD = r"""
\begin{gathered} g = \frac{\partial L}{\partial H} \\[4pt] \frac{\partial L}{\partial x_{ij}} =
\sum_{p=-1}^{1} \sum_{q=-1}^{1} k_{pq} \, g_{i-p,\,j-q} \; \left[\, {} + g_{ij} \right] \end{gathered}
"""
BACKWARD_SYMBOLS = {
    "L": "the loss", "g": "its gradient at the output, 0 outside", "[\\;]": "in the residual block only: the shortcut",
    "x, k, i, j, p, q": "as above",
}  # fmt: skip
GRADIENT = r"\frac{\partial L}{\partial k_{pq}} = \sum_{ij} (y_{ij} - t_{ij}) \, x_{i+p,\,j+q}"
GRADIENT_SYMBOLS = {
    "L": "the loss, half the sum of the squares of y - t", "y": "output of the block", "t": "the target picture",
    "x, k, i, j, p, q": "as above",
}  # fmt: skip


def convolution() -> None:
    """The whole part of the page."""
    st.subheader("The same with one 3x3 convolution")
    st.markdown("A block of a real net slides a kernel over a picture. Here it has one channel, and no bias.")
    formula(FORWARD, FORWARD_SYMBOLS)
    left, right = st.columns([1, 1], gap="large")
    with left:
        kernel = numbers_editor("Kernel k", KERNEL, "kernel")
    with right:
        picture = numbers_editor("Picture x", PICTURE, "picture")
    back_to_example("kernel", "picture")
    blocks = {residual: Convolution(kernel, residual) for residual in (True, False)}
    pixel = _pixel()
    _forward(blocks, picture, pixel)
    _backward(blocks, pixel)
    st.markdown("**Stack it**")
    stack(blocks, picture, "convolution_stack", "Blocks with this convolution")
    _learning(blocks, picture)


def _pixel() -> tuple[int, int]:
    """Row and column, from 0; the visitor counts from 1."""
    with st.container(horizontal=True, gap="large"):
        row, column = (
            int(st.number_input(f"{name} of the pixel", 1, SIZE, 2, key=f"pixel_{name}", width=180))
            for name in ("Row", "Column")
        )
    return row - 1, column - 1


def _forward(blocks: Mapping[bool, Convolution], picture: Floats, pixel: tuple[int, int]) -> None:
    pictures = {"picture<br>x": picture, "plain<br>H(x)": blocks[False].forward(picture)}
    pictures["residual<br>H(x)"] = blocks[True].forward(picture)
    says = f"The picture, and what both blocks make of it; framed: row {pixel[0] + 1}, column {pixel[1] + 1}."
    live_plot(charts.pictures_figure(pictures, pixel), key="forward", alt=says, height=300, share=0.5)
    for column, (residual, block) in zip(st.columns(2, gap="large"), blocks.items(), strict=True):
        with column:
            st.markdown(f"**{NAMES[residual].capitalize()} block, the framed pixel**")
            for step in charts.pixel_steps(block, picture, pixel):
                st.latex(step)
    st.markdown(charts.pixel_sentence(blocks, picture, pixel))


def _backward(blocks: Mapping[bool, Convolution], pixel: tuple[int, int]) -> None:
    st.markdown("**Backward.** Let the gradient at the output be 1 at the framed pixel, and 0 elsewhere.")
    formula(BACKWARD, BACKWARD_SYMBOLS)
    grad = np.zeros((SIZE, SIZE))
    grad[pixel] = 1.0
    pictures = {"both<br>dL/dH": grad, "plain<br>dL/dx": blocks[False].backward(grad)}
    pictures["residual<br>dL/dx"] = blocks[True].backward(grad)
    says = "A gradient at one pixel, and what comes of it in a plain and in a residual block."
    live_plot(charts.pictures_figure(pictures, pixel), key="backward", alt=says, height=300, share=0.5)
    values = {residual: singular_values(jacobian(block, grad.shape)) for residual, block in blocks.items()}
    says = charts.singular_values_sentence(values)
    live_plot(charts.singular_values_figure(values), key="singular", alt=says, height=260)
    st.markdown(f"As a matrix, dF/dx has {grad.size} rows and columns, one for each pixel. {says}")


def _learning(blocks: Mapping[bool, Convolution], picture: Floats) -> None:
    st.markdown("**Learn it**")
    named = st.selectbox("Target picture", list(TARGETS), index=1, key="convolution_target", width=320)
    target = Convolution(TARGETS[named], residual=False).forward(picture)
    course = controls("convolution_learning", 0.05, 0.01)
    learnt = follow("convolution_learning", blocks, picture, target, course)
    formula(GRADIENT, GRADIENT_SYMBOLS)
    limit = sharpest_curvature(picture)
    if limit > 0:
        st.markdown(f"With this picture, some errors grow from a learning rate of {2 / limit:.3g} on.")
    step_by_step("convolution_learning", learnt, lambda block: [rf"k = {matrix(block.kernel)} \;"])
