"""The training loop while it is steered: rates that are changed, epochs that are added, pauses that change nothing."""

import queue
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from resnet_viz.arm import Arm
from resnet_viz.config import ExperimentConfig
from resnet_viz.control import Rehearsed, Stopped, Unattended
from resnet_viz.data import TrainingData, load_data
from resnet_viz.engine.protocol import Steer
from resnet_viz.engine.worker import Commands
from resnet_viz.interventions import Change, Planned
from resnet_viz.machine import Machine
from resnet_viz.records import (
    Epoch,
    Failed,
    Finished,
    Gradients,
    Intervention,
    Paused,
    Record,
    Resumed,
    Step,
    without_times,
)
from resnet_viz.schedules import learning_rate
from resnet_viz.training import train
from tests.factories import experiment

CPU = Machine(torch.device("cpu"), 1, "fp32")
TENTH, TWICE = Change(learning_rate_factor=0.1), Change(learning_rate_factor=2)
ONE_MORE = Change(extend_epochs=1)


class Scripted(Unattended):
    """A control whose visitor changes something after a step."""

    def __init__(self, script: dict[int, list[Change]]) -> None:
        self.script = script

    def changes(self, step: int) -> list[Change]:
        return self.script.pop(step, [])


class Pausing(Unattended):
    """A control whose visitor pauses after so many steps, changes one thing after the other, and lets it go on."""

    def __init__(self, steps: int, *changes: Change) -> None:
        self.steps, self.coming, self.said = steps, [*changes, None], []

    def may_step(self) -> bool:
        self.steps -= 1
        return self.steps >= 0 or not self.coming

    def wait(self) -> None:
        self.said = [change for change in [self.coming.pop(0)] if change]

    def changes(self, step: int) -> list[Change]:
        taken, self.said = self.said, []
        return taken


@pytest.fixture(scope="module")
def data() -> TrainingData:
    return load_data(experiment().data, seed=0)


def run(config: ExperimentConfig, data: TrainingData, changes: dict[int, list[Change]], **given: Any) -> list[Record]:
    return list(train(config, data, CPU, **{"control": Scripted(changes), **given}))


def planned(config: ExperimentConfig, data: TrainingData, *plan: Planned, **given: Any) -> list[Record]:
    return list(train(config, data, CPU, control=Rehearsed(Unattended(), plan), **given))


def of(records: list[Record], kind: type, arm: int = 0) -> list[Any]:
    return [one for one in records if isinstance(one, kind) and getattr(one, "arm", arm) == arm]


def timeless(records: Iterable[Record]) -> list[dict[str, Any]]:
    return [without_times(record) for record in records]


def without(records: list[Record], *kinds: type) -> list[dict[str, Any]]:
    return timeless(record for record in records if not isinstance(record, kinds))


def test_a_changed_rate_is_that_many_times_the_schedule_from_the_next_step_on(data: TrainingData) -> None:
    config = experiment("none", "A")
    unchanged, changed = run(config, data, {}), run(config, data, {3: [TENTH], 6: [TWICE]})
    factors = [1, 1, 1, 0.1, 0.1, 0.1, 2, 2]
    for arm in (0, 1):
        rates = [one.learning_rate for one in of(changed, Step, arm)]
        assert rates == [factor * learning_rate(config, step) for step, factor in enumerate(factors, start=1)]
    place = changed.index(Intervention(step=3, learning_rate_factor=0.1))
    assert timeless(changed[:place]) == timeless(unchanged[:place])
    assert changed[place - 1].kind == "step"
    before, after = ([one.loss for one in of(records, Step)] for records in (unchanged, changed))
    assert before[:4] == after[:4]  # the fourth loss is measured before the fourth update
    assert all(old != new for old, new in zip(before[4:], after[4:], strict=True))


