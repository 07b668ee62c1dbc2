import json

import numpy as np
import pytest

from resnet_viz.charts.parts import SHORTCUT_WORDS, gaps_at_zero, marked, on_log_axis, vertical
from resnet_viz.charts.style import COLOURS, layout


def test_every_shortcut_has_words_of_its_own() -> None:
    assert list(SHORTCUT_WORDS) == list(COLOURS)
    assert len(set(SHORTCUT_WORDS.values())) == len(COLOURS)


def test_zero_and_what_is_no_number_are_gaps_and_small_numbers_are_not() -> None:
    values = np.array([0.0, -0.0, 1e-300, 0.123456, np.inf, np.nan])
    assert gaps_at_zero(values) == [None, None, 1e-300, 0.123, None, None]
    assert gaps_at_zero(values, 5)[3] == 0.12346
    json.dumps(gaps_at_zero(values), allow_nan=False)


def test_a_log_axis_keeps_its_title_and_leaves_the_other_one_linear() -> None:
    linear = layout("step", "norm", "chain")
    log = on_log_axis(linear)
    assert log["yaxis"] == {"title": {"text": "norm"}, "type": "log", "exponentformat": "power"}
    assert log["xaxis"] == linear["xaxis"]
    assert "type" not in linear["yaxis"]  # the layout that was given is as it was


@pytest.mark.parametrize(("x", "side"), [(8, "left"), (54, "left"), (56, "right"), (110, "right")])
def test_a_line_is_vertical_and_its_name_stands_where_there_is_room(x: int, side: str) -> None:
    parts = marked(x, f"depth {x}", 110)
    assert parts["shapes"] == [vertical(x)]
    assert (vertical(x)["x0"], vertical(x)["x1"], vertical(x)["y0"], vertical(x)["y1"]) == (x, x, 0, 1)
    (name,) = parts["annotations"]
    assert (name["text"], name["x"], name["xanchor"]) == (f"depth {x}", x, side)
