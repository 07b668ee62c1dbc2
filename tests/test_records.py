import json
import math

import pytest
from pydantic import ValidationError

from resnet_viz.records import (
    Checkpoint,
    Diverged,
    Epoch,
    Failed,
    Finished,
    Gradients,
    Intervention,
    Paused,
    Progress,
    Record,
    Resumed,
    parse,
    stamped,
    without_times,
)
from tests.factories import epoch, experiment, gradients, started, step

ONE_OF_EACH: tuple[Record, ...] = (
    started(experiment()),
    step(1, 2.5),
    gradients(1, [1e-22, 0.25]),
    epoch(1, 0.5, 0.75),
    Diverged(arm=1, epoch=1, step=3, images=48),
    Paused(step=3),
    Resumed(step=3),
    Intervention(step=3, learning_rate_factor=0.1),
    Intervention(step=3, extend_epochs=2),
    Checkpoint(arm=0, step=8, file="arm0.safetensors"),
    Finished(reason="completed", step=8),
    Failed(message="The disk is full."),
    Progress(done=1 << 33, total=1 << 34),
)


@pytest.mark.parametrize("record", ONE_OF_EACH, ids=lambda record: record.kind)
def test_every_kind_of_record_survives_json(record: Record) -> None:
    (placed,) = stamped("a-run", [record])
    line = placed.model_dump_json()
    assert "\n" not in line
    assert parse(line) == parse(line.encode()) == placed
    assert parse(line) != record


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_measurement_that_is_not_finite_is_null(value: float) -> None:
    records = (step(1, value, error=value), gradients(1, [value, 0.5]), epoch(1, value, 0.5))
    lines = [json.loads(record.model_dump_json(), parse_constant=pytest.fail) for record in records]
    assert (lines[0]["loss"], lines[0]["error"]) == (None, None)
    assert lines[1]["grad_w"] == lines[1]["grad_x"] == lines[1]["grad_w_scaled"] == [None, 0.5]
    assert (lines[2]["train_error"], lines[2]["test_error"]) == (None, 0.5)
    assert [parse(json.dumps(line)) for line in lines] == list(records)
    assert step(1, 0.0).loss == 0.0


def test_stamped_gives_the_run_and_a_dense_seq_from_0() -> None:
    placed = list(stamped("a-run", ONE_OF_EACH))
    assert [record.seq for record in placed] == list(range(len(ONE_OF_EACH)))
    assert {record.run for record in placed} == {"a-run"}
    times = [record.wall_s for record in placed]
    assert times == sorted(times)
    assert times[0] >= 0
    assert {record.run for record in ONE_OF_EACH} == {""}


def test_stamped_asks_for_a_record_only_when_it_is_wanted() -> None:
    asked = []
    placed = stamped("a-run", (asked.append(record) or record for record in ONE_OF_EACH))
    assert asked == []
    next(placed)
    assert asked == [ONE_OF_EACH[0]]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"kind": "rumour", "step": 1}', "does not match any of the expected tags"),
        ('{"step": 1}', "Unable to extract tag"),
        ('{"kind": "paused", "step": 1, "mood": "good"}', "Extra inputs are not permitted"),
        ('{"kind": "paused"}', "Field required"),
        ('{"kind": "paused", "st', "Invalid JSON"),
    ],
)
def test_a_line_that_is_no_record_is_refused(line: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        parse(line)


def test_without_times_two_equal_steps_are_equal() -> None:
    first, second = step(1, 2.5, images_per_s=10.0), step(1, 2.5, images_per_s=20.0).model_copy(update={"wall_s": 3.0})
    assert first != second
    assert without_times(first) == without_times(second)
    assert without_times(first) != without_times(step(1, 2.4))


def test_a_record_can_not_be_changed() -> None:
    for kind, record in ((Epoch, epoch(1, 0.5, 0.5)), (Gradients, gradients(1, [0.5]))):
        assert isinstance(record, kind)
        with pytest.raises(ValidationError, match="frozen"):
            record.step = 9
