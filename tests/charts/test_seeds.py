"""Mean and band of several seeds, against numbers that were worked out by hand."""

import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from resnet_viz.charts.seeds import BAND, seeds_error_figure, seeds_loss_figure
from resnet_viz.charts.style import COLOURS
from resnet_viz.records import Diverged, Finished, Record
from resnet_viz.runlog import RunLog, Snapshot
from tests.factories import epoch, experiment, started, step

COMPLETED = Finished(reason="completed", step=2)


def seed(number: int, plain: tuple[float, ...], residual: tuple[float, ...], *more: Record) -> Snapshot:
    """A run with these losses, and a test error of a tenth of each at the end of an epoch."""
    config = experiment().model_copy(update={"seed": number})
    log = RunLog(f"run{number}", config, [started(config)])
    for arm, losses in enumerate((plain, residual)):
        for place, loss in enumerate(losses, start=1):
            log.add(step(place, loss, arm=arm))
            log.add(epoch(place, 0.5, loss / 10, arm=arm))
    for record in more:
        log.add(record)
    return log.snapshot()


def three_seeds() -> list[Snapshot]:
    """Two that came to their end, and one that is at its first step."""
    return [
        seed(0, (4.0, 2.0), (2.0, 1.0), COMPLETED),
        seed(1, (2.0, 4.0), (2.0, 2.0), COMPLETED),
        seed(2, (9.0,), (8.0,)),
    ]


def traces(figure: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [trace for trace in figure["data"] if trace["name"].startswith(name)]


def test_the_mean_of_the_seeds_lies_in_a_band_from_the_lowest_to_the_highest() -> None:
    figure = seeds_loss_figure(three_seeds())
    go.Figure(figure)  # plotly takes it
    (mean,) = traces(figure, "plain-8, 2 seeds")
    # The running mean of 4, 2 is 4, 3 and that of 2, 4 is 2, 3.
    assert (mean["x"], mean["y"]) == ([1, 2], [3.0, 3.0])
    assert mean["customdata"] == [[2.0, 4.0], [3.0, 3.0]]
    (band,) = traces(figure, "plain-8, lowest to highest")
    assert (band["x"], band["y"]) == ([1, 2, 2, 1], [4.0, 3.0, 3.0, 2.0])
    assert BAND in figure["layout"]["xaxis"]["title"]["text"]


def test_a_band_has_the_hue_of_its_net_and_lets_through_what_is_below() -> None:
    (band,) = traces(seeds_loss_figure(three_seeds()), "residual-8, lowest to highest")
    red, green, blue = (int(COLOURS["A"][place : place + 2], 16) for place in (1, 3, 5))
    assert band["fillcolor"] == f"rgba({red},{green},{blue},0.2)"
    assert band["fill"] == "toself"
    assert band["hoverinfo"] == "skip"


def test_a_seed_that_is_not_at_its_end_is_a_thin_line_of_its_own() -> None:
    figure = seeds_loss_figure(three_seeds())
    (thin,) = traces(figure, "plain-8, seed 2")
    assert (thin["y"], thin["line"]["width"], thin["showlegend"]) == ([9.0], 1, False)
    only = seeds_loss_figure(three_seeds()[2:])
    assert [trace["name"] for trace in only["data"]] == ["plain-8, seed 2", "residual-8, seed 2"]
    assert all(trace["showlegend"] for trace in only["data"])


def test_one_seed_at_its_end_has_no_band() -> None:
    figure = seeds_loss_figure(three_seeds()[:1])
    assert [trace["name"] for trace in figure["data"]] == ["plain-8, 1 seed", "residual-8, 1 seed"]
    assert "customdata" not in figure["data"][0]["hovertemplate"]


def test_the_test_error_is_in_percent_by_epoch_with_open_marks() -> None:
    figure = seeds_error_figure(three_seeds())
    go.Figure(figure)
    (mean,) = traces(figure, "residual-8, 2 seeds")
    assert mean["x"] == [1, 2]
    assert mean["y"] == pytest.approx([20.0, 15.0])
    assert mean["marker"]["symbol"].endswith("-open")
    assert figure["layout"]["yaxis"]["title"]["text"] == "test error (%)"


def test_a_diverged_net_is_no_part_of_the_mean() -> None:
    fell = Diverged(arm=0, epoch=1, step=2, images=32)
    found = [*three_seeds()[:2], seed(2, (50.0,), (2.0, 3.0), fell, COMPLETED)]
    figure = seeds_loss_figure(found)
    assert traces(figure, "plain-8, 2 seeds")
    assert traces(figure, "plain-8, seed 2")
    assert traces(figure, "residual-8, 3 seeds")


def test_before_the_first_epoch_the_chart_says_when_it_comes() -> None:
    config = experiment()
    figure = seeds_error_figure([RunLog("run", config, [started(config)]).snapshot()])
    assert figure["data"] == []
    assert figure["layout"]["annotations"][-1]["text"] == "measured at the end of each epoch"


def test_ten_seeds_of_a_long_race_of_four_nets_are_at_most_120_kilobytes() -> None:
    config = experiment("none", "A", "B", "C")
    source = np.random.default_rng(0)
    seeds = []
    for number in range(10):
        records: list[Record] = [started(config)]
        records += [step(place, float(source.uniform(0, 3)), arm=arm) for place in range(1, 1001) for arm in range(4)]
        records += [epoch(place, 0.123, 0.456, arm=arm) for place in range(1, 9) for arm in range(4)]
        one = config.model_copy(update={"seed": number})
        seeds.append(RunLog(f"run{number}", one, [*records, COMPLETED]).snapshot())
    figures = [seeds_loss_figure(seeds), seeds_error_figure(seeds)]
    assert sum(len(json.dumps(figure)) for figure in figures) <= 120_000
    (mean,) = traces(figures[0], "plain-8, 10 seeds")
    assert (mean["x"][0], mean["x"][-1], len(mean["x"])) == (1, 1000, 250)
