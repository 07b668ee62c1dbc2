"""The four charts of a race."""

from typing import Any

import numpy as np

from resnet_viz.charts.style import COLOURS, GRADIENT_SCALE, MARKERS, Figure, layout, level, line, rounded, significant
from resnet_viz.runlog import ArmView, Snapshot

HEAT_GAP = 0.12  # of the height, between two heat maps


def loss_figure(snapshot: Snapshot) -> Figure:
    """Training loss against step: each batch faint, the exponential mean strong."""
    chance = snapshot.config.chance_loss
    data: list[dict[str, Any]] = []
    for arm in snapshot.arms:
        steps = arm.step.astype(int).tolist()
        faint = {"legendgroup": arm.label, "showlegend": False, "opacity": 0.3, "hoverinfo": "skip"}
        data.append(_trace(arm, steps, rounded(arm.loss, 4), line(arm.net, 1), **faint))
        data.append(_trace(arm, steps, rounded(arm.smooth, 4), line(arm.net, 3), legendgroup=arm.label))
    # A deep net may start far above chance; the frame follows where the race is, and zooming out shows the rest.
    ceiling = max([1.5 * chance, *(1.1 * arm.last_loss for arm in snapshot.arms if arm.last_loss)])
    axis = {"title": {"text": "training loss (nats)"}, "autorangeoptions": {"clipmax": round(ceiling, 2)}}
    marks = level(chance, f"chance {chance:.2f}")
    marks["annotations"] += [_diverged(arm) for arm in snapshot.arms if arm.diverged_at is not None]
    return {"data": data, "layout": layout("step", "", snapshot.run, **marks) | {"yaxis": axis}}


def error_figure(snapshot: Snapshot) -> Figure:
    """Training and test error at the end of each epoch, in eval mode."""
    data: list[dict[str, Any]] = []
    for arm in snapshot.arms:
        epochs = arm.epoch.astype(int).tolist()
        for name, error, symbol, width in (
            ("train", arm.train_error, MARKERS[arm.net.shortcut], 2.5),
            ("test", arm.test_error, MARKERS[arm.net.shortcut] + "-open", 1),
        ):
            marker = {"symbol": symbol, "size": 9, "color": COLOURS[arm.net.shortcut]}
            percent = rounded(100 * error, 2)
            trace = _trace(arm, epochs, percent, line(arm.net, width), mode="lines+markers", marker=marker)
            data.append(trace | {"name": f"{arm.label}, {name}"})
    chance = 100 * (1 - 1 / snapshot.config.data.num_classes)
    figure = layout("epoch", "error (%)", snapshot.run, **level(chance, f"chance {chance:.0f} %"))
    figure["xaxis"] |= {"range": [0.5, snapshot.config.train.epochs + 0.5], "tickformat": "d"}
    figure["yaxis"] |= {"range": [0, 100]}
    if not any(len(arm.epoch) for arm in snapshot.arms):
        figure["annotations"].append(_empty("measured at the end of each epoch"))
    return {"data": data, "layout": figure}


def gradient_now_figure(snapshot: Snapshot) -> Figure:
    """Gradient norm of each block at the last probe, all arms on one log axis."""
    data = [
        _trace(
            arm, list(range(len(arm.rows))), significant(_latest(arm)), line(arm.net, 2), mode="lines+markers",
            marker={"symbol": MARKERS[arm.net.shortcut], "size": 7, "color": COLOURS[arm.net.shortcut]},
            text=list(arm.rows), hovertemplate="%{text}: %{y:.3g}",
        )
        for arm in snapshot.arms
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
    figure |= {"annotations": annotations, "coloraxis": _colour_axis(snapshot), "hovermode": "closest"}
    figure["margin"] |= {"t": 24}
    return {"data": data, "layout": figure}


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


def _colour_axis(snapshot: Snapshot) -> dict[str, Any]:
    positive = [arm.gradients[arm.gradients > 0] for arm in snapshot.arms]
    values = np.log10(np.concatenate(positive)) if positive else np.empty(0)
    low, high = (np.floor(values.min()), np.ceil(values.max())) if len(values) else (-2, 2)
    powers = np.arange(low, high + 1, max(1, round((high - low) / 6))).astype(int).tolist()
    bar = {
        "title": {"text": "‖dL/dW‖", "side": "right"}, "tickvals": powers, "thickness": 12,
        "ticktext": [f"10<sup>{power}</sup>" for power in powers],
    }  # fmt: skip
    return {"colorscale": GRADIENT_SCALE, "cmin": float(low), "cmax": float(high), "colorbar": bar}


def _row_ticks(rows: tuple[str, ...]) -> dict[str, Any]:
    """Name the stem, every few blocks and the classifier."""
    last = len(rows) - 1
    every = max(1, round(last / 6))
    places = [place for place in range(0, last, every) if last - place >= every / 2] + [last] if rows else []
    names = ["stem" if place == 0 else "class." if place == last else str(place) for place in places]
    return {"tickvals": places, "ticktext": names}


def _empty(text: str) -> dict[str, Any]:
    return {"text": text, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False}


def _diverged(arm: ArmView) -> dict[str, Any]:
    colour = COLOURS[arm.net.shortcut]
    return {
        "x": arm.diverged_at,
        "y": 1,
        "yref": "paper",
        "text": f"{arm.label} diverged",
        "font": {"color": colour},
    }
