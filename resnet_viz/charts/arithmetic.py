"""The walk-through of one block: its steps as formulas, its stack and its learning as figures and sentences."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from resnet_viz.arithmetic import Block, Floats, Norms, curvature, weight_gradient
from resnet_viz.charts.parts import gaps_at_zero, on_log_axis
from resnet_viz.charts.style import COLOURS, MARKERS, Figure, layout
from resnet_viz.net_config import Shortcut

NAMES = {True: "residual", False: "plain"}
DERIVATIVES = {True: "I + dF/dx", False: "dF/dx"}  # dy/dx


def number(value: float) -> str:
    """A number as one writes it by hand: up to four digits, no trailing zeros."""
    text = f"{value + 0.0:.4g}"  # without the 0.0, a product with 0 may be -0
    if "e" not in text:
        return text
    digits, power = text.split("e")
    return rf"{digits} \cdot 10^{{{int(power)}}}"


def vector(values: Floats) -> str:
    """LaTeX of a column of numbers."""
    return r"\begin{bmatrix}" + r"\\".join(map(number, values)) + r"\end{bmatrix}"


def matrix(values: Floats) -> str:
    """LaTeX of a matrix."""
    return r"\begin{bmatrix}" + r"\\".join(" & ".join(map(number, row)) for row in values) + r"\end{bmatrix}"


def term(value: float) -> str:
    """A number as it stands in a sum or a product: in brackets when it is negative."""
    return f"({number(value)})" if value < 0 else number(value)


def branch_steps(block: Block, x: Floats) -> list[str]:
    """F(x) = Wx + b, an equation for each number."""
    steps = []
    for place, (row, bias, result) in enumerate(zip(block.weight, block.bias, block.branch(x), strict=True), start=1):
        products = " + ".join(term(weight) + r" \cdot " + term(value) for weight, value in zip(row, x, strict=True))
        steps.append(f"F(x)_{place} = {products} + {term(bias)} = {number(result)}")
    return steps


def output_steps(block: Block, x: Floats) -> list[str]:
    """H(x) = F(x) + x, or H(x) = F(x), an equation for each number."""
    added = [rf" + {term(value)}" if block.residual else "" for value in x]
    return [
        rf"H(x)_{place} = {number(branch)}{more} = \mathbf{{{number(y)}}}"
        for place, (branch, more, y) in enumerate(zip(block.branch(x), added, block.forward(x), strict=True), start=1)
    ]


def task_step(block: Block, x: Floats, target: Floats) -> str:
    """What F has to make of x for the output to be the target: t - x, or all of t."""
    if not block.residual:
        return rf"F(x) = t = {vector(target)}"
    return rf"F(x) = t - x = {vector(target)} - {vector(x)} = {vector(target - x)}"


def task_sentence(x: Floats, target: Floats) -> str:
    """Which of the two has the smaller task: F of the residual block, or of the plain one."""
    correction, whole = float(np.linalg.norm(target - x)), float(np.linalg.norm(target))
    says = f"The correction has the length {correction:.3g}, the target {whole:.3g}"
    if math.isclose(correction, whole, rel_tol=1e-9, abs_tol=1e-12):
        return f"{says}: both blocks have equally much to make."
    if correction < whole:
        return f"{says}: the residual block's F has less to make."
    return f"{says}: for a target so far from x, the residual block's F has more to make."


def backward_step(block: Block, grad_y: Floats) -> str:
    """dL/dx = dL/dy (I + dF/dx), or dL/dy dF/dx, in numbers."""
    inner = rf"\left(I + {matrix(block.weight)}\right)" if block.residual else matrix(block.weight)
    row = r"\begin{bmatrix}" + " & ".join(map(number, grad_y)) + r"\end{bmatrix}"
    result = r"\begin{bmatrix}" + " & ".join(map(number, block.backward(grad_y))) + r"\end{bmatrix}"
    left = r"\frac{\partial L}{\partial x}"
    return rf"\begin{{aligned}} {left} &= {row} \, {inner} \\[4pt] &= {result} \end{{aligned}} \;"


def learning_steps(block: Block, x: Floats, target: Floats) -> list[str]:
    """A block in the middle of its learning: W and b, y, dL/dW."""
    y = block.forward(x)
    return [
        rf"W = {matrix(block.weight)}, \quad b = {vector(block.bias)}",
        rf"y = {vector(y)}, \quad y - t = {vector(y - target)}",
        rf"\frac{{\partial L}}{{\partial W}} = (y - t) \, x^\top = {matrix(weight_gradient(x, y - target))}",
    ]


def stacked_figure(norms: dict[bool, Norms]) -> Figure:
    """Signal and gradient along a stack of blocks, on a log axis; by residual or not."""
    data = []
    for residual, both in norms.items():
        for name, values, dash in (("signal ‖x‖", both.forward, "solid"), ("gradient ‖dL/dx‖", both.backward, "dot")):
            data.append(_line(residual, f"{NAMES[residual]}, {name}", values, dash))
    figure = layout("block, from the input to the output", "Euclidean norm", "stack")
    return {"data": data, "layout": on_log_axis(figure)}


def learning_figure(losses: Mapping[bool, Sequence[float]]) -> Figure:
    """Loss against the step of gradient descent, on a log axis; by residual or not."""
    data = [_line(residual, NAMES[residual], np.array(values), "solid") for residual, values in losses.items()]
    figure = layout("step of gradient descent", "loss ½‖y - t‖²", "learning")
    return {"data": data, "layout": on_log_axis(figure)}


def _line(residual: bool, name: str, values: Floats, dash: str) -> dict[str, Any]:
    shortcut: Shortcut = "A" if residual else "none"
    return {
        "type": "scatter", "mode": "lines+markers" if len(values) <= 40 else "lines", "name": name,
        "x": list(range(len(values))), "y": gaps_at_zero(values),
        "line": {"color": COLOURS[shortcut], "dash": dash, "width": 2.5},
        "marker": {"symbol": MARKERS[shortcut], "size": 6}, "hovertemplate": "%{y:.4g}",
    }  # fmt: skip


def stack_sentence(norms: dict[bool, Norms], depth: int) -> str:
    """What became of signal and gradient after `depth` blocks."""
    return " ".join(
        f"After {depth} {NAMES[residual]} blocks the signal is {_times(both.forward[-1], both.forward[0])} and the "
        f"gradient at the input {_times(both.backward[0], both.backward[-1])}."
        for residual, both in norms.items()
    )


def _times(end: float, start: float) -> str:
    if not np.isfinite(end):
        return "too large for a number of the machine"
    if end == 0:
        return "gone, exactly 0" if start else "0, as it was"
    if start == 0:
        return f"{end:.3g}, from 0"
    ratio = float(end) / float(start)
    return f"{ratio:.4g} times as large" if np.isfinite(ratio) else "more times as large than the machine can say"


def bound_sentence(jacobians: Mapping[bool, Floats], depth: int) -> str:
    """How much `depth` equal blocks can stretch a gradient: the largest singular value, to the power of the depth.

    Args:
        jacobians: dy/dx of a block, by whether it is residual.
    """
    largest = {residual: float(np.linalg.norm(jacobian, ord=2)) for residual, jacobian in jacobians.items()}
    powers = " and ".join(
        rf"${number(value)}^{{{depth}}} {power(value, depth)}$ in {NAMES[residual]} ones"
        for residual, value in largest.items()
    )
    return f"The largest singular value of dy/dx bounds the gradient: {depth} blocks multiply it by at most {powers}."


def power(base: float, exponent: int) -> str:
    """LaTeX of what base to the power of exponent is, of any size: through its logarithm."""
    if base in (0, 1):
        return f"= {base:g}"
    whole = math.floor(exponent * math.log10(base))
    if -3 <= whole <= 3:
        return rf"\approx {number(base**exponent)}"
    digits = 10 ** (exponent * math.log10(base) - whole)
    return rf"\approx {digits:.2f} \cdot 10^{{{whole}}}"


def pace_sentence(x: Floats, rate: float) -> str:
    """By what a step of gradient descent multiplies the errors of a linear block, and whether they grow."""
    size = curvature(x)
    factor, limit = 1 - rate * size, f"2 / (‖x‖² + 1) = {2 / size:.3g}"
    says = f"Here the factor is 1 - {rate:g} · {size:.5g} = {factor:.4g}"
    if math.isclose(abs(factor), 1):
        return f"{says}: the errors only change their sign, for the rate is exactly {limit}."
    if factor < -1:
        return f"{says}: the errors grow and change their sign each step, for the rate is above {limit}."
    swings = " and change their sign each step" if factor < 0 else ""
    return f"{says}: the errors shrink{swings}, for the rate is below {limit}."


def learning_sentence(losses: Mapping[bool, Sequence[float]], steps: int) -> str:
    """Where the losses begin and end, or where a descent left the range of the numbers.

    Args:
        losses: of the descent of `steps` steps, before the first and after each; fewer when it ended early.
    """
    return " ".join(
        f"The loss of the {NAMES[residual]} block begins at {values[0]:.3g} and ends at {values[-1]:.3g}."
        if len(values) > steps
        else f"The descent of the {NAMES[residual]} block stopped after step {len(values) - 1}: its loss began at "
        f"{values[0]:.3g}, had grown to {values[-1]:.3g}, and then left the range of the machine's numbers."
        for residual, values in losses.items() if values
    )  # fmt: skip
