"""A block drawn from its graph: the branch as a column of boxes, its shortcut as a curve around it, and the plus."""

from collections.abc import Mapping, Sequence
from typing import Any

from resnet_viz.charts.style import COLOURS, GREY, Figure
from resnet_viz.family import Diagram, NodeKind

Point = tuple[float, float]

ROW_PX = 42  # height of one row
UNIT_PX = 66  # width of what half a box is wide
HALF_WIDTH, HALF_HEIGHT = 0.95, 0.3  # of a box; a row is 1 high
RADIUS = 0.3  # of the plus, of x and of y
SIDE = 2.1  # where a projection stands
BULGE = 2.2  # how far the controls of an identity's curve stand to the right
OPERATIONS: tuple[NodeKind, ...] = ("convolution", "norm", "activation")
CARRIES: Mapping[bool, str] = {False: "F(x) + x", True: "F(x) + W<sub>s</sub>x"}


def main_path(diagram: Diagram) -> list[int]:
    """Places of the nodes on the longest way from x to y: all that is not the shortcut."""
    longest: dict[int, list[int]] = {0: [0]}
    for start, end in diagram.edges:  # in the order of the computation, so a node is known before it is used
        way = [*longest[start], end]
        if len(way) > len(longest.get(end, ())):
            longest[end] = way
    return longest[len(diagram.nodes) - 1]


def places(diagram: Diagram) -> list[Point]:
    """Where each node stands: the branch in a column, a projection beside it."""
    path = main_path(diagram)
    aside = [place for place in range(len(diagram.nodes)) if place not in path]
    rows: dict[int, Point] = {node: (0.0, -float(row)) for row, node in enumerate(path)}
    if aside:
        middle = sum(rows[path[place]][1] for place in (0, _sum_on(diagram, path))) / 2
        rows |= {node: (SIDE, middle + (len(aside) - 1) / 2 - row) for row, node in enumerate(aside)}
    return [rows[place] for place in range(len(diagram.nodes))]


def _sum_on(diagram: Diagram, path: Sequence[int]) -> int:
    return next(row for row, node in enumerate(path) if diagram.nodes[node].kind == "sum")


def block_figure(diagram: Diagram) -> Figure:
    """The diagram. Convolutions have a thick frame."""
    stands, colour = places(diagram), COLOURS[diagram.shortcut]
    shapes: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    for start, end in diagram.edges:
        curve, arrow = _edge(stands[start], stands[end], colour)
        shapes.append(curve)
        texts.append(arrow)
    for node, (x, y) in zip(diagram.nodes, stands, strict=True):
        is_box = node.kind in OPERATIONS
        half_width, half_height = (HALF_WIDTH, HALF_HEIGHT) if is_box else (RADIUS, RADIUS)
        thin = is_box and node.kind != "convolution"
        if is_box or node.kind == "sum":
            shapes.append({
                "type": "rect" if is_box else "circle", "x0": x - half_width, "x1": x + half_width,
                "y0": y - half_height, "y1": y + half_height,
                "line": {"color": GREY if is_box else colour, "width": 1 if thin else 2.5},
            })  # fmt: skip
        texts.append(_text(node.words, x, y, size=22 if node.kind == "sum" else 13))
        if node.kind == "sum":
            carried = CARRIES[any(place[0] > 0 for place in stands)]
            texts.append(_text(carried, -0.4, y, xanchor="right", size=12))
    return {"data": [], "layout": _layout(stands, shapes, texts)}


def _edge(start: Point, end: Point, colour: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A line and the head of its arrow: straight down a column, else a curve on the right."""
    (x0, y0), (x1, y1) = start, end
    if x0 == x1 and y0 - y1 < 1.5:
        top, bottom = y0 - HALF_HEIGHT, y1 + HALF_HEIGHT
        line = {"type": "line", "x0": x0, "x1": x1, "y0": top, "y1": bottom, "line": {"color": GREY, "width": 1.5}}
        return line, _arrow(x1, bottom, x1, bottom + 0.1, GREY)
    if x1 > x0:  # out to a projection
        path = f"M {x0 + RADIUS} {y0} C {x1} {y0} {x1} {y0} {x1} {y1 + HALF_HEIGHT}"
        head = _arrow(x1, y1 + HALF_HEIGHT, x1, y1 + HALF_HEIGHT + 0.2, colour)
    elif x0 > x1:  # and back from it
        path = f"M {x0} {y0 - HALF_HEIGHT} C {x0} {y1} {x0} {y1} {x1 + RADIUS} {y1}"
        head = _arrow(x1 + RADIUS, y1, x1 + RADIUS + 0.2, y1, colour)
    else:
        path = f"M {x0 + RADIUS} {y0} C {BULGE} {y0} {BULGE} {y1} {x1 + RADIUS} {y1}"
        head = _arrow(x1 + RADIUS, y1, x1 + RADIUS + 0.2, y1, colour)
    return {"type": "path", "path": path, "line": {"color": colour, "width": 3}}, head


def _arrow(x: float, y: float, from_x: float, from_y: float, colour: str) -> dict[str, Any]:
    return {
        "x": x, "y": y, "ax": from_x, "ay": from_y, "axref": "x", "ayref": "y", "showarrow": True, "text": "",
        "arrowhead": 2, "arrowwidth": 2, "arrowcolor": colour,
    }  # fmt: skip


def _text(words: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    size = more.pop("size")
    return {"text": words, "x": x, "y": y, "showarrow": False, "font": {"size": size}, **more}


def _layout(stands: Sequence[Point], shapes: list[dict[str, Any]], texts: list[dict[str, Any]]) -> dict[str, Any]:
    axis = {"visible": False, "fixedrange": True}
    return {
        "margin": {"l": 2, "r": 2, "t": 2, "b": 2}, "showlegend": False, "dragmode": False, "shapes": shapes,
        "annotations": texts, "xaxis": {**axis, "range": list(_reach(stands))},
        "yaxis": {**axis, "range": [min(y for _, y in stands) - 0.4, 0.4]},
    }  # fmt: skip


def _reach(stands: Sequence[Point]) -> tuple[float, float]:
    """From the left to the right edge."""
    return -HALF_WIDTH - 0.4, (SIDE + HALF_WIDTH if any(x > 0 for x, _ in stands) else BULGE - 0.2) + 0.1


def height(diagram: Diagram) -> int:
    """Pixels, so that a row is as high in every diagram."""
    return ROW_PX * len(main_path(diagram))


def reading(diagram: Diagram) -> str:
    """The diagram in words, for those who do not see it."""
    path = main_path(diagram)
    branch = ", ".join(diagram.nodes[place].words for place in path[1:-1] if diagram.nodes[place].kind != "sum")
    aside = ", ".join(node.words for place, node in enumerate(diagram.nodes) if place not in path)
    if all(node.kind != "sum" for node in diagram.nodes):
        return f"{diagram.title}: x, then {branch}, gives y. Nothing is added."
    around = f"x goes around it through {aside}" if aside else "x goes around it unchanged"
    before = path[_sum_on(diagram, path) - 1]
    return f"{diagram.title}: x, then {branch}, gives y; {around}, and is added after {diagram.nodes[before].words}."


def width(diagram: Diagram) -> int:
    """Pixels, so that a box is as wide in every diagram."""
    left, right = _reach(places(diagram))
    return round(UNIT_PX * (right - left))
