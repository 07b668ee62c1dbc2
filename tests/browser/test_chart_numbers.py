"""What the tables of a chart say, read off figures as the charts make them. Needs a browser, and no server."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from resnet_viz import charts
from resnet_viz.charts import after, after_counts, convolution, network, results, saliency
from resnet_viz.charts.style import Figure
from resnet_viz.paper import results as numbers
from resnet_viz.paper.selection import by_axis
from resnet_viz.runlog import Snapshot
from resnet_viz.ui import live_plot
from tests.factories import epoch, experiment, gradients, snapshot, started, step

SCRIPT = Path(live_plot.__file__).with_name("chart_numbers.js").read_text(encoding="utf-8")
NORMS = [1.0, 10.0, 0.1, 0.01, 0.0]  # stem, three blocks, classifier

Asked = Callable[[str, Figure], Any]


@pytest.fixture
def ask(page: Page) -> Asked:
    """Gives what an expression says of the tables of a figure."""
    page.add_script_tag(content=SCRIPT)
    return lambda said, figure: page.evaluate(
        f"figure => {{ const tables = tablesOf(figure); return {said}; }}", json.loads(json.dumps(figure))
    )


def race(*, depth: int = 8) -> Snapshot:
    config = experiment("none", "A", depth=depth)
    records = [
        step(number, 2.5 - number / 10 - arm, arm=arm) for number in (1, 2, 3) for arm in (0, 1)
    ]  # the second arm is ahead
    known = [gradients(1, NORMS), gradients(3, NORMS[::-1]), gradients(1, NORMS, arm=1)]
    return snapshot(config, [started(config), *known, *records, epoch(1, 0.5, 0.625)])


def test_curves_are_a_row_a_place_and_a_column_a_curve(ask: Asked) -> None:
    (table,) = ask("tables", charts.loss_figure(race()))
    assert table["caption"] == "training loss (nats) by step"
    assert table["head"] == [
        "step", "plain-8, each batch", "plain-8", "residual-8, each batch", "residual-8",
    ]  # fmt: skip
    assert [row[:2] for row in table["rows"]] == [[1, 2.4], [2, 2.3], [3, 2.2]]
    assert [row[3] for row in table["rows"]] == pytest.approx([1.4, 1.3, 1.2])


def test_a_gap_stays_a_gap_and_rows_have_their_names(ask: Asked) -> None:
    (table,) = ask("tables", charts.gradient_now_figure(race()))
    assert [row[0] for row in table["rows"]] == ["stem", "block 1", "block 2", "block 3", "classifier"]
    assert [row[1] for row in table["rows"]] == NORMS[::-1]
    (errors,) = ask("tables", charts.error_figure(race()))
    assert errors["rows"] == [[1, 50, 62.5, None, None]]


def test_a_heat_map_is_a_table_of_its_own(ask: Asked) -> None:
    plain, residual = ask("tables", charts.gradient_heat_figure(race()))
    assert plain["caption"] == "plain-8: log10 of ‖dL/dW‖, block by step"
    assert plain["head"] == ["block \\ step", 1, 3]
    assert plain["rows"][1] == ["1", 1, -2]
    assert plain["rows"][0][0] == "stem"
    assert plain["rows"][4][1:] == [None, 0]  # the logarithm of 0 is no number
    assert residual["head"] == ["block \\ step", 1]


def test_the_cells_of_a_net_say_their_colour_and_not_their_height(ask: Asked) -> None:
    config = experiment("none", "A")
    drawn = network.network_figure(snapshot(config, [started(config), gradients(1, NORMS), step(1, 2.0)]))
    (table,) = ask("tables", drawn)
    assert table["head"][1:] == ["plain-8", "residual-8"]
    assert table["rows"][1] == ["block 1: 32x32, 4 channels", 1, None]  # nothing is recorded of the second


def test_several_values_at_one_place_are_several_columns(ask: Asked) -> None:
    (table,) = ask("tables", after.stream_figure(np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2))))
    assert table["head"][1:4] == ["pre-norm, mean", "pre-norm, each seed 1", "pre-norm, each seed 2"]
    assert table["rows"][0][:4] == [1, 2, 1, 3]


def test_bars_in_two_hues_are_one_list_in_order(ask: Asked) -> None:
    law = np.array([0.1, 0.4, 0.4, 0.1])
    (table,) = ask("tables", after_counts.law_figure(law, 1, 2, "blocks alive", "law"))
    assert table["head"] == ["blocks alive", "kind", "probability"]
    assert table["rows"] == [[0, "others", 0.1], [1, "1 to 2", 0.4], [2, "1 to 2", 0.4], [3, "others", 0.1]]


def test_lying_bars_come_from_the_top_with_their_labels(ask: Asked) -> None:
    drawn = saliency.prediction_figure([0.1, 0.7, 0.2], ["cat", "dog", "a <b>"], explained=0)
    (table,) = ask("tables", drawn)
    assert table["rows"] == [["dog", 70], ["a", 20], ["cat, explained", 10]]
    assert table["head"] == ["name", "probability"]


def test_two_panels_are_two_tables(ask: Asked) -> None:
    drawn = saliency.faithfulness_figure(np.linspace(0, 1, 12).reshape(3, 2, 2), ["map", "random", "edges"])
    deletion, insertion = ask("tables", drawn)
    assert deletion["caption"] == "probability by deletion: pixels greyed out (%)"
    assert insertion["head"] == ["insertion: pixels put back (%)", "map", "random", "edges"]


@pytest.mark.parametrize("place", [0, -1])
def test_dots_are_listed_with_what_is_quoted(place: int, ask: Asked) -> None:
    axis, members = list(by_axis(numbers.results()).items())[place]
    (table,) = ask("tables", results.dots_figure(axis, members))
    assert table["head"][2:] == [f"{axis.metric} ({axis.unit})", "note"]
    assert [row[2] for row in table["rows"]] == [result.value for result in members]  # best on top, as drawn
    assert members[0].quoted in table["rows"][0][3]


def test_a_long_table_is_thinned_on_the_page_and_whole_in_the_file(ask: Asked, page: Page) -> None:
    y = list(range(1000))
    figure = {"data": [{"type": "scatter", "name": "curve", "y": y}], "layout": {"xaxis": {}, "yaxis": {}}}
    assert len(ask("csvOf(tables)", figure).splitlines()) == 1001
    shown = ask("drawnTables(tables).map(table => table.outerHTML)", figure)
    page.set_content(shown[0])
    assert page.locator("tbody tr").count() == 200
    assert page.locator("tbody th").all_inner_texts()[::199] == ["0", "999"]
    assert "200 of 1,000 rows; the CSV has all that the chart has" in page.locator("caption").inner_text()


def test_maps_become_a_csv_with_a_row_a_number(ask: Asked) -> None:
    pictures = {"picture<br>x": np.array([[1.0, 2.0]]), "y": np.array([[3.0, 4.0]])}
    read = list(csv.reader(io.StringIO(ask("csvOf(tables)", convolution.pictures_figure(pictures, (0, 0))))))
    assert read[:3] == [
        ["chart", "row", "column", "value"], ["picture, x", "1", "1", "1"], ["picture, x", "1", "2", "2"],
    ]  # fmt: skip
    assert len(read) == 5


def test_no_name_becomes_markup_or_a_formula(ask: Asked, page: Page) -> None:
    name = '=1+1,"<img src=x onerror=alert(1)>'
    figure = {"data": [{"type": "scatter", "name": name, "x": [1], "y": [2]}], "layout": {"xaxis": {}, "yaxis": {}}}
    assert ask("csvOf(tables)", figure).splitlines()[0] == 'name,"\'=1+1,"""'
    assert ask("tabbed(tables)", figure).splitlines()[0] == "name\t'=1+1,\""
    entities = {"data": [{"type": "scatter", "name": "p&lt;0.05 &amp;lt; q&gt;1", "x": [1], "y": [2]}]}
    assert ask("csvOf(tables)", figure | entities).splitlines()[0] == "name,p<0.05 &lt; q>1"
    page.set_content(ask("drawnTables(tables)[0].outerHTML", figure | {"layout": {"xaxis": {"title": "<x>&"}}}))
    assert page.locator("img").count() == 0


def test_a_figure_without_numbers_says_so(ask: Asked) -> None:
    empty = {"data": [], "layout": {}}
    assert ask("tables", empty) == []
    assert ask("drawnTables(tables).map(node => node.textContent)", empty) == [
        "There are no numbers yet: they come with the curves."
    ]
