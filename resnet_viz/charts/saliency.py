"""The charts of one question to a classifier: what it says, what switching off changes, what a map is worth."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resnet_viz.attribution import METHODS, MethodName
from resnet_viz.charts.style import GREY, ORANGE, SKY, Figure, layout, level, rounded

SHOWN = 5  # classes of a prediction
HATCHED = {"shape": "/", "fillmode": "overlay"}  # says what the second hue says
# Colour, dash and marker of each order and of each method. The markers of style.py mean shortcuts, these do not.
ORDER_LINES = (
    {"color": ORANGE, "dash": "solid", "width": 3},
    {"color": GREY, "dash": "dash", "width": 2},
    {"color": GREY, "dash": "dot", "width": 2},
)
METHOD_LINES = ((SKY, "solid", "triangle-up"), (GREY, "dash", "x"), (ORANGE, "dot", "star"))
PANELS = (("deletion: pixels greyed out (%)", [0.0, 0.44]), ("insertion: pixels put back (%)", [0.56, 1.0]))


def top(probabilities: ArrayLike, categories: Sequence[str], count: int = SHOWN) -> list[tuple[int, float]]:
    """The most probable classes with their probabilities, largest first; of equal ones the first class.

    Args:
        probabilities: (K,).
    Raises:
        ValueError: they belong to another net than the K categories.
    """
    known = np.asarray(probabilities, dtype=np.float64)
    if len(known) != len(categories):
        raise ValueError(f"{len(known)} probabilities do not fit {len(categories)} classes.")
    first = np.argsort(-known, kind="stable")[:count]
    return [(int(place), float(known[place])) for place in first]


def class_name(place: int, categories: Sequence[str]) -> str:
    """The name of a class, told apart from others of its name."""
    return class_names(tuple(categories))[place]


@lru_cache(8)
def class_names(categories: tuple[str, ...]) -> tuple[str, ...]:
    """The names of all classes; with their numbers where ImageNet calls two the same, such as crane and crane."""
    counts = Counter(categories)
    return tuple(name if counts[name] == 1 else f"{name} ({place})" for place, name in enumerate(categories))


def percent(probability: float) -> str:
    """A probability in words; the softmax is never quite 0 or 1, and no rounding shall say so."""
    if not np.isfinite(probability):
        return "no number"
    if probability < 0.0005:
        return "< 0.1 %"
    return "> 99.9 %" if probability >= 0.9995 else f"{100 * probability:.1f} %"


def prediction_figure(probabilities: ArrayLike, categories: Sequence[str], *, explained: int) -> Figure:
    """The five most probable classes, largest on top, and the one that is explained, as a sixth if it has to be.

    Args:
        probabilities: (K,).
        explained: the class whose map is shown.
    """
    known = np.asarray(probabilities, dtype=np.float64)
    places = [place for place, _ in top(known, categories)]
    places += [explained] if explained not in places else []
    is_explained = [place == explained for place in places]
    names = [class_name(place, categories) for place in places]
    bars = _bars(known[places], "probability") | {
        "marker": {
            "color": [ORANGE if marked else SKY for marked in is_explained],
            "pattern": HATCHED | {"shape": ["/" if marked else "" for marked in is_explained]},
        },
        "text": [percent(known[place]) for place in places],
    }
    # The label says it too: a bar of a small probability is too short to show a colour or a pattern.
    labels = [f"<b>{name}, explained</b>" if marked else name for name, marked in zip(names, is_explained, strict=True)]
    figure = _bar_layout(labels, "prediction")
    return {"data": [bars], "layout": figure | {"showlegend": False}}


def change_figure(before: ArrayLike, after: ArrayLike, categories: Sequence[str]) -> Figure:
    """Probabilities (K,) with every block and with some switched off, of the classes in either top five."""
    both = [np.asarray(probabilities, dtype=np.float64) for probabilities in (before, after)]
    # A mapping keeps the order: the top five from before, then those that came up.
    places = list(dict.fromkeys(place for known in both for place, _ in top(known, categories)))
    looks: tuple[tuple[str, dict[str, Any]], ...] = (
        ("every block on", {"color": SKY}),
        ("blocks off", {"color": ORANGE, "pattern": HATCHED}),
    )
    data = [
        _bars(known[places], name) | {"marker": marker, "text": [percent(known[place]) for place in places]}
        for known, (name, marker) in zip(both, looks, strict=True)
    ]
    figure = _bar_layout([class_name(place, categories) for place in places], "change")
    return {"data": data, "layout": figure | {"barmode": "group"}}


def sweep_figure(blocks: list[str], titles: list[str], whole: float, without: list[float]) -> Figure:
    """How the probability of a class changes when a block is off, in percentage points, block by block.

    Args:
        whole: the probability with every block on.
        without: the same without each block.
    """
    bars = {
        "type": "bar", "x": titles, "y": rounded(100 * (np.array(without, dtype=np.float64) - whole), 2),
        "marker": {"color": SKY}, "customdata": blocks,
        "hovertemplate": "%{x} (%{customdata}): %{y:+.1f}<extra></extra>",
    }  # fmt: skip
    marks = level(0, f"{percent(whole)} with every block on")
    figure = layout("block that is off", "change (percentage points)", "sweep", hovermode="closest", **marks)
    figure["xaxis"] |= {"type": "category", "automargin": True}
    return {"data": [bars], "layout": figure}


def faithfulness_figure(curves: ArrayLike, orders: Sequence[str]) -> Figure:
    """Probability of a class along deletion and insertion, a panel each.

    Args:
        curves: (3, 2, n), from no pixel to all of them; deletion first.
        orders: what each of the three is called; the map is the first.
    """
    known = np.asarray(curves, dtype=np.float64)
    share = rounded(np.linspace(0, 100, known.shape[2]), 1)
    figure = layout("", "probability", "faithfulness")
    data: list[dict[str, Any]] = []
    for panel, (title, domain) in enumerate(PANELS):
        number = "" if panel == 0 else str(panel + 1)
        figure[f"xaxis{number}"] = {
            "title": {"text": title}, "range": [0, 100], "domain": domain, "anchor": f"y{number}",
        }  # fmt: skip
        figure[f"yaxis{number}"] = {
            "title": {"text": "probability"}, "range": [0, 1], "anchor": f"x{number}",
        }  # fmt: skip
        data += [
            {
                "type": "scatter", "mode": "lines", "name": name, "legendgroup": name, "showlegend": panel == 0,
                "x": share, "y": rounded(curve[panel], 4), "line": line, "xaxis": f"x{number}", "yaxis": f"y{number}",
            }
            for name, curve, line in zip(orders, known, ORDER_LINES, strict=True)
        ]  # fmt: skip
    return {"data": data, "layout": figure}


def randomise_figure(
    methods: Sequence[MethodName], stages: Sequence[str], correlations: Sequence[Sequence[float | None]]
) -> Figure:
    """How much each method's map still resembles its first one while the net forgets, stage by stage.

    Args:
        stages: what was replaced last.
        correlations: of ranks, a row a stage, a value a method; None where a map has no contrast.
    """
    values = np.array(correlations, dtype=np.float64).reshape(len(stages), len(methods))
    data = [
        {
            "type": "scatter", "mode": "lines+markers", "name": METHODS[method].title,
            "x": list(stages), "y": rounded(values[:, place], 4),
            "line": {"color": colour, "dash": dash, "width": 2},
            "marker": {"color": colour, "symbol": symbol, "size": 9},
        }
        for place, method in enumerate(methods)
        for colour, dash, symbol in [METHOD_LINES[place % len(METHOD_LINES)]]
    ]  # fmt: skip
    figure = layout("stage replaced last", "rank correlation", "randomise", **level(0, "no resemblance"))
    figure["xaxis"] |= {"type": "category"}
    figure["yaxis"] |= {"range": [-1.05, 1.05]}
    return {"data": data, "layout": figure}


def _bars(probabilities: NDArray[np.float64], name: str) -> dict[str, Any]:
    # Places instead of names: plotly would draw two classes of one name on top of each other.
    return {
        "type": "bar", "orientation": "h", "name": name, "x": rounded(100 * probabilities, 2),
        "y": list(range(len(probabilities))), "textposition": "outside", "cliponaxis": False, "hoverinfo": "skip",
    }  # fmt: skip


def _bar_layout(labels: list[str], revision: str) -> dict[str, Any]:
    """Horizontal bars in percent, the first on top."""
    figure = layout("probability (%)", "", revision, hovermode="closest")
    figure["margin"] |= {"r": 64}  # for the number beside the longest bar
    figure["xaxis"] |= {"range": [0, 100]}
    figure["yaxis"] = {
        "tickvals": list(range(len(labels))), "ticktext": labels, "autorange": "reversed", "automargin": True,
        "ticklabelstandoff": 6,
    }  # fmt: skip
    return figure
