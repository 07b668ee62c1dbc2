"""What the digitised curves and Table 6 say: tables and sentences for the screen."""

from collections.abc import Callable, Sequence
from statistics import fmean, median

from resnet_viz.family_arithmetic import cifar_net
from resnet_viz.paper.curves import (
    END,
    LAST,
    NOT_DRAWN,
    Part,
    Responses,
    Window,
    best_first,
    curve,
    digitised,
    end_points,
    nets,
    plain_nets,
    smaller_second,
)  # fmt: skip
from resnet_viz.paper.results import one, results
from resnet_viz.sources import SOURCES

NOT_THERE = "not drawn there"
STAGES = ("first", "second", "third")
WIDTH = 16  # channels of the first stage of the paper's CIFAR nets (section 4.2)


def window_rows(window: Window) -> list[dict[str, str]]:
    """Mean errors in a window and at the end, a row a net."""
    rows = []
    for net in nets():
        train, test = curve(net, "train"), curve(net, "test")
        rows.append({
            "net": net,
            f"train, {_span(window)}, %": _percent(train.mean(window)),
            f"test, {_span(window)}, %": _percent(test.mean(window)),
            "train, last point, %": _percent(train.end),
            "test, last point, %": _percent(test.end),
        })  # fmt: skip
    return rows


def _span(window: Window) -> str:
    return f"{window[0]}k to {window[1]}k"


def _percent(value: float | None) -> str:
    return NOT_THERE if value is None else f"{value:.2f}"


def order_sentence(split: Part, window: Window) -> str:
    """How depth orders the plain nets in a window, and the residual ones of the same depths."""
    kind = "Training" if split == "train" else "Test"
    said = [_order(group, split, window) for group in (plain_nets(), _residual_twins())]
    return f"{kind} error from {_span(window)}: {'; '.join(said)}."


def _residual_twins() -> list[str]:
    return [net.replace("plain", "ResNet") for net in plain_nets()]


def _order(group: Sequence[str], split: Part, window: Window) -> str:
    drawn = best_first(group, split, window)
    order = " < ".join(drawn)
    if len(drawn) < len(group):
        absent = ", ".join(net for net in group if net not in drawn)
        missing = f"not drawn in all of it, since the frame ends at 20 % and some curves end early: {absent}"
        return f"{order}; {missing}" if order else missing
    trend = {tuple(group): "the deeper, the worse", tuple(reversed(group)): "the deeper, the better"}
    return f"{order} ({trend.get(tuple(drawn), 'depth does not order them')})"


def end_sentence() -> str:
    """The careful reading of the end: which plain net trains best there."""
    best, second, *_ = best_first(plain_nets(), "train", LAST)
    means = [curve(net, "train").mean(LAST) for net in (best, second)]
    return (
        f"At the end ({_span(LAST)}), {best} has the lowest training error of the plain nets: {_percent(means[0])} %, "
        f"before {second} with {_percent(means[1])} %. {NOT_DRAWN} is not drawn at all: its error is “higher than 60%”."
    )


def early_sentence() -> str:
    """The curves that end before the training does."""
    early = [c for c in digitised().figure_6.curves if c.thousands[-1] < END]
    said = ", ".join(f"{c.net} ({c.split}) at {c.thousands[-1]:.0f}k" for c in early)
    return f"Some curves end before {END}k, and a mean up to there is that of the points drawn: {said}."


def check_sentence() -> str:
    """How exact the reading off is, against numbers that the paper prints."""
    points = end_points()
    said = ", ".join(f"{net} {read:.2f} / {printed:.2f}" for net, (read, printed) in points.items())
    largest = max(abs(read - printed) for read, printed in points.values())
    return (
        f"Check: last test error as read off / as Table 6 prints it: {said}; largest difference {largest:.2f} points. "
        f"ResNet-110 is left out, since its curve is one run and Table 6 has the best and the mean of five."
    )


def response_rows(shown: Sequence[Responses]) -> list[dict[str, str]]:
    """Statistics over the layers, a row a net."""
    statistics: dict[str, Callable[[Sequence[float]], float]] = {
        "mean": fmean, "median": median, "largest": max, "smallest": min,
    }  # fmt: skip
    return [
        {
            "net": net.net,
            "layers read": f"{len(net.std)} of {net.depth - 1}",
            **{name: f"{statistic(net.std):.2f}" for name, statistic in statistics.items()},
        }
        for net in shown
    ]


def second_sentence(net: Responses) -> str:
    """Whether the branch's second convolution responds less than its first, stage by stage."""
    said = ", ".join(
        f"{less} of {blocks} blocks of the {stage} stage"
        for stage, (less, blocks) in zip(STAGES, smaller_second(net), strict=True)
    )
    return f"{net.net}: the second convolution responds less than the first in {said}."


def reproduction_rows() -> list[dict[str, str]]:
    """Test errors on CIFAR-10 of the ResNets of Table 6, one column a source; the paper's ResNet-110: best of 5."""
    found = [
        result
        for result in results()
        if (result.data, result.metric, result.net) == ("CIFAR-10", "error", f"ResNet-{result.depth}")
    ]
    depths = sorted({result.depth for result in found if result.depth is not None})
    columns = list(dict.fromkeys(result.source for result in found))
    rows = []
    for depth in depths:
        cells = {source: [r.number for r in found if (r.depth, r.source) == (depth, source)] for source in columns}
        named = {_column(source): "; ".join(numbers) or "none" for source, numbers in cells.items()}
        parameters = cifar_net(depth, WIDTH, "A").parameters
        rows.append({"net": f"ResNet-{depth}", "parameters, option A": f"{parameters:,}", **named})
    return rows


def _column(source: str) -> str:
    return f"{SOURCES[source].authors.split(',')[0]} {SOURCES[source].year}, %"


def caveats() -> list[tuple[str, str]]:
    """Source, protocol and recipe of each reproduction on CIFAR-10, in words."""
    found = [
        result for result in results() if (result.data, result.depth) == ("CIFAR-10", 20) and result.source != "he2015"
    ]
    return [(f"[{SOURCES[r.source].title}]({SOURCES[r.source].url})", f"{r.protocol}; {r.note}") for r in found]


def deepest_sentence() -> str:
    """What does not scale simply: 1202 layers in the paper, and in the repetition that has them."""
    deepest = one("ResNet-1202", "error", "single view")
    best, mean = (one("ResNet-110", "error", f"single view, {of} of 5 runs") for of in ("best", "mean"))
    again = [one(net, "error", "single view, best epoch on test", "akamaster2018") for net in (best.net, deepest.net)]
    millions = cifar_net(1202, WIDTH, "A").parameters / 1e6
    return (
        f"{deepest.net} came to **{deepest.number} %** test error, after **{best.number} %** with 110 layers (best of "
        f"5 runs; mean {mean.number} %). With a {deepest.note}, the authors see no difficulty of optimisation, but "
        f"overfitting: {millions:.1f} million parameters may be too many for a set so small, and no dropout or maxout "
        "held them back. That is their reading, not something they tested. In "
        f"{SOURCES[again[0].source].authors}'s repetition, 1202 layers came to {again[1].number} %, after "
        f"{again[0].number} % with 110, each at the epoch that was best on the test set."
    )
