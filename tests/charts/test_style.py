"""Arms that differ are drawn differently."""

from itertools import combinations

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_viz.charts.style import BLOCK_MARKERS, COLOURS, MARKERS, SPARES, dash, epoch_axis, line, marker, pen, pens
from resnet_viz.config import MAX_ARMS
from resnet_viz.net_config import NetConfig
from resnet_viz.spelling import read_arm
from tests.strategies import nets


def drawn(*words: str) -> list[tuple[str, str, str]]:
    return [(own.colour, own.dash, own.symbol) for own in pens([read_arm(word) for word in words])]


def test_hue_says_the_shortcut_dash_the_depth_and_mark_the_shortcut() -> None:
    assert drawn("plain:20", "plain:56", "residual:20", "residual:56") == [
        (COLOURS["none"], "dot", "circle"), (COLOURS["none"], "solid", "circle"),
        (COLOURS["A"], "dot", "diamond"), (COLOURS["A"], "solid", "diamond"),
    ]  # fmt: skip


def test_without_batch_norm_lines_are_dash_dot_and_marks_open() -> None:
    assert drawn("plain:56", "plain:56~nobn", "residual:56", "residual:56~nobn") == [
        (COLOURS["none"], "solid", "circle"), (COLOURS["none"], "dashdot", "circle-open"),
        (COLOURS["A"], "solid", "diamond"), (COLOURS["A"], "dashdot", "diamond-open"),
    ]  # fmt: skip


def test_the_mark_says_the_block() -> None:
    symbols = [symbol for marks in BLOCK_MARKERS.values() for symbol in marks.values()]
    assert len(set(symbols) | {symbol for _, symbol in SPARES}) == len(symbols) + len(SPARES)
    assert pen(read_arm("residual:56~bottleneck")).symbol == "bowtie"
    assert BLOCK_MARKERS["basic"] == MARKERS


@pytest.mark.parametrize(
    "words", [("residual:56", "residual:110"), ("residual:56", "residual:56~gate-2"), ("plain:56", "plain:56:8"),
              ("plain:56~nobn", "plain:20~nobn")]
)  # fmt: skip
def test_a_later_arm_that_would_look_the_same_gets_a_dash_and_a_mark_of_its_own(words: tuple[str, str]) -> None:
    (colour, first_dash, first_symbol), (other_colour, other_dash, other_symbol) = drawn(*words)
    assert colour == other_colour
    assert first_dash != other_dash
    assert first_symbol != other_symbol
    assert drawn(words[0]) == [(colour, first_dash, first_symbol)]  # the first keeps its own


@given(st.lists(nets(), min_size=1, max_size=MAX_ARMS))
def test_no_two_arms_of_a_race_share_colour_and_dash(arms: list[NetConfig]) -> None:
    styles = [(own.colour, own.dash) for own in pens(arms)]
    assert len(set(styles)) == len(arms)


def test_four_equal_arms_still_differ_and_plotly_knows_every_dash_and_mark() -> None:
    same = pens([NetConfig()] * MAX_ARMS)
    assert all(one.dash != other.dash and one.symbol != other.symbol for one, other in combinations(same, 2))
    for own in same:
        go.Scatter(line=own.line(2), marker=own.marker(7))
    symbols = [symbol for marks in BLOCK_MARKERS.values() for symbol in marks.values()]
    for symbol in [*symbols, *(symbol for _, symbol in SPARES)]:
        go.Scatter(marker={"symbol": symbol}, line={"dash": "dot"})
        go.Scatter(marker={"symbol": symbol + "-open"})
    with pytest.raises(ValueError, match="symbol"):
        go.Scatter(marker={"symbol": "sandglass"})


def test_a_net_alone_is_drawn_as_in_a_race() -> None:
    net = NetConfig(depth=20, shortcut="B")
    assert line(net, 3) == {"color": COLOURS["B"], "dash": dash(20), "width": 3}
    assert marker(net, 7) == {"symbol": "square", "size": 7, "color": COLOURS["B"]}


@pytest.mark.parametrize(("epochs", "step"), [(1, 1), (2, 1), (8, 1), (9, 2), (17, 5), (100, 20), (200, 50)])
def test_an_axis_of_epochs_has_whole_numbers_and_not_too_many(epochs: int, step: int) -> None:
    axis = epoch_axis(epochs)
    assert axis["dtick"] == step
    assert axis["range"] == [0.5, epochs + 0.5]