def test_an_update_is_that_of_sgd_with_the_changed_rate(data: TrainingData, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand: v = 0.9 v + (g + 1e-4 w); w = w - rate v."""
    seen: dict[int, list[tuple[Tensor, Tensor, Tensor | None]]] = {}
    update = Arm.update

    def noted(arm: Arm, step: int, error: float) -> None:
        state = arm.optimizer.state
        seen[step] = [
            (w.detach().clone(), w.grad.clone(), state[w]["momentum_buffer"].clone() if step > 1 else None)
            for w in arm.net.parameters()
        ]
        update(arm, step, error)
        seen[step] = [(*kept, w.detach().clone()) for kept, w in zip(seen[step], arm.net.parameters(), strict=True)]

    monkeypatch.setattr(Arm, "update", noted)
    config = experiment("A")
    run(config, data, {3: [TWICE]})
    scheduled = learning_rate(config, 4)
    for weight, gradient, velocity, result in seen[4]:
        velocity = 0.9 * velocity + gradient + 1e-4 * weight
        torch.testing.assert_close(result, weight - 2 * scheduled * velocity, rtol=1e-5, atol=1e-7)
        assert not torch.allclose(result, weight - scheduled * velocity, rtol=1e-5, atol=1e-7)


def test_a_warming_up_net_keeps_its_tenth_of_the_changed_rate() -> None:
    arm = Arm(0, experiment("A", schedule="constant", learning_rate=0.1, warm_up=True), CPU)
    arm.course = arm.course.changed(TWICE)
    assert arm.rate(1) == pytest.approx(0.02)


@pytest.mark.parametrize("asked", [0, 3, 4, 8])
def test_an_extended_run_is_the_longer_run_where_the_schedule_does_not_depend_on_the_length(
    data: TrainingData, asked: int, tmp_path: Path
) -> None:
    fixed = {"schedule": "constant", "probe_every": 3}
    short, long = experiment("none", "A", epochs=2, **fixed), experiment("none", "A", epochs=3, **fixed)
    extended = run(short, data, {asked: [ONE_MORE]}, weights_folder=tmp_path / "short")
    longer = run(long, data, {}, weights_folder=tmp_path / "long")
    assert without(extended, Intervention) == timeless(longer)
    assert of(extended, Intervention) == [Intervention(step=asked, extend_epochs=1)]
    weights = [load_file(tmp_path / name / "arm1.safetensors") for name in ("short", "long")]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[1])
    assert without(run(short, data, {}), Intervention) != timeless(longer)


def test_an_extended_run_is_evaluated_probed_and_ends_as_before(data: TrainingData) -> None:
    config = experiment("A", probe_every=5)
    records = run(config, data, {5: [Change(extend_epochs=2)]})
    assert [(one.epoch, one.step) for one in of(records, Epoch)] == [(1, 4), (2, 8), (3, 12), (4, 16)]
    assert [one.step for one in of(records, Gradients)] == [1, 6, 11, 16]
    assert {one.learning_rate for one in of(records, Step)[7:]} == {learning_rate(config, 8)}
    assert records[-1] == Finished(reason="completed", step=16)


def test_a_run_can_be_extended_until_its_last_evaluation_is_over(data: TrainingData) -> None:
    records = run(experiment("none", "A"), data, {8: [ONE_MORE], 12: [ONE_MORE]})
    kinds = [record.kind for record in records]
    place = kinds.index("intervention")
    assert kinds[place - 2 : place + 2] == ["epoch", "epoch", "intervention", "gradients"]
    assert records[-1] == Finished(reason="completed", step=16)


def test_a_rate_that_comes_after_the_last_step_is_in_the_records(data: TrainingData) -> None:
    records = run(experiment("A"), data, {8: [TENTH]})
    assert records[-2:] == [Intervention(step=8, learning_rate_factor=0.1), Finished(reason="completed", step=8)]


def test_what_is_changed_in_a_pause_is_told_in_the_pause_and_holds_from_the_next_step(data: TrainingData) -> None:
    config = experiment()
    records = run(config, data, {}, control=Pausing(2, TENTH, ONE_MORE))
    place = records.index(Paused(step=2))
    assert records[place : place + 4] == [
        Paused(step=2),
        Intervention(step=2, learning_rate_factor=0.1),
        Intervention(step=2, extend_epochs=1),
        Resumed(step=2),
    ]
    assert without(records, Paused, Resumed) == timeless(run(config, data, {2: [TENTH, ONE_MORE]}))


def test_a_run_that_is_paused_after_its_last_step_waits_and_can_be_extended(data: TrainingData) -> None:
    records = run(experiment("A"), data, {}, control=Pausing(8, ONE_MORE))
    end = [record for record in records if not isinstance(record, Step | Gradients | Epoch)][1:]
    assert end == [
        Paused(step=8),
        Intervention(step=8, extend_epochs=1),
        Resumed(step=8),
        Finished(reason="completed", step=12),
    ]


def test_what_exceeds_a_limit_by_then_is_left_out(data: TrainingData, caplog: pytest.LogCaptureFixture) -> None:
    records = run(experiment("A"), data, {2: [Change(learning_rate_factor=1000), TENTH]})
    assert of(records, Intervention) == [Intervention(step=2, learning_rate_factor=0.1)]
    assert "left out: the factor on the learning rate must be at most 100" in caplog.text
    assert records[-1] == Finished(reason="completed", step=8)


def test_a_run_that_a_changed_rate_made_diverge_names_the_factor(data: TrainingData) -> None:
    config = experiment("A", schedule="constant", epochs=10)
    fragile = config.model_copy(update={"arms": (config.arms[0].model_copy(update={"batch_norm": False}),)})
    last = run(fragile, data, {0: [Change(learning_rate_factor=100)]})[-1]
    assert isinstance(last, Failed)
    assert "Lower the learning rate (it was 0.1, and 100 times that in the end)" in last.message
    assert isinstance(run(fragile, data, {})[-1], Finished)


def test_a_plan_gives_the_records_of_the_run_that_was_steered(data: TrainingData, tmp_path: Path) -> None:
    config = experiment("none", "A")
    live = run(config, data, {0: [TWICE], 3: [TENTH, ONE_MORE], 12: [ONE_MORE]}, weights_folder=tmp_path / "live")
    plan = [Planned(**one.model_dump(include=set(Planned.model_fields))) for one in of(live, Intervention)]
    again = planned(config, data, *plan, weights_folder=tmp_path / "again")
    assert timeless(again) == timeless(live)
    for arm in ("arm0.safetensors", "arm1.safetensors"):
        assert (tmp_path / "live" / arm).read_bytes() == (tmp_path / "again" / arm).read_bytes()
    other = planned(config, data, plan[0].model_copy(update={"step": 1}), *plan[1:])
    assert timeless(other) != timeless(live)


def test_a_plan_leaves_the_other_control_its_say(data: TrainingData) -> None:
    control = Rehearsed(Scripted({2: [TENTH]}), [Planned(step=2, extend_epochs=1)])
    records = list(train(experiment("A"), data, CPU, control=control))
    assert of(records, Intervention) == [
        Intervention(step=2, extend_epochs=1),
        Intervention(step=2, learning_rate_factor=0.1),
    ]


def commands(*said: Any) -> Commands:
    """A worker's commands, of which all these have come in, one after the other."""
    lines: queue.Queue[str] = queue.Queue()
    given = Commands(iter(lines.get, None))
    for action in said:
        lines.put(Steer(action=action).model_dump_json())
        given.wait()
    return given


def test_two_single_steps_that_come_at_once_are_two_steps() -> None:
    given = commands("pause", "step", "step")
    assert [given.may_step() for _ in range(4)] == [True, True, False, False]


def test_a_single_step_of_a_run_that_is_not_paused_means_nothing() -> None:
    given = commands("step", "pause")
    assert not given.may_step()
    assert commands("pause", "step", "resume", "pause").may_step() is False
    assert commands("pause", "resume").may_step() is True


def test_changes_are_given_once_in_their_order() -> None:
    given = commands(TENTH, "pause", ONE_MORE)
    assert given.changes(0) == [TENTH, ONE_MORE]
    assert given.changes(0) == []
    with pytest.raises(Stopped):
        commands("stop")
