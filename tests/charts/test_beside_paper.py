import json

import plotly.graph_objects as go
import pytest

from resnet_viz.charts.beside_paper import beside_paper_figure, beside_paper_sentence, is_comparable, paper_curves
from resnet_viz.config import ExperimentConfig, default_experiment
from resnet_viz.paper import curves
from resnet_viz.runlog import Snapshot
from tests.factories import epoch, snapshot, started, step


def a_race(config: ExperimentConfig | None = None) -> Snapshot:
    config = config or default_experiment("cifar10", depth=62)
    records = [started(config), step(39, 2.0), epoch(1, 0.7, 0.75), step(78, 1.9), epoch(2, 0.6, None)]
    return snapshot(config, records)


def test_each_arm_stands_beside_the_papers_net_of_the_nearest_depth() -> None:
    assert [curve.net for curve in paper_curves(a_race())] == ["plain-56", "ResNet-56"]
    two_alike = default_experiment("cifar10", depth=20, shortcuts=("A", "B"))
    assert [curve.net for curve in paper_curves(a_race(two_alike))] == ["ResNet-20"]


def test_both_are_drawn_over_the_images_that_were_seen() -> None:
    figure = beside_paper_figure(a_race())
    go.Figure(figure)
    json.dumps(figure, allow_nan=False)
    paper, _, own, other = figure["data"]
    curve = curves.curve("plain-56", "test")
    assert paper["x"][-1] == pytest.approx(1000 * curve.thousands[-1] * 128)
    assert paper["y"][-1] == pytest.approx(curve.end, abs=0.01)
    assert own["x"] == [39 * 128, 2 * 39 * 128]
    assert own["y"] == [75, None]
    assert other["x"] == []
    assert figure["layout"]["xaxis"]["type"] == "log"


def test_the_difference_of_scale_is_said_in_numbers() -> None:
    says = beside_paper_sentence(a_race())
    assert "have seen 9,984 images" in says
    assert "0.1% of the paper's 8,192,000" in says
    assert "5,000 different ones instead of 50,000" in says


@pytest.mark.parametrize(
    "config", [default_experiment("shapes"), default_experiment("cifar10", classes=("cat", "dog"))]
)
def test_other_images_do_not_stand_beside_the_paper(config: ExperimentConfig) -> None:
    assert not is_comparable(snapshot(config, []))
    assert is_comparable(a_race())
