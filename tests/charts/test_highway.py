import json

import numpy as np
import plotly.graph_objects as go
import pytest

from resnet_viz.charts import highway
from resnet_viz.charts.highway import Measured
from resnet_viz.net_config import NetConfig
from tests.factories import rows_of


def net(factor: float, *, shortcut: str = "none", norm: bool = True, loss: float | None = 2.3) -> Measured:
    """A net of depth 20 whose gradient grows by a factor a layer towards the images."""
    rows = rows_of(20)
    blocks = factor ** (2.0 * np.arange(len(rows))[::-1])
    config = NetConfig.model_validate({"depth": 20, "shortcut": shortcut, "batch_norm": norm})
    return Measured(config, rows, blocks, blocks, np.ones(len(rows) - 1), loss)


@pytest.mark.parametrize(("factor", "story"), [(1.21, "explodes"), (1.0, "healthy"), (0.8, "vanishes")])
def test_the_factor_a_layer_is_found_again_and_tells_the_story(factor: float, story: str) -> None:
    measured = net(factor)
    assert measured.factor == pytest.approx(factor)
    assert measured.change == pytest.approx(factor ** (2 * 8))  # nine blocks, eight steps of two layers
    assert measured.story == story


def test_theory_says_one_and_a_fifth() -> None:
    z = np.random.default_rng(0).normal(size=1_000_000)
    passes, left = (z > 0).mean(), np.maximum(z, 0).var()
    assert pytest.approx(np.sqrt(passes / left), rel=5e-3) == highway.BATCH_NORM_FACTOR
    assert round(highway.BATCH_NORM_FACTOR, 2) == 1.21


def test_a_gradient_too_small_for_a_float_has_no_factor_and_vanishes() -> None:
    measured = net(0.1)
    measured.grad_x[:-3] = 0
    assert (measured.change, measured.factor, measured.story) == (0, pytest.approx(0.1), "vanishes")
    measured.grad_x[:] = 0
    assert (measured.change, measured.factor, measured.story) == (0, None, "vanishes")
    assert "too small for a float32" in highway.story_sentence([measured])
    assert highway.table([measured], ["vanishes"])[0]["factor a layer"] == "-"


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_a_gradient_beyond_the_range_explodes_and_says_so(value: float) -> None:
    measured = net(1.0)
    measured.grad_x[1] = value
    assert measured.story == "explodes"
    assert "beyond the range of a float32" in highway.story_sentence([measured])
    assert highway.table([measured], ["explodes"])[0]["gradient, first block / last"] == "out of range"


def test_the_sentence_says_which_story_the_numbers_support() -> None:
    grows, vanishes = net(1.2), net(0.8, norm=False)
    assert "vanishing explains nothing" in highway.story_sentence([grows, net(1.0, shortcut="A")])
    assert "holds only for plain-20, without BN" in highway.story_sentence([grows, vanishes])
    assert "the usual story holds" in highway.story_sentence([vanishes])
    healthy, wild = net(1.0, shortcut="A"), net(1.3, shortcut="A", norm=False)
    assert "residual-20, with BN: the gradient stays healthy" in highway.story_sentence([grows, healthy])
    assert "keeps no gradient healthy" not in highway.story_sentence([grows, healthy])
    assert "keeps no gradient healthy: see residual-20, without BN" in highway.story_sentence([grows, wild])


def test_the_table_has_the_prediction_beside_the_measurement() -> None:
    (row,) = highway.table([net(1.2, loss=None)], ["vanishes"])
    assert (row["you said"], row["measured"], row["loss (nats)"]) == ("vanishes", "explodes", "not a number")
    assert row["factor a layer"] == "1.200"


@pytest.mark.parametrize("quantity", ["grad_w", "grad_x", "spread"])
def test_plotly_accepts_every_figure_and_its_json_is_strict(quantity: str) -> None:
    figure = highway.rows_figure([net(1.2), net(0.8, norm=False), net(1.0, shortcut="A")], quantity)
    go.Figure(figure)
    json.dumps(figure, allow_nan=False)
    assert [trace["line"]["dash"] for trace in figure["data"]] == ["solid", "dot", "solid"]
    assert figure["layout"]["yaxis"]["type"] == "log"


def test_a_gradient_of_exactly_zero_is_a_gap_on_the_log_axis() -> None:
    measured = net(1.0)
    measured.grad_x[3] = 0
    assert highway.rows_figure([measured], "grad_x")["data"][0]["y"][3] is None
