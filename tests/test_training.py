import hashlib
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz import training, weights
from resnet_viz.arm import Arm
from resnet_viz.config import DataConfig, ExperimentConfig, TrainConfig
from resnet_viz.control import Stopped, Unattended
from resnet_viz.data import Batches, TrainingData, load_data
from resnet_viz.data.batches import normalise
from resnet_viz.machine import Machine
from resnet_viz.net_config import NetConfig
from resnet_viz.nets import build_net
from resnet_viz.records import (
    Diverged,
    Epoch,
    Failed,
    Finished,
    Gradients,
    Paused,
    Record,
    Resumed,
    Started,
    Step,
    without_times,
)
from resnet_viz.schedules import learning_rate
from resnet_viz.training import train
from resnet_viz.weights import ABOUT
from tests.factories import BATCH, experiment, rows_of

CPU = Machine(torch.device("cpu"), 1, "fp32")
STEPS = 8  # of `experiment`: two epochs of four
CHECKS = 3  # of a control in a step of two arms


class StopAt(Unattended):
    """A control that ends the run when it is asked for the nth time."""

    def __init__(self, question: int) -> None:
        self.left = question

    def check(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Stopped


class PauseBefore(Unattended):
    """A control that pauses before the nth step, and may stop from there."""

    def __init__(self, step: int, *, stop: bool = False) -> None:
        self.step, self.stop, self.waits = step, stop, 0

    def may_step(self) -> bool:
        self.step = max(0, self.step - 1)
        return self.step > 0 or self.waits > 0

    def wait(self) -> None:
        self.waits += 1
        if self.stop:
            raise Stopped


@pytest.fixture(scope="module")
def data() -> TrainingData:
    return load_data(experiment().data, seed=0)


@pytest.fixture
def nets(monkeypatch: pytest.MonkeyPatch) -> dict[int, nn.Module]:
    """The nets of the run, by their arm, as soon as each has met a batch."""
    seen: dict[int, nn.Module] = {}
    before_each_batch(monkeypatch, lambda arm, *_: seen.update({arm.index: arm.net}))
    return seen


def before_each_batch(monkeypatch: pytest.MonkeyPatch, act: Callable[[Arm, Tensor, Tensor], Any]) -> None:
    measure = Arm.measure

    def wrapped(arm: Arm, images: Tensor, labels: Tensor, *, probe: bool) -> Any:
        act(arm, images, labels)
        return measure(arm, images, labels, probe=probe)

    monkeypatch.setattr(Arm, "measure", wrapped)


def run(config: ExperimentConfig, data: TrainingData, machine: Machine = CPU, **given: Any) -> list[Record]:
    return list(train(config, data, machine, **given))


def of(records: list[Record], kind: type, arm: int | None = None) -> list[Any]:
    return [one for one in records if isinstance(one, kind) and (arm is None or one.arm == arm)]


def timeless(records: list[Record]) -> list[dict[str, Any]]:
    return [without_times(record) for record in records]


def plain_loop(config: ExperimentConfig, data: TrainingData) -> Iterator[tuple[float, float]]:
    """Losses and errors of the first arm from a training loop as every tutorial has it."""
    net = build_net(config.arms[0], config.seed)
    optimizer = torch.optim.SGD(net.parameters(), momentum=config.train.momentum, weight_decay=1e-4)
    batches = Batches(data, BATCH, config.seed, augment=True, device=torch.device("cpu"))
    step = 0
    for epoch in range(1, config.train.epochs + 1):
        for images, labels in batches.epoch(epoch):
            step += 1
            optimizer.param_groups[0]["lr"] = learning_rate(config, step)
            optimizer.zero_grad()
            scores = net(images)
            loss = functional.cross_entropy(scores, labels)
            loss.backward()
            optimizer.step()
            yield loss.item(), (scores.argmax(1) != labels).float().mean().item()


def by_hand(net: nn.Module, images: Tensor, labels: Tensor, data: TrainingData) -> list[float]:
    with torch.no_grad():
        scores = net(normalise(images, data))
    return [functional.cross_entropy(scores, labels).item(), (scores.argmax(1) != labels).float().mean().item()]


def test_records_come_in_the_order_of_the_run(data: TrainingData, tmp_path: Path) -> None:
    records = run(experiment("none", "A"), data, weights_folder=tmp_path)
    a_step = [("gradients", 0), ("step", 0), ("gradients", 1), ("step", 1)]
    an_epoch = [*(4 * a_step), ("epoch", 0), ("epoch", 1)]
    assert [(record.kind, getattr(record, "arm", None)) for record in records] == [
        ("started", None),
        *(2 * an_epoch),
        ("checkpoint", 0),
        ("checkpoint", 1),
        ("finished", None),
    ]
    assert records[-1] == Finished(reason="completed", step=STEPS)


def test_steps_count_from_1_without_a_gap(data: TrainingData) -> None:
    config = experiment("none", "A")
    records = run(config, data)
    for arm in (0, 1):
        steps = of(records, Step, arm)
        assert [one.step for one in steps] == list(range(1, STEPS + 1))
        assert [one.epoch for one in steps] == [1] * 4 + [2] * 4
        assert [one.images for one in steps] == [BATCH * step for step in range(1, STEPS + 1)]
        assert [one.learning_rate for one in steps] == [learning_rate(config, step) for step in range(1, STEPS + 1)]
        assert all(one.images_per_s > 0 and 0 <= one.error <= 1 for one in steps)
        assert [(one.epoch, one.step, one.images) for one in of(records, Epoch, arm)] == [(1, 4, 64), (2, 8, 128)]
    assert [one.loss for one in of(records, Step, 0)] != [one.loss for one in of(records, Step, 1)]


def test_the_first_record_says_what_runs(data: TrainingData) -> None:
    first = run(experiment("none", "B"), data)[0]
    assert isinstance(first, Started)
    assert (first.device, first.threads, first.precision) == ("cpu", 1, "fp32")
    assert first.rows == (rows_of(8), rows_of(8))
    plain, projected = first.parameters
    assert plain == sum(p.numel() for p in build_net(NetConfig(depth=8, width=4, shortcut="none")).parameters())
    assert plain < projected
    assert first.versions["torch"] == torch.__version__


def test_two_equal_runs_give_equal_records(data: TrainingData) -> None:
    torch.manual_seed(0)
    first = timeless(run(experiment(), data))
    torch.manual_seed(1)
    assert timeless(run(experiment(), data)) == first
    assert timeless(run(experiment().model_copy(update={"seed": 1}), data)) != first


def test_an_arm_trains_as_if_it_were_alone(data: TrainingData) -> None:
    together = run(experiment("none", "A"), data)
    alone = run(experiment("A"), data)
    assert [one.loss for one in of(together, Step, 1)] == [one.loss for one in of(alone, Step, 0)]
    assert of(together, Gradients, 1)[-1].grad_w == of(alone, Gradients, 0)[-1].grad_w
    assert of(together, Gradients, 0)[-1].grad_w != of(alone, Gradients, 0)[-1].grad_w


def test_every_arm_sees_the_same_batches(data: TrainingData, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[int, list[str]] = {0: [], 1: [], 2: []}

    def note(arm: Arm, images: Tensor, labels: Tensor) -> None:
        content = images.contiguous().numpy().tobytes() + labels.numpy().tobytes()
        seen[arm.index].append(hashlib.sha256(content).hexdigest())

    before_each_batch(monkeypatch, note)
    run(experiment("none", "A", "B"), data)
    assert seen[0] == seen[1] == seen[2]
    assert len(set(seen[0])) == STEPS


@pytest.mark.parametrize("schedule", ["one-cycle", "paper", "constant"])
def test_losses_are_those_of_a_plain_training_loop(data: TrainingData, schedule: Any) -> None:
    """So each batch is measured before its update, and momentum, weight decay and rate are as said."""
    config = experiment("A", schedule=schedule)
    steps = of(run(config, data), Step)
    expected = list(plain_loop(config, data))
    assert [one.loss for one in steps] == pytest.approx([loss for loss, _ in expected], rel=1e-3)
    assert [one.error for one in steps] == pytest.approx([error for _, error in expected])
    assert [one.loss for one in steps[1:]] != pytest.approx([loss for loss, _ in expected[:-1]], rel=1e-3)


def test_the_first_loss_is_that_of_the_net_as_it_was_built(data: TrainingData) -> None:
    config = experiment("none")
    batches = Batches(data, BATCH, config.seed, augment=True, device=torch.device("cpu"))
    images, labels = next(iter(batches.epoch(1)))
    loss = functional.cross_entropy(build_net(config.arms[0], config.seed)(images), labels).item()
    steps = of(run(config, data), Step)
    assert steps[0].loss == pytest.approx(loss, rel=1e-5)
    assert steps[1].loss != pytest.approx(loss, rel=1e-3)


@pytest.mark.parametrize(("every", "steps"), [(3, [1, 4, 7]), (1, [1, 2, 3, 4, 5, 6, 7, 8]), (0, []), (100, [1])])
def test_gradients_are_recorded_as_often_as_asked(data: TrainingData, every: int, steps: list[int]) -> None:
    records = run(experiment("none", "A", probe_every=every), data)
    for arm in (0, 1):
        gradients = of(records, Gradients, arm)
        assert [one.step for one in gradients] == steps
        assert all(len(one.grad_w) == len(one.grad_x) == len(one.grad_w_scaled) == 5 for one in gradients)
        assert all(value > 0 for one in gradients for value in one.grad_w)


def test_recording_gradients_does_not_change_the_run(data: TrainingData) -> None:
    with_probe, without = (run(experiment("A", probe_every=every), data) for every in (1, 0))
    assert [one.loss for one in of(with_probe, Step)] == [one.loss for one in of(without, Step)]
    assert len(of(with_probe, Gradients)) > len(of(without, Gradients))


def break_net(monkeypatch: pytest.MonkeyPatch, *arms: int, step: int) -> None:
    """From its nth batch on, the classifier of these arms is infinite."""
    left = dict.fromkeys(arms, step)

    def act(arm: Arm, *_: Any) -> None:
        left[arm.index] = left.get(arm.index, 0) - 1
        if left[arm.index] == 0:
            nn.init.constant_(arm.net.classifier.weight, math.inf)

    before_each_batch(monkeypatch, act)


def test_an_arm_that_diverges_stops_and_the_others_go_on(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = experiment("none", "A")
    whole = timeless(of(run(config, data), Step, 1))
    break_net(monkeypatch, 0, step=3)
    records = run(config, data, weights_folder=tmp_path)
    assert [one.loss is None for one in of(records, Step, 0)] == [False, False, True]
    assert of(records, Diverged) == [Diverged(arm=0, epoch=1, step=3, images=48)]
    place = records.index(of(records, Diverged)[0])
    assert records[place - 1] == of(records, Step, 0)[-1]
    assert of(records[place + 1 :], Step, 1)
    assert 0 not in [getattr(record, "arm", None) for record in records[place + 1 :]]
    assert timeless(of(records, Step, 1)) == whole
    assert records[-1] == Finished(reason="completed", step=STEPS)
    assert [path.name for path in tmp_path.glob("*.safetensors")] == ["arm1.safetensors"]


def test_a_run_whose_arms_all_diverge_fails_with_a_sentence(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_net(monkeypatch, 0, 1, step=3)
    records = run(experiment("none", "A"), data, weights_folder=tmp_path / "weights")
    assert [one.arm for one in of(records, Diverged)] == [0, 1]
    assert records[-1] == Failed(
        message="Every net diverged by step 3: its loss is no longer a number. "
        "Lower the learning rate (it was 0.1) and start again."
    )
    assert not of(records, Finished)
    assert not (tmp_path / "weights").exists()


def test_a_rate_that_is_far_too_high_makes_a_net_without_batch_norm_diverge(data: TrainingData) -> None:
    config = experiment("A", learning_rate=10, schedule="constant")
    broken = config.arms[0].model_copy(update={"batch_norm": False})
    records = run(config.model_copy(update={"arms": (*config.arms, broken)}), data)
    assert [one.arm for one in of(records, Diverged)] == [1]
    assert of(records, Step, 1)[-1].loss is None
    assert of(records, Step, 0)[-1].loss is not None


def parameters_in(path: Path) -> dict[str, Tensor]:
    return {name: value for name, value in load_file(path).items() if "running" not in name and "num_b" not in name}


def all_equal(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("done", [0, 1, 3])
def test_a_stop_between_two_arms_drops_the_whole_step(data: TrainingData, done: int, tmp_path: Path) -> None:
    config = experiment("none", "A")
    before, between = tmp_path / "before", tmp_path / "between"
    run(config, data, control=StopAt(CHECKS * done + 1), weights_folder=before)
    records = run(config, data, control=StopAt(CHECKS * done + 2), weights_folder=between)
    assert records[-1] == Finished(reason="stopped", step=done)
    assert len(of(records, Step, 0)) == len(of(records, Step, 1)) == done
    after = tmp_path / "after"
    run(config, data, control=StopAt(CHECKS * (done + 1) + 1), weights_folder=after)
    for arm in ("arm0.safetensors", "arm1.safetensors"):
        assert all_equal(parameters_in(between / arm), parameters_in(before / arm))
        assert not all_equal(parameters_in(between / arm), parameters_in(after / arm))


def test_a_stop_before_the_first_step_leaves_the_nets_as_they_were_built(data: TrainingData, tmp_path: Path) -> None:
    config = experiment("none", "A")
    records = run(config, data, control=StopAt(1), weights_folder=tmp_path)
    assert [record.kind for record in records] == ["started", "checkpoint", "checkpoint", "finished"]
    for arm, net in enumerate(config.arms):
        saved = load_file(tmp_path / f"arm{arm}.safetensors")
        assert all_equal(saved, dict(build_net(net, 0).state_dict()))
        assert not all_equal(saved, dict(build_net(net, 1).state_dict()))


def test_a_stop_in_an_evaluation_ends_the_run_there(data: TrainingData) -> None:
    records = run(experiment("none", "A"), data, control=StopAt(CHECKS * 4 + 1))
    assert records[-1] == Finished(reason="stopped", step=4)
    assert not of(records, Epoch)
    later = run(experiment("none", "A"), data, control=StopAt(CHECKS * 4 + 3))  # training and test images
    assert [one.arm for one in of(later, Epoch)] == [0]


def test_a_pause_is_recorded_and_does_not_change_the_run(data: TrainingData) -> None:
    control = PauseBefore(3)
    records = run(experiment(), data, control=control)
    place = records.index(Paused(step=2))
    assert records[place + 1] == Resumed(step=2)
    assert control.waits == 1
    del records[place : place + 2]
    assert timeless(records) == timeless(run(experiment(), data))
    assert not of(records, Paused)


def test_a_paused_run_can_be_stopped(data: TrainingData) -> None:
    records = run(experiment(), data, control=PauseBefore(3, stop=True))
    assert records[-2:] == [Paused(step=2), Finished(reason="stopped", step=2)]
    assert not of(records, Resumed)


def test_the_final_weights_are_those_of_the_nets(
    data: TrainingData, tmp_path: Path, nets: dict[int, nn.Module]
) -> None:
    folder = tmp_path / "a" / "run"
    records = run(experiment("none", "B"), data, weights_folder=folder)
    assert [(one.arm, one.step, one.file) for one in records if one.kind == "checkpoint"] == [
        (0, STEPS, "arm0.safetensors"),
        (1, STEPS, "arm1.safetensors"),
    ]
    assert sorted(path.name for path in folder.iterdir()) == ["arm0.safetensors", "arm1.safetensors"]
    for arm, net in nets.items():
        saved = load_file(folder / f"arm{arm}.safetensors")
        assert all_equal(saved, dict(net.state_dict()))
        assert not all_equal(saved, dict(build_net(experiment("none", "B").arms[arm], 0).state_dict()))


def test_without_a_folder_no_weights_are_written(data: TrainingData, tmp_path: Path) -> None:
    records = run(experiment(), data)
    assert "checkpoint" not in [record.kind for record in records]
    assert list(tmp_path.rglob("*")) == []


def test_a_disk_that_fails_leaves_nothing_half_written(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(_: Any, path: Path, **_metadata: Any) -> None:
        path.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(weights, "save_file", half)
    (tmp_path / "arm0.safetensors").write_bytes(b"of a run before")
    with pytest.raises(OSError, match="No space left"):
        run(experiment(), data, weights_folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["arm0.safetensors"]
    assert (tmp_path / "arm0.safetensors").read_bytes() == b"of a run before"


def test_a_warming_up_net_has_a_tenth_of_the_rate_until_its_error_falls_below_80_percent() -> None:
    config = experiment("A", schedule="constant", learning_rate=0.1, warm_up=True)
    arm = Arm(0, config, CPU)
    rates = [arm.rate(1)]
    for step in range(1, 5):  # recent error: 0.9, 0.81, 0.729
        arm.update(step, error=0.0)
        rates.append(arm.rate(step + 1))
    assert rates == pytest.approx([0.01, 0.01, 0.01, 0.1, 0.1])
    for step in range(5, 30):
        arm.update(step, error=1.0)
    assert arm.rate(30) == pytest.approx(0.1)
    assert Arm(0, experiment("A", schedule="constant", learning_rate=0.1), CPU).rate(1) == 0.1


def test_the_recorded_rate_is_the_one_of_the_warm_up(data: TrainingData) -> None:
    config = experiment("A", learning_rate=0.1, warm_up=True)
    steps = of(run(config, data), Step)
    assert steps[0].learning_rate == pytest.approx(learning_rate(config, 1) / 10)
    assert steps[0].learning_rate != learning_rate(config, 1)


@pytest.mark.parametrize("batch", [500, 7])
def test_an_evaluation_is_that_of_the_whole_set_in_eval_mode(
    data: TrainingData, nets: dict[int, nn.Module], monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(training, "EVALUATION_BATCH", batch)
    records = run(experiment("none", "A"), data)
    for arm, net in nets.items():
        assert all(module.training for module in net.modules())
        net.eval()
        last = of(records, Epoch, arm)[-1]
        part = len(data.test_labels)
        train_values = by_hand(net, data.train_images[:part], data.train_labels[:part], data)
        test_values = by_hand(net, data.test_images, data.test_labels, data)
        assert [last.train_loss, last.train_error] == pytest.approx(train_values, rel=1e-4)
        assert [last.test_loss, last.test_error] == pytest.approx(test_values, rel=1e-4)
        net.train()
        training_mode = by_hand(net, data.test_images, data.test_labels, data)
        assert last.test_loss != pytest.approx(training_mode[0], rel=1e-3)


def test_an_evaluation_does_not_change_the_net(data: TrainingData, nets: dict[int, nn.Module]) -> None:
    records = train(experiment("A"), data, CPU)
    for record in records:
        if isinstance(record, Step) and record.step == 4:
            before = {name: value.clone() for name, value in nets[0].state_dict().items()}
        if isinstance(record, Epoch) and record.epoch == 1:
            assert all_equal(before, dict(nets[0].state_dict()))
    assert not all_equal(before, dict(nets[0].state_dict()))


def test_bf16_runs_close_to_fp32(data: TrainingData) -> None:
    config = experiment("none", "A")
    half = run(config, data, Machine(torch.device("cpu"), 1, "bf16"))
    full = run(config, data)
    assert half[-1] == full[-1] == Finished(reason="completed", step=STEPS)
    assert half[0].precision == "bf16"
    for arm in (0, 1):
        losses = [[one.loss for one in of(records, Step, arm)] for records in (half, full)]
        assert losses[0][:3] == pytest.approx(losses[1][:3], abs=0.1)
        assert losses[0] != losses[1]


def test_every_kind_of_net_learns_on_cifar_10(cifar10: Path) -> None:
    config = ExperimentConfig(
        arms=tuple(NetConfig(depth=8, width=8, shortcut=shortcut) for shortcut in ("none", "A", "B")),
        data=DataConfig(train_size=20 * 64, test_size=100),
        train=TrainConfig(epochs=1, batch_size=64, learning_rate=0.05, schedule="constant", probe_every=0),
    )
    records = run(config, load_data(config.data, 0, cifar10))
    for arm in range(3):
        losses = [one.loss for one in of(records, Step, arm)]
        assert len(losses) == 20
        assert sum(losses[-5:]) < sum(losses[:5])
    assert not of(records, Diverged)


def test_the_weights_say_what_is_needed_to_use_them_again(data: TrainingData, tmp_path: Path) -> None:
    config = experiment("A", epochs=1)
    list(train(config, data, CPU, weights_folder=tmp_path))
    with safe_open(tmp_path / "arm0.safetensors", framework="pt") as file:
        about = json.loads(file.metadata()[ABOUT])
    assert NetConfig(**about.pop("net")) == config.arms[0]
    assert about == {"classes": list(data.classes), "mean": data.mean.tolist(), "std": data.std.tolist()}
