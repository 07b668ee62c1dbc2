"""The charts of one experiment over several seeds: each net's mean, and a band from the lowest seed to the highest.

The band is the range, not an interval: with at most ten seeds it shows what happened and assumes nothing. Where two
bands overlap, the nets may differ all the same, for the seeds are paired: that is what the verdict looks at. Mean and
band are of the seeds that came to their end; each other one is a thin line.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from resnet_viz.charts.style import Figure, Pen, epoch_axis, in_the_middle, layout, level, loss_axis, pens, rounded
from resnet_viz.charts.verdict import comparable
from resnet_viz.runlog import ArmView, Floats, Snapshot

MAX_POINTS = 250  # of one curve: a band has two edges, and the page draws four nets
OPACITY = 0.2  # of a band: what lies below stays visible, in both themes
BAND = "band: lowest to highest of the seeds"

Curve = Callable[[ArmView], Floats]


@dataclass(frozen=True)
class _Bundle:
    """One net over all seeds."""

    label: str
    pen: Pen
    x: Floats
    curves: Floats  # (seeds, x), of the seeds that came to their end
    others: list[tuple[int, Floats, Floats]]  # seed, x, y


def seeds_loss_figure(snapshots: Sequence[Snapshot]) -> Figure:
    """The smoothed training loss against step."""
    first, bundles = snapshots[0], _bundles(snapshots, lambda arm: arm.step, lambda arm: arm.smooth)
    chance = first.config.chance_loss
    data = [trace for bundle in bundles for trace in _traces(bundle, 4)]
    ends = [arm.last_loss for snapshot in snapshots for arm in snapshot.arms if arm.last_loss is not None]
    marks = level(chance, f"chance {chance:.2f}")
    return {
        "data": data,
        "layout": layout(f"step ({BAND})", "", first.run, **marks) | {"yaxis": loss_axis(chance, ends)},
    }


def seeds_error_figure(snapshots: Sequence[Snapshot]) -> Figure:
    """The test error at the end of each epoch, in eval mode."""
    first, bundles = snapshots[0], _bundles(snapshots, lambda arm: arm.epoch, lambda arm: 100 * arm.test_error)
    chance = 100 * (1 - 1 / first.config.data.num_classes)
    data = [trace for bundle in bundles for trace in _traces(bundle, 2, marked=True)]
    figure = layout(f"epoch ({BAND})", "test error (%)", first.run, **level(chance, f"chance {chance:.0f} %"))
    figure["xaxis"] |= epoch_axis(max(snapshot.course.epochs for snapshot in snapshots))
    figure["yaxis"] |= {"range": [0, 100]}
    if not data:
        figure["annotations"].append(in_the_middle("measured at the end of each epoch"))
    return {"data": data, "layout": figure}


def _bundles(snapshots: Sequence[Snapshot], x: Curve, y: Curve) -> list[_Bundle]:
    counted = [snapshot.run for snapshot in comparable(snapshots)]
    drawn = []
    for place, pen in enumerate(pens([arm.net for arm in snapshots[0].arms])):
        inside, others = [], []
        for snapshot in snapshots:
            arm = snapshot.arms[place]
            if snapshot.run in counted and arm.diverged_at is None:
                inside.append(arm)
            elif len(x(arm)):
                others.append((snapshot.config.seed, _thinned(x(arm)), _thinned(y(arm))))
        # Equal budgets are thinned to equal places, so the curves lie on one axis.
        curves = np.stack([_thinned(y(arm)) for arm in inside]) if inside else np.empty((0, 0))
        axis = _thinned(x(inside[0])) if inside else np.empty(0)
        drawn.append(_Bundle(snapshots[0].arms[place].label, pen, axis, curves, others))
    return drawn


def _thinned(values: Floats) -> Floats:
    """At most MAX_POINTS of them, the first and the last among them."""
    count = len(values)
    return values[np.linspace(0, count - 1, MAX_POINTS).round().astype(int)] if count > MAX_POINTS else values


def _traces(bundle: _Bundle, decimals: int, *, marked: bool = False) -> list[dict[str, Any]]:
    """The thin lines, the band, the mean: what is above hides least."""
    thin = [_thin(bundle, *other, decimals) for other in bundle.others]
    if thin and not len(bundle.curves):
        thin[0]["showlegend"] = True
    if not len(bundle.curves):
        return thin
    band = [_band(bundle, decimals)] if len(bundle.curves) > 1 else []
    return [*thin, *band, _mean(bundle, decimals, marked=marked)]


def _thin(bundle: _Bundle, seed: int, x: Floats, y: Floats, decimals: int) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "name": f"{bundle.label}, seed {seed}", "legendgroup": bundle.label,
        "showlegend": False, "x": x.astype(int).tolist(), "y": rounded(y, decimals), "line": bundle.pen.line(1),
        "opacity": 0.7,
    }  # fmt: skip


def _band(bundle: _Bundle, decimals: int) -> dict[str, Any]:
    """Along the highest values and back along the lowest; the outline shows it where there is one epoch only."""
    x = bundle.x.astype(int).tolist()
    high, low = (rounded(edge, decimals) for edge in (bundle.curves.max(axis=0), bundle.curves.min(axis=0)))
    red, green, blue = bytes.fromhex(bundle.pen.colour.removeprefix("#"))
    return {
        "type": "scatter", "mode": "lines", "name": f"{bundle.label}, lowest to highest", "fill": "toself",
        "legendgroup": bundle.label, "showlegend": False, "hoverinfo": "skip", "x": x + x[::-1], "y": high + low[::-1],
        "fillcolor": f"rgba({red},{green},{blue},{OPACITY})", "line": {"color": bundle.pen.colour, "width": 0.5},
        "meta": {"columns": [f"{bundle.label}, highest", f"{bundle.label}, lowest"]},
    }  # fmt: skip


def _mean(bundle: _Bundle, decimals: int, *, marked: bool) -> dict[str, Any]:
    count = len(bundle.curves)
    name = f"{bundle.label}, {'1 seed' if count == 1 else f'{count} seeds'}"
    edges = np.stack([bundle.curves.min(axis=0), bundle.curves.max(axis=0)], axis=1)
    told = "" if count == 1 else " (%{customdata[0]} to %{customdata[1]})"
    trace = {
        "type": "scatter", "mode": "lines", "name": name, "legendgroup": bundle.label,
        "x": bundle.x.astype(int).tolist(), "y": rounded(bundle.curves.mean(axis=0), decimals),
        "customdata": [rounded(edge, decimals) for edge in edges], "hovertemplate": "%{y}" + told,
        "line": bundle.pen.line(3),
    }  # fmt: skip
    if marked:  # open, as test errors are on every chart
        open_mark = bundle.pen.symbol.removesuffix("-open") + "-open"
        trace |= {"mode": "lines+markers", "marker": bundle.pen.marker(9) | {"symbol": open_mark}}
    return trace
