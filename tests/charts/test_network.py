import json

import numpy as np
import plotly.graph_objects as go
import pytest

from resnet_viz.charts import network
from resnet_viz.net_config import NetConfig
from resnet_viz.records import Record
from tests.factories import experiment, gradients, rows_of, snapshot, started, step

NORMS = [1.0, 10.0, 0.1, 0.01, 5.0]  # stem, three blocks, classifier


def a_race(*records: Record, depth: int = 8):
    config = experiment("none", "A", depth=depth)
    return snapshot(config, [started(config), *records])


def test_every_row_becomes_a_cell_with_its_map_and_channels() -> None:
    drawn = network.cells(NetConfig(depth=14, width=4), rows_of(14))
    assert [(cell.side, cell.channels) for cell in drawn] == [
        (32, 4), (32, 4), (32, 4), (16, 8), (16, 8), (8, 16), (8, 16), (1, 10),
    ]  # fmt: skip
    assert [cell.changes for cell in drawn] == [False, False, False, True, False, True, False, False]


def test_a_cell_has_the_colour_of_its_norm_at_each_moment() -> None:
    race = a_race(gradients(1, NORMS), gradients(3, NORMS[::-1]), step(3, 2.0))
    plain, residual = network.network_figure(race)["data"]
    assert plain["meta"]["x"] == [1, 3]
    assert plain["meta"]["color"][0] == pytest.approx(np.log10(NORMS), abs=0.01)
    assert plain["marker"]["color"] == plain["meta"]["color"][1] != plain["meta"]["color"][0]
    assert residual["meta"]["x"] == []
    assert "coloraxis" not in residual["marker"]  # nothing is recorded of it


def test_only_a_residual_net_has_arcs_and_those_that_change_dimensions_are_dotted() -> None:
    shapes = network.network_figure(a_race())["layout"]["shapes"]
    assert {shape["yref"] for shape in shapes} == {"y2"}  # the second arm
    assert [shape["line"]["dash"] for shape in shapes] == ["solid", "dot", "dot"]


def test_both_nets_stand_on_one_scale() -> None:
    race = a_race(gradients(1, NORMS), gradients(1, [1e-9] * 5, arm=1))
    figure = network.network_figure(race)
    assert {trace["marker"]["coloraxis"] for trace in figure["data"]} == {"coloraxis"}
    assert (figure["layout"]["coloraxis"]["cmin"], figure["layout"]["coloraxis"]["cmax"]) == (-9, 1)


def test_a_long_run_is_shown_in_few_moments_and_the_last_is_there() -> None:
    race = a_race(*(gradients(number, NORMS) for number in range(1, 301)))
    moments = network.network_figure(race)["data"][0]["meta"]["x"]
    assert len(moments) <= network.MAX_MOMENTS
    assert (moments[0], moments[-1]) == (1, 300)
    assert network.last_step(race) == 300


@pytest.mark.parametrize("norms", [[None, 0.0, 1e-22, 1.0, 2.0], NORMS, []])
def test_figures_are_good_plotly_and_strict_json(norms: list[float | None]) -> None:
    race = a_race(gradients(1, norms)) if norms else a_race()
    figure = network.network_figure(race)
    go.Figure(figure)
    json.dumps(figure, allow_nan=False)
    assert len(figure["data"]) == 2


def test_before_the_first_record_there_is_nothing_to_say() -> None:
    config = experiment("none", "A")
    queued = snapshot(config, [])
    assert network.network_figure(queued)["data"] == []
    assert network.last_step(queued) == 0
    assert network.network_sentence(queued) == "Nothing is recorded yet."


def test_the_sentence_compares_the_first_block_with_the_last() -> None:
    says = network.network_sentence(a_race(gradients(2, NORMS)))
    assert says == "Newest record, step 2: the gradient of the first block is 1e+03 times that of the last in plain-8."
