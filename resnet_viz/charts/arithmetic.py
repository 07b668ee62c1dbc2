"""The walk-through of one block: its steps as formulas, its stack and its learning as figures."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from resnet_viz.arithmetic import Block, Floats, Norms
from resnet_viz.charts.style import COLOURS, MARKERS, Figure, layout, significant
from resnet_viz.config import Shortcut

NAMES = {True: "residual", False: "plain"}


def number(value: float) -> str:
    """A number as one writes it by hand: up to four digits, no trailing zeros."""
    text = f"{value:.4g}"
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


def branch_steps(block: Block, x: Floats) -> list[str]:
    """F(x) = Wx + b, an equation for each number."""
    steps = []
    for place, (row, bias, result) in enumerate(zip(block.weight, block.bias, block.branch(x), strict=True), start=1):
        products = " + ".join(
            _factor(weight) + r" \cdot " + _factor(value) for weight, value in zip(row, x, strict=True)
        )
        steps.append(f"F(x)_{place} = {products} + {_factor(bias)} = {number(result)}")
    return steps


def output_steps(block: Block, x: Floats) -> list[str]:
    """y = F(x) + x, or y = F(x), an equation for each number."""
    added = [rf" + {_factor(value)}" if block.residual else "" for value in x]
    return [
        rf"y_{place} = {number(branch)}{more} = \mathbf{{{number(y)}}}"
        for place, (branch, more, y) in enumerate(zip(block.branch(x), added, block.forward(x), strict=True), start=1)
    ]


def backward_step(block: Block, grad_y: Floats) -> str:
    """dL/dx = dL/dy (I + dF/dx), or dL/dy dF/dx, in numbers."""
    inner = rf"\left(I + {matrix(block.weight)}\right)" if block.residual else matrix(block.weight)
    row = r"\begin{bmatrix}" + " & ".join(map(number, grad_y)) + r"\end{bmatrix}"
    result = r"\begin{bmatrix}" + " & ".join(map(number, block.backward(grad_y))) + r"\end{bmatrix}"
    return rf"\frac{{\partial L}}{{\partial x}} = {row} \, {inner} = {result}"


def _factor(value: float) -> str:
    return f"({number(value)})" if value < 0 else number(value)


def stacked_figure(norms: dict[bool, Norms]) -> Figure:
    """Signal and gradient along a stack of blocks, on a log axis; by residual or not."""
    data = []
    for residual, both in norms.items():
        for name, values, dash in (("signal ‖x‖", both.forward, "solid"), ("gradient ‖dL/dx‖", both.backward, "dot")):
            data.append(_line(residual, f"{NAMES[residual]}, {name}", values, dash))
    figure = layout("block, from the input to the output", "Euclidean norm", "stack")
    figure["yaxis"] |= {"type": "log", "exponentformat": "power"}
    return {"data": data, "layout": figure}


def learning_figure(losses: dict[bool, Sequence[float]]) -> Figure:
    """Loss against the step of gradient descent, on a log axis; by residual or not."""
    data = [_line(residual, NAMES[residual], np.array(values), "solid") for residual, values in losses.items()]
    figure = layout("step of gradient descent", "loss ½‖y - t‖²", "learning")
    figure["yaxis"] |= {"type": "log", "exponentformat": "power"}
    return {"data": data, "layout": figure}


def _line(residual: bool, name: str, values: Floats, dash: str) -> dict[str, Any]:
    shortcut: Shortcut = "A" if residual else "none"
    shown = [value if value else None for value in significant(values)]  # a log axis has no place for 0
    return {
        "type": "scatter", "mode": "lines+markers" if len(values) <= 40 else "lines", "name": name,
        "x": list(range(len(values))), "y": shown, "line": {"color": COLOURS[shortcut], "dash": dash, "width": 2.5},
        "marker": {"symbol": MARKERS[shortcut], "size": 6}, "hovertemplate": "%{y:.4g}",
    }  # fmt: skip


def pictures_figure(pictures: dict[str, Floats]) -> Figure:
    """Small pictures side by side, their numbers written in them, on one scale of grey."""
    count = len(pictures)
    largest = max(float(np.abs(values).max()) for values in pictures.values()) or 1.0
    data, annotations = [], []
    figure = layout("", "", "pictures")
    for place, (name, values) in enumerate(pictures.items(), start=1):
        suffix = "" if place == 1 else str(place)
        left, right = (place - 1 + 0.04) / count, (place - 0.04) / count
        axis = {"showgrid": False, "showticklabels": False, "ticks": ""}
        figure[f"xaxis{suffix}"] = {**axis, "domain": [left, right], "anchor": f"y{suffix}"}
        figure[f"yaxis{suffix}"] = {
            **axis,
            "autorange": "reversed",
            "anchor": f"x{suffix}",
            "scaleanchor": f"x{suffix}",
        }
        data.append({
            "type": "heatmap", "name": name, "z": [significant(row) for row in values], "xaxis": f"x{suffix}",
            "yaxis": f"y{suffix}", "zmin": -largest, "zmax": largest, "colorscale": "RdBu",
            "showscale": False, "texttemplate": "%{z}", "hovertemplate": "row %{y}, column %{x}: %{z}",
        })  # fmt: skip
        annotations.append({
            "text": f"<b>{name}</b>", "xref": "paper", "yref": "paper", "x": (left + right) / 2, "y": 1.0,
            "yanchor": "bottom", "showarrow": False,
        })  # fmt: skip
    figure["margin"] |= {"t": 28, "l": 8, "b": 8}
    return {"data": data, "layout": figure | {"annotations": annotations, "hovermode": "closest"}}


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
    if start == 0:
        return "0, as it was"
    if end == 0:
        return "gone, exactly 0"
    return f"{end / start:.3g} times as large"
