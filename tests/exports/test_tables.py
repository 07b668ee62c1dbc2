"""The tables as pandas reads them, and the document as JSON reads it."""

import io
import json
import math

import pandas as pd
import pytest

from resnet_viz.config import ExperimentConfig
from resnet_viz.exports.run import Exported
from resnet_viz.exports.tables import TABLES, json_document
from resnet_viz.records import parse, without_times
from tests.exports.made import CONFIG, NORMS, SAID, exported
from tests.factories import started


def table(name: str, *runs: Exported) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(TABLES[name](*runs)))


def test_steps_open_in_pandas_with_their_numbers() -> None:
    steps = table("steps", exported())
    assert len(steps) == 4
    assert steps.loss_nats[:2].tolist() == [2.25, 1 / 3]  # exactly
    assert steps.net.tolist() == ["plain-8", "residual-8"] * 2
    assert {steps[name].dtype.kind for name in ("arm", "epoch", "step", "images")} == {"i"}
    assert {steps[name].dtype.kind for name in ("wall_s", "loss_nats", "error_fraction", "learning_rate")} == {"f"}
    assert set(steps.run) == {"abc123"}


@pytest.mark.parametrize("name", TABLES)
def test_several_runs_are_one_table_that_says_whose_a_line_is(name: str) -> None:
    other = exported(id="def456", config=CONFIG.model_copy(update={"seed": 7}))
    both, alone = table(name, exported(), other), table(name, other)
    assert dict(both.groupby("run").seed.unique().map(list)) == {"abc123": [CONFIG.seed], "def456": [7]}
    pd.testing.assert_frame_equal(both[both.run == "def456"].reset_index(drop=True), alone)
    assert len(both) == 2 * len(alone) > 0
    assert table(name).empty


def test_what_is_null_is_an_empty_cell() -> None:
    text = TABLES["steps"](exported())
    assert "nan" not in text.lower().replace("resnet", "")
    assert "None" not in text
    steps = table("steps", exported())
    assert math.isnan(steps.loss_nats[2])
    assert math.isnan(table("epochs", exported()).test_error_fraction[0])
    assert table("epochs", exported()).train_error_fraction[0] == 0.25


def test_gradients_have_a_line_for_each_row_of_a_net() -> None:
    norms = table("gradients", exported())
    assert len(norms) == 2 * len(NORMS)
    plain = norms[norms.arm == 0]
    assert plain.block.tolist() == ["stem", "block 1", "block 2", "block 3", "classifier"]
    assert plain.row.tolist() == [0, 1, 2, 3, 4]
    assert plain.grad_w_l2.tolist() == list(NORMS)


@pytest.mark.parametrize("name", TABLES)
def test_a_run_that_has_said_nothing_is_a_table_without_lines(name: str) -> None:
    empty = table(name, exported([started(CONFIG)]))
    assert empty.empty
    assert "run" in empty.columns


def test_the_document_gives_back_configuration_and_records() -> None:
    read = json.loads(json_document(exported(name="Ada's", note="two\nlines")), parse_constant=pytest.fail)
    assert read["run"]["id"] == "abc123"
    assert read["run"]["name"] == "Ada's"
    assert read["run"]["note"] == "two\nlines"
    assert ExperimentConfig.model_validate(read["config"]) == CONFIG
    assert read["versions"] == {"torch": "2.9.0"}
    records = [parse(json.dumps(record)) for record in read["records"]]
    assert [without_times(record) for record in records] == [without_times(record) for record in SAID]


def test_the_document_of_a_run_that_has_not_begun_has_no_versions() -> None:
    read = json.loads(json_document(exported([], status="queued", started=None, ended=None)))
    assert read["versions"] == {}
    assert read["records"] == []
