"""The four charts of a race."""

from typing import Any

import numpy as np

from resnet_viz.charts.gradient_scale import CELLS, colour_axis
from resnet_viz.charts.marks import with_interventions
from resnet_viz.charts.style import (
    COLOURS,
    Figure,
    Pen,
    epoch_axis,
    in_the_middle,
    layout,
    level,
    loss_axis,
    pens,
    rounded,
    significant,
)
from resnet_viz.runlog import ArmView, Snapshot

HEAT_GAP = 0.12  # of the height, between two heat maps


def loss_figure(snapshot: Snapshot) -> Figure:
    """Training loss against step: each batch faint, the exponential mean strong."""
    chance = snapshot.config.chance_loss
    data: list[dict[str, Any]] = []
    for arm, pen in _drawn(snapshot):
        steps = arm.step.astype(int).tolist()
        faint = {"legendgroup": arm.label, "showlegend": False, "opacity": 0.3, "hoverinfo": "skip"}
        faint |= {"meta": {"column": f"{arm.label}, each batch"}}
        data.append(_trace(arm, steps, rounded(arm.loss, 4), pen.line(1), **faint))
        data.append(_trace(arm, steps, rounded(arm.smooth, 4), pen.line(3), legendgroup=arm.label))
    axis = loss_axis(chance, [arm.last_loss for arm in snapshot.arms if arm.last_loss is not None])
    marks = level(chance, f"chance {chance:.2f}")
    marks["annotations"] += [_diverged(arm) for arm in snapshot.arms if arm.diverged_at is not None]
    marks = with_interventions(marks, snapshot)
    return {"data": data, "layout": layout("step", "", snapshot.run, **marks) | {"yaxis": axis}}


def error_figure(snapshot: Snapshot) -> Figure:
    """Training and test error at the end of each epoch, in eval mode."""
    data: list[dict[str, Any]] = []
    for arm, pen in _drawn(snapshot):
        epochs = arm.epoch.astype(int).tolist()
        filled = pen.symbol.removesuffix("-open")  # here open marks say test; the dash still says the rest
        for name, error, symbol, width in (
            ("train", arm.train_error, filled, 2.5),
            ("test", arm.test_error, filled + "-open", 1),
        ):
            marker = pen.marker(9) | {"symbol": symbol}
            percent = rounded(100 * error, 2)
            trace = _trace(arm, epochs, percent, pen.line(width), mode="lines+markers", marker=marker)
            own = {"name": f"{arm.label}, {name}", "legendgroup": arm.label, "showlegend": name == "train"}
            data.append(trace | own)
    chance = 100 * (1 - 1 / snapshot.config.data.num_classes)
    marks = level(chance, f"chance {chance:.0f} %")  # what was changed has its names on the chart of the loss
    marks["shapes"] = with_interventions(marks, snapshot, steps=snapshot.config.steps_per_epoch)["shapes"]
    figure = layout("epoch", "error (%)", snapshot.run, **marks)
    figure["xaxis"] |= epoch_axis(snapshot.course.epochs)
    figure["yaxis"] |= {"range": [0, 100]}
    if not any(len(arm.epoch) for arm in snapshot.arms):
        figure["annotations"].append(in_the_middle("measured at the end of each epoch"))
    return {"data": data, "layout": figure}


def gradient_now_figure(snapshot: Snapshot) -> Figure:
    """Gradient norm of each block at the last probe, all arms on one log axis."""
    data = [
        _trace(
            arm, list(range(len(arm.rows))), significant(_latest(arm)), pen.line(2), mode="lines+markers",
            marker=pen.marker(7), text=list(arm.rows), hovertemplate="%{text}: %{y:.3g}",
        )
        for arm, pen in _drawn(snapshot)
    ]  # fmt: skip
    figure = layout("block, from the images to the classifier", "gradient norm ‖dL/dW‖", snapshot.run)
    figure["xaxis"] |= _row_ticks(max((arm.rows for arm in snapshot.arms), key=len, default=()))
    figure["yaxis"] |= {"type": "log", "exponentformat": "power"}
    return {"data": data, "layout": figure}


def gradient_heat_figure(snapshot: Snapshot) -> Figure:
    """The same norms over the whole run, blocks against steps, one map an arm, one colour scale."""
    count = len(snapshot.arms)
    height = (1 - HEAT_GAP * (count - 1)) / count
    figure = layout("step", "", snapshot.run)
    figure["xaxis"] |= {"anchor": "y" if count == 1 else f"y{count}"}  # under the lowest map
    data: list[dict[str, Any]] = []
    annotations = []
    for place, arm in enumerate(snapshot.arms):
        top = 1 - place * (height + HEAT_GAP)
        axis = "y" if place == 0 else f"y{place + 1}"
        ticks = _row_ticks(arm.rows) | {"title": {"text": "block"}, "domain": [max(0.0, top - height), top]}
        figure[axis.replace("y", "yaxis")] = ticks | {"anchor": "x"}
        data.append(_heat_map(arm, axis))
        annotations.append({
            "text": f"<b>{arm.label}</b>", "xref": "paper", "yref": "paper", "x": 0, "y": top, "showarrow": False,
            "xanchor": "left", "yanchor": "bottom", "font": {"color": COLOURS[arm.net.shortcut], "size": 13},
        })  # fmt: skip
    figure |= with_interventions({"annotations": annotations}, snapshot, over_map=True)
    figure |= {"coloraxis": colour_axis(snapshot), "hovermode": "closest", "meta": CELLS}
    figure["margin"] |= {"t": 24}
    return {"data": data, "layout": figure}


def _drawn(snapshot: Snapshot) -> list[tuple[ArmView, Pen]]:
    """The arms, each with how it is drawn on every chart."""
    return list(zip(snapshot.arms, pens([arm.net for arm in snapshot.arms]), strict=True))


def _trace(arm: ArmView, x: list[int], y: list[float | None], pen: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "scatter", "mode": "lines", "name": arm.label, "x": x, "y": y, "line": pen, **more}


def _latest(arm: ArmView) -> np.ndarray[Any, np.dtype[np.float64]]:
    return arm.gradients[:, -1] if arm.gradients.shape[1] else np.full(len(arm.rows), np.nan)


def _heat_map(arm: ArmView, axis: str) -> dict[str, Any]:
    with np.errstate(divide="ignore"):
        log_norm = np.log10(arm.gradients)
    return {
        "type": "heatmap", "name": arm.label, "coloraxis": "coloraxis", "yaxis": axis,
        "x": arm.gradient_step.astype(int).tolist(), "y": list(range(len(arm.rows))),
        "z": [rounded(row, 2) for row in log_norm],
        "hovertemplate": "step %{x}, row %{y}: 10<sup>%{z:.2f}</sup>",
    }  # fmt: skip


def _row_ticks(rows: tuple[str, ...]) -> dict[str, Any]:
    """Name the stem, every few blocks and the classifier."""
    last = len(rows) - 1
    every = max(1, round(last / 6))
    places = [place for place in range(0, last, every) if last - place >= every / 2] + [last] if rows else []
    names = ["stem" if place == 0 else "class." if place == last else str(place) for place in places]
    return {"tickvals": places, "ticktext": names}


def _diverged(arm: ArmView) -> dict[str, Any]:
    colour = COLOURS[arm.net.shortcut]
    return {
        "x": arm.diverged_at,
        "y": 1,
        "yref": "paper",
        "text": f"{arm.label} diverged",
        "font": {"color": colour},
    }
