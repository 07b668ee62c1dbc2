"""The nets of a race drawn as they are: stem, blocks and classifier as cells, shortcuts as arcs above them.

A cell is as high as its map is large, and has the colour of its gradient norm at the moment that the slider shows.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from resnet_viz.charts.gradient_scale import CELLS, colour_axis
from resnet_viz.charts.style import COLOURS, GREY, Figure, layout, rounded
from resnet_viz.net_config import NetConfig
from resnet_viz.runlog import ArmView, Snapshot

MAX_MOMENTS = 60  # that the slider can show
STAGE_MAPS = (32, 16, 8)  # pixels a side, of CIFAR's images in the three stages
HEIGHTS = {32: 1.0, 16: 0.75, 8: 0.5, 1: 0.3}  # of a cell, by the side of its map
ARC_HEIGHT = 0.45
ROOM = 6  # cells that a stage needs for all its words
EXPANSION = {"basic": 1, "pre-activation": 1, "bottleneck": 4}  # channels out of a block, over the width of its stage


@dataclass(frozen=True)
class Cell:
    """One row of the gradient records, as it is drawn."""

    name: str
    side: int  # of its map, pixels
    channels: int  # that it gives
    changes: bool = False  # it is a block that changes the dimensions

    @property
    def words(self) -> str:
        return f"{self.name}: {self.side}x{self.side}, {self.channels} channels"


def cells(net: NetConfig, rows: tuple[str, ...]) -> list[Cell]:
    """What stands in each row: stem, blocks in three equal stages, classifier (He et al. 2015, section 4.2)."""
    count = (len(rows) - 2) // len(STAGE_MAPS)
    wide = EXPANSION[getattr(net, "block", "basic")]
    drawn = [Cell(rows[0], STAGE_MAPS[0], net.width)]
    for place, name in enumerate(rows[1:-1]):
        stage = place // count
        first_changes = place % count == 0 and (stage > 0 or wide > 1)
        drawn.append(Cell(name, STAGE_MAPS[stage], net.width * 2**stage * wide, first_changes))
    return [*drawn, Cell(rows[-1], 1, net.num_classes)]


def network_figure(snapshot: Snapshot) -> Figure:
    """All arms, one above the other, on one scale of colours; `moments` of a trace are what the slider shows.

    A trace has `meta.x`, the steps of its moments, and `meta.color`, log10 of the norm of each cell at each.
    """
    arms = [arm for arm in snapshot.arms if len(arm.rows)]
    count = max(1, len(arms))
    figure = layout("block, from the images to the classifier", "", f"network {snapshot.run}")
    longest = max((len(arm.rows) for arm in arms), default=0)
    figure["xaxis"] |= {"range": [-0.8, longest - 0.2], "showgrid": False, "showticklabels": False,
                        "anchor": "y" if count == 1 else f"y{count}"}  # fmt: skip
    data: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    scale = colour_axis(snapshot)
    for place, arm in enumerate(arms):
        axis = "y" if place == 0 else f"y{place + 1}"
        domain = [1 - (place + 1) / count, 1 - place / count]
        hidden = {"visible": False, "range": [-0.7, 1.25], "domain": domain, "fixedrange": True}
        figure[axis.replace("y", "yaxis")] = hidden
        drawn = cells(arm.net, arm.rows)
        data.append(_trace(arm, drawn, axis, scale["cmin"]))
        shapes += _arcs(arm.net, drawn, axis)
        annotations += _names(arm, drawn, axis)
    figure |= {"coloraxis": scale, "shapes": shapes, "annotations": annotations, "bargap": 0.25}
    figure |= {"hovermode": "closest", "showlegend": False, "meta": CELLS}
    return {"data": data, "layout": figure}


def last_step(snapshot: Snapshot) -> int:
    """The step of the latest gradient record; 0 before the first."""
    return int(max((arm.gradient_step[-1] for arm in snapshot.arms if len(arm.gradient_step)), default=0))


def network_sentence(snapshot: Snapshot) -> str:
    """The gradient of the first block against that of the last, in each arm, at the latest record."""
    said = []
    for arm in snapshot.arms:
        if arm.gradients.shape[1] and len(arm.rows) > 3:
            first, last = arm.gradients[1, -1], arm.gradients[-2, -1]
            if np.isfinite([first, last]).all() and last > 0:
                said.append(f"{first / last:.2g} times that of the last in {arm.label}")
    if not said:
        return "Nothing is recorded yet."
    return f"Newest record, step {last_step(snapshot):,}: the gradient of the first block is {', '.join(said)}."


def _trace(arm: ArmView, drawn: list[Cell], axis: str, lowest: float) -> dict[str, Any]:
    heights = [HEIGHTS[cell.side] for cell in drawn]
    moments = np.unique(np.linspace(0, len(arm.gradient_step) - 1, MAX_MOMENTS).round().astype(int))
    with np.errstate(divide="ignore"):
        log_norms = np.log10(arm.gradients[:, moments] if len(arm.gradient_step) else arm.gradients)
    # A norm that is 0 or no number has the lowest colour: Plotly takes no gaps here.
    colours = [rounded(np.where(np.isfinite(column), column, lowest), 2) for column in log_norms.T]
    colour = {"color": colours[-1], "coloraxis": "coloraxis"} if colours else {"color": GREY}
    return {
        "type": "bar", "name": arm.label, "x": list(range(len(drawn))), "y": heights, "yaxis": axis,
        "base": [-height / 2 for height in heights], "text": [cell.words for cell in drawn], "textposition": "none",
        "marker": colour | {"line": {"width": 1, "color": COLOURS[arm.net.shortcut]}},
        "hovertemplate": "%{text}<br>gradient norm 10<sup>%{marker.color:.2f}</sup>",
        "meta": {"x": arm.gradient_step[moments].astype(int).tolist() if colours else [], "color": colours},
    }  # fmt: skip


def _arcs(net: NetConfig, drawn: list[Cell], axis: str) -> list[dict[str, Any]]:
    """An arc over each block that has a shortcut; dotted where the dimensions change."""
    if net.is_plain:
        return []
    return [
        {
            "type": "path", "yref": axis, "layer": "below",
            "path": f"M {place - 0.5},{top} Q {place},{top + 2 * ARC_HEIGHT} {place + 0.5},{top}",
            "line": {"color": COLOURS[net.shortcut], "width": 2, "dash": "dot" if cell.changes else "solid"},
        }
        for place, cell in enumerate(drawn[1:-1], start=1)
        for top in (HEIGHTS[cell.side] / 2,)
    ]  # fmt: skip


def _names(arm: ArmView, drawn: list[Cell], axis: str) -> list[dict[str, Any]]:
    """The label of the net, and the map and width of each stage under its middle."""
    named = [{
        "text": f"<b>{arm.label}</b>", "xref": "paper", "x": 0, "xanchor": "left", "yref": axis, "y": 1.1,
        "showarrow": False, "font": {"color": COLOURS[arm.net.shortcut], "size": 13},
    }]  # fmt: skip
    for side in STAGE_MAPS:
        places = [place for place, cell in enumerate(drawn[1:-1], start=1) if cell.side == side]
        cell = drawn[places[0]]
        text = f"{side}x{side}, {cell.channels} channels" if len(places) >= ROOM else str(side)
        middle = (places[0] + places[-1]) / 2
        named.append({"text": text, "x": middle, "yref": axis, "y": -0.62, "showarrow": False, "font": {"size": 11}})
    return named
