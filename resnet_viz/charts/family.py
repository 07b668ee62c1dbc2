"""What the nets of the family cost: tables, bars, one net stage by stage, and the paper's numbers beside ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from resnet_viz.charts.parts import SHORTCUT_WORDS
from resnet_viz.charts.style import COLOURS, GREY, ORANGE, SKY, Figure, layout
from resnet_viz.family import Counted, Counts, Member
from resnet_viz.net_config import Shortcut
from resnet_viz.paper.results import Result, results

BAR_PX = 30  # height of one bar, with the gap beside it
AXES_PX = 100  # height of all else
TEXT_ROOM = 1.3  # length of the axis over that of the longest bar, for the text beside it

QuantityName = Literal["multiply_adds", "parameters", "activation_bytes", "layers"]


@dataclass(frozen=True)
class Quantity:
    """One of the counts."""

    title: str
    unit: str
    scale: float  # counts in one unit
    decimals: int

    def of(self, counts: Counts, name: QuantityName) -> float:
        return round(float(getattr(counts, name)) / self.scale, self.decimals)


QUANTITIES: Mapping[QuantityName, Quantity] = {
    "multiply_adds": Quantity("multiply-adds", "millions", 1e6, 2),
    "parameters": Quantity("parameters", "millions", 1e6, 3),
    "activation_bytes": Quantity("activation memory", "MB", 1e6, 2),
    "layers": Quantity("depth", "weighted layers", 1, 0),
}
COLUMNS: Mapping[QuantityName, str] = {
    "multiply_adds": "multiply-adds (millions)", "parameters": "parameters", "activation_bytes": "activations (MB)",
    "layers": "depth",
}  # fmt: skip
PATTERNS: Mapping[Shortcut, str] = {"none": "/", "A": "", "B": ".", "C": "x"}  # so that hue is not alone


def table(members: Sequence[Member]) -> list[dict[str, str | int | float]]:
    """A row a net."""
    return [
        {
            "net": member.name,
            "image": f"{member.resolution}x{member.resolution}",
            "shortcut": "none" if member.shortcut == "none" else f"option {member.shortcut}",
            **_counts(member),
        }
        for member in members
    ]


def stage_table(member: Member) -> list[dict[str, str | int | float]]:
    """A row a stage, and one for the whole net."""
    rows: list[dict[str, str | int | float]] = [
        {"part": stage.name, "map": f"{stage.size}x{stage.size}", "channels": str(stage.channels), **_counts(stage)}
        for stage in member.stages
    ]
    return [*rows, {"part": "whole net", "map": "", "channels": "", **_counts(member)}]


def _counts(counts: Counts) -> dict[str, str | int | float]:
    return {
        COLUMNS["layers"]: counts.layers,
        COLUMNS["parameters"]: counts.parameters,
        COLUMNS["multiply_adds"]: QUANTITIES["multiply_adds"].of(counts, "multiply_adds"),
        COLUMNS["activation_bytes"]: QUANTITIES["activation_bytes"].of(counts, "activation_bytes"),
    }


def bars(members: Sequence[Member], name: QuantityName) -> Figure:
    """One quantity of every net, the largest at the top."""
    quantity = QUANTITIES[name]
    ordered = sorted(members, key=lambda member: getattr(member, name))
    data = []
    for shortcut, words in SHORTCUT_WORDS.items():
        shown = [member for member in ordered if member.shortcut == shortcut]
        if not shown:
            continue
        values = [quantity.of(member, name) for member in shown]
        data.append({
            "type": "bar", "orientation": "h", "name": words, "x": values, "y": [member.name for member in shown],
            "text": [f"{value:,.0f}" if value >= 1000 else f"{value:.4g}" for value in values],
            "textposition": "outside", "cliponaxis": False, "marker": _filled(COLOURS[shortcut], PATTERNS[shortcut]),
            "hovertemplate": "%{y}: %{x:,} " + quantity.unit + "<extra></extra>",
        })  # fmt: skip
    figure = layout(f"{quantity.title} ({quantity.unit})", "", name, hovermode="closest", showlegend=True)
    largest = max((quantity.of(member, name) for member in members), default=1.0)
    figure["xaxis"] |= {"range": [0, TEXT_ROOM * largest], "tickformat": ","}
    figure["yaxis"] |= {"categoryorder": "array", "categoryarray": [member.name for member in ordered]}
    return {"data": data, "layout": figure}


def stage_figure(member: Member) -> Figure:
    """The share of each stage in the net's multiply-adds, parameters and activations, in percent."""
    styles: Mapping[QuantityName, tuple[str, str]] = {
        "multiply_adds": (SKY, ""), "parameters": (ORANGE, "/"), "activation_bytes": (GREY, "."),
    }  # fmt: skip
    data = [
        {
            "type": "bar", "name": QUANTITIES[name].title, "x": [stage.name for stage in member.stages],
            "y": [round(100 * getattr(stage, name) / getattr(member, name), 2) for stage in member.stages],
            "marker": _filled(colour, pattern), "hovertemplate": "%{y} %",
        } for name, (colour, pattern) in styles.items()
    ]  # fmt: skip
    return {"data": data, "layout": layout("", "share of the whole net (%)", "stages", barmode="group")}


