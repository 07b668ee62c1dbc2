"""Gradient descent of one plain and one residual block towards a target, from a start of the visitor's choice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from resnet_viz.arithmetic import AnyLayer, Block, Floats, descent
from resnet_viz.charts import arithmetic as charts
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.teaching import formula

BEGINS = ("zero", "random", "the numbers above")
LEARN = """
In one linear block the shortcut changes where learning begins, not how fast it goes: a step multiplies the errors of
both blocks by the same factor. From zero weights, the residual block begins at *y* = *x*, the plain one at *y* = 0.
"""
SYMBOLS = {
    "k": "number of the step", "W_k, b_k": "weights and bias before it", "y_k": "output with them", "x": "input",
    "t": "target", "L": "loss", r"\eta": "learning rate", r"\lVert x \rVert": "length of x", r"\top": "transposed",
}  # fmt: skip
FORMULA = r"""
\begin{gathered} \frac{\partial L}{\partial W} = (y_k - t)\, x^\top \\[4pt]
W_{k+1} = W_k - \eta \frac{\partial L}{\partial W} \\[4pt] b_{k+1} = b_k - \eta (y_k - t) \\[4pt]
y_{k+1} - t = \left(1 - \eta \, (\lVert x \rVert^2 + 1)\right) (y_k - t) \end{gathered}
"""


@dataclass(frozen=True)
class Course:
    """How a block is to learn."""

    begin: str  # one of BEGINS
    rate: float
    steps: int


def learning(blocks: Mapping[bool, Block], x: Floats, target: Floats) -> None:
    """The linear blocks learn: controls, losses, what they say, and each step in numbers.

    Args:
        blocks: whether it is residual, to the block.
    """
    st.subheader("Learn it")
    course = controls("learning", 1.0, 0.2)
    learnt = follow("learning", blocks, x, target, course)
    st.markdown(LEARN)
    formula(FORMULA, SYMBOLS)
    st.markdown(charts.pace_sentence(x, course.rate))
    step_by_step("learning", learnt, lambda block: charts.learning_steps(block, x, target))


def controls(key: str, largest_rate: float, rate: float) -> Course:
    """Where to begin, the learning rate, the number of steps."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        begin = st.segmented_control("Begin with", BEGINS, default=BEGINS[0], required=True, key=f"{key}_begin")
        chosen = st.slider(
            "Learning rate", largest_rate / 100, largest_rate, rate, largest_rate / 100, key=f"{key}_rate", width=260,
            format="%.4g",
        )  # fmt: skip
        steps = st.slider("Steps", 1, 100, 20, key=f"{key}_steps", width=260)
    return Course(begin, chosen, steps)


def follow(
    key: str, blocks: Mapping[bool, AnyLayer], x: Floats, target: Floats, course: Course
) -> dict[bool, list[tuple[AnyLayer, float]]]:
    """Let both learn; draws their losses, and says where they end.

    Returns:
        The blocks with their losses, before the first step and after each, by whether they are residual.
    """
    learnt = {
        residual: list(descent(_begun(block, course.begin), x, target, course.rate, course.steps))
        for residual, block in blocks.items()
    }
    losses = {residual: [value for _, value in steps] for residual, steps in learnt.items()}
    says = charts.learning_sentence(losses, course.steps)
    live_plot(charts.learning_figure(losses), key=key, alt=says, height=300)
    st.markdown(says)
    return learnt


def step_by_step(
    key: str,
    learnt: Mapping[bool, Sequence[tuple[AnyLayer, float]]],
    formulas: Callable[[AnyLayer], Sequence[str]],
) -> None:
    """A slider over the steps, and both blocks as they were at the chosen one."""
    last = max(map(len, learnt.values())) - 1
    step = st.slider("Show the blocks after step", 0, last, 0, key=f"{key}_step")
    for column, (residual, steps) in zip(st.columns(2, gap="large"), learnt.items(), strict=True):
        with column:
            st.markdown(f"**{charts.NAMES[residual].capitalize()} block after step {step}**")
            if step >= len(steps):
                st.markdown(f"It stopped after step {len(steps) - 1}.")
                continue
            block, loss = steps[step]
            for line in formulas(block):
                st.latex(line)
            st.latex(f"L = {charts.number(loss)}")


def _begun(block: AnyLayer, begin: str) -> AnyLayer:
    """The block at its start; both blocks get the same random weights."""
    if begin == "the numbers above":
        return block
    return block.begun(np.random.default_rng(0) if begin == "random" else None)
