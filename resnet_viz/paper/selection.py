"""Quoted results filtered, put on axes, and as rows of a table."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple
from itertools import groupby

from resnet_viz.paper.results import FAIL, OWN_PROTOCOL, Axis, Result
from resnet_viz.sources import SOURCES


def selected(
    given: Iterable[Result], *, data: Collection[str] = (), protocols: Collection[str] = (),
    sources: Collection[str] = (), text: str = "",
) -> list[Result]:  # fmt: skip
    """Those that fit; what is left empty does not filter.

    Args:
        text: words that must all occur, in any case, in net, number, place, protocol or note.
    """
    words = text.casefold().split()
    return [
        result
        for result in given
        if (not data or result.data in data)
        and (not protocols or result.protocol in protocols)
        and (not sources or result.source in sources)
        and all(word in _text(result) for word in words)
    ]


def _text(result: Result) -> str:
    parts = (result.net, result.data, result.metric, result.number, result.split, result.protocol, result.quoted)
    return " ".join((*parts, result.note)).casefold()


def by_axis(given: Iterable[Result]) -> dict[Axis, list[Result]]:
    """The numbers of each axis, best first; nets that failed, or that have a protocol of their own, are on none."""
    drawn = [result for result in given if result.protocol != OWN_PROTOCOL and not result.failed]
    in_order = sorted(drawn, key=lambda result: (result.axis, _badness(result)))
    return {axis: list(members) for axis, members in groupby(in_order, key=lambda result: result.axis)}


def _badness(result: Result) -> float:
    return -result.value if result.metric.endswith("accuracy") else result.value


def mixed(given: Iterable[Result]) -> list[str]:
    """In what these numbers differ that must be the same on one axis: data sets, metrics, splits, protocols."""
    axes = [astuple(result.axis) for result in given]
    kinds = ("data sets", "metrics", "splits", "protocols")
    return [kind for kind, values in zip(kinds, zip(*axes, strict=True), strict=True) if len(set(values)) > 1]


def rows(given: Sequence[Result]) -> list[dict[str, object]]:
    """A table for the screen, a row a number."""
    return [
        {
            "net": result.net, "depth": result.depth, "data": result.data, "metric": result.metric,
            "value": None if result.failed else result.value, "unit": result.axis.unit, "split": result.split,
            "protocol": result.protocol,
            "source": result.quoted, "link": SOURCES[result.source].url,
            "note": "; ".join(filter(None, (_beside(result), result.note))),
        } for result in given
    ]  # fmt: skip


def _beside(result: Result) -> str:
    """What its column of numbers cannot hold."""
    return FAIL if result.failed else f"± {result.spread:.2f}" if result.spread else ""
