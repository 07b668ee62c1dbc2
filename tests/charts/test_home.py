import json

import plotly.graph_objects as go
import pytest

from resnet_viz.charts import home
from resnet_viz.config import default_experiment
from resnet_viz.net_config import NetConfig
from resnet_viz.records import Record, Step
from resnet_viz.runlog import RunLog, Snapshot


def snapshot(*losses: float) -> Snapshot:
    """Plain-8, plain-14, residual-8, residual-14 with these losses at step 1."""
    shortcuts = ("none", "none", "A", "A")
    nets = [NetConfig(depth=depth, shortcut=kind) for depth, kind in zip((8, 14, 8, 14), shortcuts, strict=True)]
    config = default_experiment("shapes").model_copy(update={"arms": tuple(nets)})
    records: list[Record] = [
        Step(seq=arm, arm=arm, epoch=1, step=1, images=64, loss=loss, error=0.5, learning_rate=0.1, images_per_s=1)
        for arm, loss in enumerate(losses)
    ]
    return RunLog("r", config, records).snapshot()


def test_the_sentence_compares_the_deepest_with_the_shallowest_of_each_kind() -> None:
    says = home.degradation_sentence(snapshot(1.0, 1.5, 0.9, 0.8))
    assert "plain-14 is 0.50 nats worse than plain-8" in says
    assert "(1.50 against 1.00)" in says
    assert "residual-14 is 0.10 nats better than residual-8" in says
    assert "from 0.50 to -0.10 nats" in says


def test_it_does_not_praise_a_plus_sign_that_did_not_help() -> None:
    says = home.degradation_sentence(snapshot(1.0, 1.1, 1.0, 1.3))
    assert "no cheaper" in says
    assert "went from" not in says


def test_the_axes_hold_still_while_the_picture_moves() -> None:
    figure = home.degradation_figure(snapshot(1.0, 1.5, 0.9, 0.8))
    go.Figure(figure)
    json.dumps(figure, allow_nan=False)
    assert figure["layout"]["xaxis"]["range"] == [0, 1]
    low, high = figure["layout"]["yaxis"]["range"]
    assert low == pytest.approx(0.7)
    assert high > 2.3
    assert [trace["name"] for trace in figure["data"]] == ["plain-8", "plain-14", "residual-8", "residual-14"]