def _filled(colour: str, pattern: str) -> dict[str, Any]:
    """A bar of a colour, with a pattern upon it for those who do not see the colour."""
    return {"color": colour, "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "#fff", "size": 9}}


def stage_sentence(member: Member) -> str:
    """Where the parameters and where the work of a net are."""
    heavy = max(member.stages, key=lambda stage: stage.parameters)
    busy = max(member.stages, key=lambda stage: stage.multiply_adds)
    share = f"{heavy.parameters / member.parameters:.0%} of the parameters of {member.name} are in its {heavy.name}"
    does = f"which does {heavy.multiply_adds / member.multiply_adds:.1%} of its multiply-adds"
    if heavy is busy:
        return f"{share}, {does}, more than any other part."
    return f"{share}, {does}; its {busy.name} does most, {busy.multiply_adds / member.multiply_adds:.0%}."


def quoted_multiply_adds() -> list[Result]:
    """What He et al. 2015 print of these nets."""
    return [result for result in results() if result.metric == "multiply-adds"]


def paper_table(counted: Counted) -> list[dict[str, str]]:
    """Billions of multiply-adds: the paper's beside those that were counted."""
    return [
        {
            "net": result.net,
            "He et al. 2015": result.printed,
            "place": result.place,
            "counted": f"{member.multiply_adds / 1e9:.3f}",
            "without its linear layers": f"{without_head(member) / 1e9:.3f}",
            "stride in the first 1x1": _billions(member.first_stride_multiply_adds),
        }
        for result in quoted_multiply_adds()
        for member in [counted.member(result.net)]
    ]


def without_head(member: Member) -> int:
    """Multiply-adds of the convolutions alone."""
    return member.multiply_adds - member.stages[-1].multiply_adds


def _billions(value: int | None) -> str:
    return "" if value is None else f"{value / 1e9:.3f}"


def point(counted: Counted) -> str:
    """Depth is not size: VGG-19 beside ResNet-152."""
    vgg, deep = counted.member("VGG-19"), counted.member("ResNet-152")
    return (
        f"VGG-19 needs {vgg.multiply_adds / 1e9:.2f} billion multiply-adds for one image and has "
        f"{vgg.parameters / 1e6:.1f} million parameters; ResNet-152, {deep.layers / vgg.layers:.0f} times as deep, "
        f"needs {deep.multiply_adds / 1e9:.2f} billion and has {deep.parameters / 1e6:.1f} million."
    )


def by_work(counted: Counted, names: Sequence[str]) -> list[Member]:
    """These nets, the one with the fewest multiply-adds first."""
    return sorted((counted.member(name) for name in names), key=lambda member: member.multiply_adds)


def work_sentence(members: Sequence[Member]) -> str:
    """What each of these nets needs."""
    return (
        ", ".join(f"{member.name} {member.multiply_adds / 1e9:.2f}" for member in members) + " billion multiply-adds."
    )


def bars_height(members: Sequence[Member]) -> int:
    """Pixels that the bars of so many nets take."""
    return AXES_PX + BAR_PX * len(members)
