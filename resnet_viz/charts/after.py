"""What came after ResNet, measured and computed: gradients through chains, transformers and gates."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnet_viz.charts.parts import gaps_at_zero, on_log_axis
from resnet_viz.charts.style import GREY, ORANGE, SKY, Figure, layout, significant

ALIKE = 1.25  # a ratio up to which two gradients are called alike here
Floats = NDArray[np.float64]


def slope(norms: Floats) -> float:
    """Slope of the logarithm of norms against the number of blocks passed, fitted by least squares."""
    return float(np.polyfit(np.arange(len(norms)), np.log(norms), 1)[0])


def chain_figure(zero: Floats, he: Floats, scale: float) -> Figure:
    """Gradient norms on the way back, relative to the gradient that was sent, and scale to the power of the blocks."""
    data = [
        _curve("formula: λ to the power of the blocks", _powers(scale, len(zero)), GREY, "dot"),
        _curve("measured, F(x) = 0", zero / zero[0], SKY, "solid", "diamond"),
        _curve("measured, He's initial weights", he / he[0], ORANGE, "dash", "circle"),
    ]
    figure = layout("blocks passed on the way back", "norm, over the one sent", "chain")
    return {"data": data, "layout": on_log_axis(figure)}


def chain_sentence(zero: Floats, he: Floats, scale: float) -> str:
    """The fitted slopes beside the logarithm of the scale."""
    free, real = slope(zero), slope(he)
    return (
        f"Slope of the logarithm, a block: log λ = **{_signed(math.log(scale))}**; measured with F(x) = 0: "
        f"**{_signed(free)}**; measured with He's initial weights: **{_signed(real)}**. The first two agree to "
        f"{abs(free - math.log(scale)):.0e}; the third also has what comes back through the branches, which the "
        "formula does not predict."
    )


def gates_figure(carried: Floats, mean: float) -> Figure:
    """Share of the input that is left after each highway layer, and what one equal gate everywhere would leave."""
    data = [
        _curve("formula: (1 - mean gate) to the power of the layers", _powers(1 - mean, len(carried)), GREY, "dot"),
        _curve("computed, unit by unit", carried, SKY, "solid", "diamond"),
    ]
    return {"data": data, "layout": on_log_axis(layout("highway layers", "share of the input left", "gates"))}


def stream_figure(pre: Floats, post: Floats) -> Figure:
    """Gradient norm of the feed-forward weights by layer: a mark a seed, a line through their mean.

    Args:
        pre, post: (seeds, layers).
    """
    data = []
    for name, values, colour, dash, marker in (
        ("pre-norm", pre, SKY, "solid", "diamond"),
        ("post-norm", post, ORANGE, "dash", "circle"),
    ):
        layers = np.arange(1, values.shape[1] + 1)
        data.append(_curve(f"{name}, mean", values.mean(axis=0), colour, dash, marker, first=1))
        data.append({
            "type": "scatter", "mode": "markers", "name": f"{name}, each seed", "hoverinfo": "skip",
            "x": np.tile(layers, len(values)).tolist(), "y": significant(values.ravel()),
            "marker": {"color": colour, "symbol": f"{marker}-open", "size": 5, "opacity": 0.6},
        })  # fmt: skip
    figure = layout("layer, from the tokens to the scores", "‖dL/dW‖, feed-forward", "stream")
    figure["yaxis"]["rangemode"] = "tozero"
    return {"data": data, "layout": figure}


def stream_sentence(pre: Floats, post: Floats) -> str:
    """What the means say, beside what Xiong et al. say."""
    first, last = ({"pre": pre[:, at].mean(), "post": post[:, at].mean()} for at in (0, -1))
    after, before = last["post"] / first["post"], last["pre"] / first["pre"]
    grows = "as Xiong et al. say" if after > ALIKE else "Xiong et al. expect growth, which this toy does not show"
    stays = "as Xiong et al. say" if 1 / ALIKE <= before <= ALIKE else (
        "Xiong et al. found about the same in every layer, which this toy does not show"
    )  # fmt: skip
    return (
        f"Last layer over first, mean of {len(pre)} seeds: post-norm **{after:.2f}** ({grows}); pre-norm "
        f"**{before:.2f}** ({stays}). At the last layer, post-norm has **{last['post'] / last['pre']:.1f} times** the "
        "gradient of pre-norm."
    )


def _powers(base: float, count: int) -> Floats:
    return np.array([base**power for power in range(count)])


def _curve(
    name: str, y: Floats, colour: str, dash: str, marker: str | None = None, *, first: int = 0
) -> dict[str, Any]:
    """A line over first, first + 1, …; with a marker, each of its points was measured or computed."""
    mark = {"mode": "lines+markers", "marker": {"symbol": marker, "size": 6}} if marker else {"mode": "lines"}
    return {
        "type": "scatter", "name": name, "x": list(range(first, first + len(y))),
        "y": gaps_at_zero(y, 4), "hovertemplate": "%{y:.3g}",
        "line": {"color": colour, "dash": dash, "width": 2}, **mark,
    }  # fmt: skip


def _signed(value: float) -> str:
    return f"{round(value, 4) + 0.0:+.4f}"  # + 0.0 makes 0 of -0
