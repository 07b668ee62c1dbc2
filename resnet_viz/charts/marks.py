"""Marks on a chart for what was changed while a run went on: a dotted line and a short label at each."""

from itertools import groupby
from typing import Any

from resnet_viz.charts.style import GREY
from resnet_viz.interventions import Planned
from resnet_viz.runlog import Snapshot

HEIGHTS = (1.0, 0.92, 0.84)  # of labels, in turn, so that neighbours do not cover each other

Marks = dict[str, list[dict[str, Any]]]  # `shapes` and `annotations` of a layout


def with_interventions(marks: Marks, snapshot: Snapshot, *, steps: int = 1, over_map: bool = False) -> Marks:
    """The marks, and those of what was changed.

    Args:
        steps: how many of them one unit of the x axis is: 1 on an axis of steps, those of an epoch on one of epochs.
        over_map: whether it lies on colours, and must stand out from each.
    """
    grouped = groupby(snapshot.interventions, lambda one: one.step)
    moments = [(step / steps, ", ".join(map(_label, changes))) for step, changes in grouped]
    return {
        "shapes": marks.get("shapes", []) + [_line(x, over_map) for x, _ in moments],
        "annotations": marks.get("annotations", [])
        + [_name(x, HEIGHTS[place % len(HEIGHTS)], text, over_map) for place, (x, text) in enumerate(moments)],
    }


def _line(x: float, over_map: bool) -> dict[str, Any]:
    pen = {"color": "white" if over_map else GREY, "dash": "dot", "width": 1.5}
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": pen}


def _name(x: float, y: float, text: str, over_map: bool) -> dict[str, Any]:
    ground = {"bgcolor": "rgba(0,0,0,0.6)"} if over_map else {}
    return {
        "text": text, "x": x, "y": y, "yref": "paper", "xanchor": "left", "yanchor": "top", "showarrow": False,
        "font": {"color": "white" if over_map else GREY, "size": 11}, **ground,
    }  # fmt: skip


def _label(one: Planned) -> str:
    if one.extend_epochs is None:
        return f"rate \N{MULTIPLICATION SIGN} {one.learning_rate_factor:g}"
    return f"+{one.extend_epochs} epoch{'' if one.extend_epochs == 1 else 's'}"
