"""Editors of the numbers of one block, and of one small convolution. A bad number keeps the last good ones."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from resnet_viz.arithmetic import Floats, NumbersRefused, checked, convolved, convolved_backward
from resnet_viz.charts.arithmetic import pictures_figure
from resnet_viz.ui import state
from resnet_viz.ui.live_plot import live_plot

CONVOLUTION = r"""
A real block slides a kernel $k$ over a picture: $F(x)_{ij} = \sum_{ab} k_{ab} \, x_{i+a,\,j+b}$, with zeros around
it. The residual block adds the picture, $y = F(x) + x$. With all of $k$ at 0, it passes the picture on; a plain block
leaves nothing. On the way back, the gradient is convolved with the turned kernel, and the shortcut adds the gradient
itself.
"""
KERNEL = np.array([[0, 0.1, 0], [0.1, -0.4, 0.1], [0, 0.1, 0]])
PICTURE = np.array(
    [[0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]], dtype=np.float64
)


@dataclass(frozen=True, eq=False)
class Given:
    """The numbers of the walk-through."""

    x: Floats  # (2,)
    weight: Floats  # (2, 2)
    bias: Floats  # (2,)
    target: Floats  # (2,)


# The explainer's own example.
EXAMPLE = Given(np.array([1.0, 0.5]), np.array([[0.1, 0.05], [0.05, 0.1]]), np.zeros(2), np.array([1.1, 0.6]))


def block_editors() -> Given:
    """Four small tables."""
    columns = st.columns([1, 2, 1, 1], gap="medium")
    with columns[0]:
        x = _editor("Input x", EXAMPLE.x, "x")
    with columns[1]:
        weight = _editor("Weights W", EXAMPLE.weight, "weight")
    with columns[2]:
        bias = _editor("Bias b", EXAMPLE.bias, "bias")
    with columns[3]:
        target = _editor("Target t", EXAMPLE.target, "target")
    st.button("Back to the example", on_click=_forget, args=(("x", "weight", "bias", "target"),), key="example")
    return Given(x, weight, bias, target)


def convolution() -> None:
    """The same for one 3x3 convolution on a 5x5 picture."""
    st.subheader("The same with one 3x3 convolution")
    st.markdown(CONVOLUTION)
    left, right = st.columns([1, 1], gap="large")
    with left:
        kernel = _editor("Kernel k", KERNEL, "kernel")
    with right:
        picture = _editor("Picture x", PICTURE, "picture")
    st.button("Back to the example", on_click=_forget, args=(("kernel", "picture"),), key="example_kernel")
    branch = convolved(picture, kernel)
    forward = {"x": picture, "F(x), the plain y": branch, "F(x) + x, the residual y": branch + picture}
    live_plot(pictures_figure(forward), key="forward", alt="The picture, its convolution, and their sum.", height=300)
    grad = np.zeros_like(picture)
    grad[2, 2] = 1.0
    back = convolved_backward(grad, kernel)
    backward = {"dL/dy, at one pixel": grad, "plain dL/dx": back, "residual dL/dx": back + grad}
    live_plot(
        pictures_figure(backward), key="backward", alt="A gradient at one pixel, and what comes of it.", height=300
    )


def _editor(label: str, example: Floats, name: str) -> Floats:
    """A table of numbers; says beside it what is wrong, and gives the last good numbers then."""
    table = example if example.ndim == 2 else example[:, None]
    names = [str(place + 1) for place in range(table.shape[1])]
    st.markdown(f"**{label}**")
    edited = st.data_editor(
        pd.DataFrame(table, columns=names), hide_index=True, num_rows="fixed", key=state.editor_key(name),
        column_config={column: st.column_config.NumberColumn(column, format="%.4g") for column in names}, alt=label,
    )  # fmt: skip
    values = edited.to_numpy(dtype=object)
    try:
        good = checked(values if example.ndim == 2 else values[:, 0], example.shape, label)
    except NumbersRefused as error:
        st.error(f"{error} The last good numbers are used.")
        return state.last_good(name, example)
    return state.keep_good(name, good)


def _forget(names: tuple[str, ...]) -> None:
    for name in names:
        state.reset_editor(name)
