"""What shortcuts and bottlenecks cost, as formulas, a table and charts; all of it arithmetic."""

from collections.abc import Mapping
from typing import Literal

from resnet_viz.charts.parts import SHORTCUT_WORDS, marked
from resnet_viz.charts.style import COLOURS, MARKERS, ORANGE, SKY, Figure, layout
from resnet_viz.family_arithmetic import (
    REDUCTION,
    Cost,
    basic,
    basic_norms,
    bottleneck,
    bottleneck_norms,
    cifar_net,
    total,
)
from resnet_viz.net_config import DEPTHS

CHANNELS = tuple(range(16, 513, 16))  # that the bottleneck's sliders and chart know
NUMBERS = ("parameters", "more than plain", "multiply-adds (millions)", "more (millions)")  # columns of options_table
CostName = Literal["parameters", "multiply_adds"]
COST_TITLES: Mapping[CostName, str] = {"parameters": "parameters", "multiply_adds": "multiply-adds"}


def options_table(depth: int, width: int) -> list[dict[str, str | int | float]]:
    """A row a shortcut; what it adds is counted from the plain net."""
    plain = cifar_net(depth, width, "none")
    return [
        {
            "shortcut": words,
            "parameters": cost.parameters,
            "more than plain": cost.parameters - plain.parameters,
            "multiply-adds (millions)": round(cost.multiply_adds / 1e6, 2),
            "more (millions)": round((cost.multiply_adds - plain.multiply_adds) / 1e6, 2),
        }
        for option, words in SHORTCUT_WORDS.items()
        for cost in [cifar_net(depth, width, option)]
    ]


def options_figure(width: int, depth: int) -> Figure:
    """Parameters that each option adds to the plain net, against depth; the chosen depth is marked."""
    plain = [cifar_net(each, width, "none").parameters for each in DEPTHS]
    data = [
        {
            "type": "scatter", "mode": "lines+markers", "name": words, "x": list(DEPTHS),
            "y": [
                cifar_net(each, width, option).parameters - less for each, less in zip(DEPTHS, plain, strict=True)
            ],
            "line": {"color": COLOURS[option], "width": 2}, "marker": {"symbol": MARKERS[option], "size": 7},
            "hovertemplate": "%{y:,}",
        } for option, words in SHORTCUT_WORDS.items() if option != "none"
    ]  # fmt: skip
    figure = layout("depth (weighted layers)", "parameters added to the plain net", "options")
    figure |= marked(depth, f"depth {depth}", DEPTHS[-1])
    return {"data": data, "layout": figure}


def options_sentence(depth: int, width: int) -> str:
    """What the options cost at one depth and width."""
    plain, *projected = (cifar_net(depth, width, option).parameters for option in ("none", "B", "C"))
    more_b, more_c = (cost - plain for cost in projected)
    return (
        f"At depth {depth} and width {width}, option A adds no parameter, B adds {more_b:,} ({more_b / plain:.2%}), "
        f"C adds {more_c:,} ({more_c / plain:.1%})."
    )


def basic_latex(channels: int, size: int, name: CostName) -> str:
    """Two 3x3 convolutions, in numbers."""
    cost = _cost(total(basic(channels, size)), name)
    return _worked("basic block", rf"2 \cdot 3^2 \cdot {channels}^2{_map(size, name)}", cost)


def bottleneck_latex(channels: int, size: int, name: CostName) -> str:
    """1x1, 3x3, 1x1, in numbers."""
    inner, cost = channels // REDUCTION, _cost(total(bottleneck(channels, size)), name)
    terms = rf"{channels} \cdot {inner} + 3^2 \cdot {inner}^2 + {inner} \cdot {channels}"
    bracketed = rf"\left({terms}\right){_map(size, name)}" if name == "multiply_adds" else terms
    return _worked("bottleneck", bracketed, cost)


def _worked(title: str, terms: str, cost: int) -> str:
    """On three lines, since a telephone has no room for one; ends in a space, as `teaching.formula` does."""
    return rf"\begin{{aligned}}&\text{{{title}}}\\&= {terms}\\&= {_grouped(cost)}\end{{aligned}}\;"


def _map(size: int, name: CostName) -> str:
    return rf" \cdot {size}^2" if name == "multiply_adds" else ""


def _grouped(value: int) -> str:
    return f"{value:,}".replace(",", r"{,}")  # a bare comma has a space after it in LaTeX


def saving(channels: int) -> float:
    """How many times fewer weights the bottleneck has; the map size cancels out of the multiply-adds."""
    return total(basic(channels, 1)).parameters / total(bottleneck(channels, 1)).parameters


def norms_sentence(channels: int) -> str:
    """What the norms of both blocks would add."""
    plain, narrow = (total(norms(channels)).parameters for norms in (basic_norms, bottleneck_norms))
    return (
        f"Counted are the weights of the convolutions. On {channels} channels, norms add {plain:,} parameters to the "
        f"basic block and {narrow:,} to the bottleneck, a scale and a shift for each channel that a convolution gives."
    )


def equal_price(channels: int, size: int) -> str:
    """What a basic block with a quarter of the channels costs, which is about as much."""
    narrow, wide = total(basic(channels // REDUCTION, size)), total(bottleneck(channels, size))
    return (
        f"A basic block on {channels // REDUCTION} channels has {narrow.parameters:,} weights, the bottleneck on "
        f"{channels} has {wide.parameters:,}: for about the price of the one, the other carries {REDUCTION} times the "
        "channels."
    )


def bottleneck_figure(channels: int, size: int, name: CostName) -> Figure:
    """Basic block and bottleneck against their channels; the chosen number of channels is marked."""
    kinds = (("basic block", basic, SKY, "circle", "solid"), ("bottleneck", bottleneck, ORANGE, "square", "dash"))
    data = [
        {
            "type": "scatter", "mode": "lines+markers", "name": title, "x": list(CHANNELS),
            "y": [_cost(total(kind(each, size)), name) for each in CHANNELS],
            "line": {"color": colour, "dash": dash, "width": 2}, "marker": {"symbol": marker, "size": 6},
            "hovertemplate": "%{y:,}",
        } for title, kind, colour, marker, dash in kinds
    ]  # fmt: skip
    figure = layout("channels of input and output", f"{COST_TITLES[name]} of one block", "bottleneck")
    figure |= marked(channels, f"{channels} channels", CHANNELS[-1])
    figure["yaxis"] |= {"rangemode": "tozero"}
    return {"data": data, "layout": figure}


def _cost(cost: Cost, name: CostName) -> int:
    return cost.parameters if name == "parameters" else cost.multiply_adds
