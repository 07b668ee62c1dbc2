"""One convolution in numbers: its pictures, one output pixel worked out, and the singular values of its Jacobian."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from resnet_viz.arithmetic import Floats
from resnet_viz.charts.arithmetic import DERIVATIVES, NAMES, number, term
from resnet_viz.charts.style import COLOURS, MARKERS, Figure, layout, significant
from resnet_viz.convolution_arithmetic import Convolution, patches


def pictures_figure(pictures: Mapping[str, Floats], marked: tuple[int, int]) -> Figure:
    """Small pictures side by side, their numbers written in them, on one scale from blue (negative) to red (positive).

    Args:
        marked: row and column, from 0, of the pixel that gets a frame.
    """
    largest = max(float(np.abs(values).max()) for values in pictures.values()) or 1.0
    figure = layout("", "", "pictures")
    figure["margin"] |= {"t": 44, "l": 8, "b": 8}
    figure |= {"hovermode": "closest", "annotations": [], "shapes": []}
    data = []
    for place, (name, values) in enumerate(pictures.items()):
        suffix = str(place + 1) if place else ""
        domain = [(place + 0.04) / len(pictures), (place + 0.96) / len(pictures)]
        _add_axes(figure, suffix, domain)
        data.append(_cells(name, values, suffix, largest))
        figure["annotations"].append({
            "text": f"<b>{name}</b>", "xref": "paper", "yref": "paper", "x": sum(domain) / 2, "y": 1.0,
            "yanchor": "bottom", "showarrow": False,
        })  # fmt: skip
        figure["shapes"].append(_frame(suffix, marked))
    return {"data": data, "layout": figure}


def _add_axes(figure: Figure, suffix: str, domain: list[float]) -> None:
    axis = {"showgrid": False, "showticklabels": False, "ticks": "", "constrain": "domain"}
    figure[f"xaxis{suffix}"] = {**axis, "domain": domain, "anchor": f"y{suffix}"}
    figure[f"yaxis{suffix}"] = {
        **axis, "autorange": "reversed", "anchor": f"x{suffix}", "scaleanchor": f"x{suffix}", "constraintoward": "top",
    }  # fmt: skip


def _cells(name: str, values: Floats, suffix: str, largest: float) -> dict[str, Any]:
    rows, columns = values.shape
    return {
        "type": "heatmap", "name": name, "z": [significant(row) for row in values],
        "x": list(range(1, columns + 1)), "y": list(range(1, rows + 1)), "xaxis": f"x{suffix}", "yaxis": f"y{suffix}",
        "zmin": -largest, "zmax": largest, "colorscale": "RdBu", "showscale": False, "texttemplate": "%{z}",
        "hovertemplate": "row %{y}, column %{x}: %{z}",
    }  # fmt: skip


def _frame(suffix: str, marked: tuple[int, int]) -> dict[str, Any]:
    row, column = marked  # black in both themes: the cells are no darker in the dark one
    return {
        "type": "rect", "xref": f"x{suffix}", "yref": f"y{suffix}", "x0": column + 0.5, "x1": column + 1.5,
        "y0": row + 0.5, "y1": row + 1.5, "line": {"color": "black", "width": 3},
    }  # fmt: skip


def pixel_steps(block: Convolution, x: Floats, pixel: tuple[int, int]) -> list[str]:
    """One number of F(x), and one of H(x), as their arithmetic in LaTeX.

    Args:
        pixel: row and column, from 0.
    """
    under = patches(x)[pixel]
    rows = [
        " + ".join(rf"{term(weight)} \cdot {term(value)}" for weight, value in zip(weights, values, strict=True))
        for weights, values in zip(block.kernel, under, strict=True)
    ]
    place = f"{{{pixel[0] + 1},{pixel[1] + 1}}}"
    branch, y = float(block.branch(x)[pixel]), float(block.forward(x)[pixel])
    products = r" \\ &+ ".join(rows)
    added = f" + {term(float(x[pixel]))}" if block.residual else ""
    return [
        rf"\begin{{aligned}} F(x)_{place} = \; &{products} \\ = \; &{{{number(branch)}}} \end{{aligned}} \;",
        rf"H(x)_{place} = {number(branch)}{added} = \mathbf{{{number(y)}}}",
    ]


def pixel_sentence(blocks: Mapping[bool, Convolution], x: Floats, pixel: tuple[int, int]) -> str:
    """What plain and residual block make of the same pixel, in words."""
    before = float(x[pixel])
    made = {residual: float(block.forward(x)[pixel]) for residual, block in blocks.items()}
    return (
        f"The pixel was {before:.4g}. The plain block puts {made[False]:.4g} in its place; the residual block adds "
        f"{made[False]:.4g} to it, which makes {made[True]:.4g}. With all of the kernel at 0, the plain block would "
        f"leave 0, and the residual block {before:.4g}."
    )


def singular_values_figure(values: Mapping[bool, Floats]) -> Figure:
    """Singular values of dy/dx, largest first, by whether the block is residual."""
    figure = layout("number, by size", "singular value of dy/dx", "singular")
    figure["yaxis"]["rangemode"] = "tozero"
    return {"data": [_values(residual, each) for residual, each in values.items()], "layout": figure}


def _values(residual: bool, values: Floats) -> dict[str, Any]:
    colour, marker = (COLOURS["A"], MARKERS["A"]) if residual else (COLOURS["none"], MARKERS["none"])
    return {
        "type": "scatter", "mode": "lines+markers", "name": f"{NAMES[residual]}, {DERIVATIVES[residual]}",
        "x": list(range(1, len(values) + 1)), "y": significant(values, 4), "line": {"color": colour, "width": 2.5},
        "marker": {"symbol": marker, "size": 6}, "hovertemplate": "%{y:.4g}",
    }  # fmt: skip


def singular_values_sentence(values: Mapping[bool, Floats]) -> str:
    """Between what they lie: by how much the block can stretch or shorten a gradient."""
    return " ".join(
        f"The {len(each)} singular values of {DERIVATIVES[residual]}, the {NAMES[residual]} block's, lie between "
        f"{each.min():.3g} and {each.max():.3g}."
        for residual, each in values.items()
    )
