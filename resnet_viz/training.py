"""The loop: one to four arms in lockstep on the same batches. An iterator of records that knows no screen."""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from resnet_viz import machine as machines
from resnet_viz.config import ExperimentConfig, NetConfig
from resnet_viz.data import Batches, TrainingData
from resnet_viz.data.batches import normalise
from resnet_viz.machine import Machine
from resnet_viz.nets import build_net
from resnet_viz.probes import GradientProbe, gradient_probe, row_names
from resnet_viz.probes.modes import eval_mode
from resnet_viz.records import (
    Checkpoint,
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
)
from resnet_viz.schedules import WARM_UP_ERROR, WARM_UP_FACTOR, learning_rate
from resnet_viz.weights import save_weights

EVALUATION_BATCH = 500
RECENT = 0.9  # weight of the past in the running training error that ends the warm-up


class Stopped(Exception):
    """Raised by a control when the run shall end here."""


class Control(Protocol):
    """Who may interrupt a run. Asked between arms, steps and evaluation batches."""

    def check(self) -> None:
        """Raise `Stopped` when the run shall end."""

    def paused(self) -> bool:
        """Whether the run shall wait before its next step."""

    def wait(self) -> None:
        """Return when the run may go on for at least one step. Raises `Stopped`."""


class Unattended:
    """A control that never interrupts."""

    def check(self) -> None: ...

    def paused(self) -> bool:
        return False

    def wait(self) -> None: ...


@dataclass
class Arm:
    """One net in training. `measure` leaves gradients behind, `update` uses them: so a step can be dropped whole."""

    index: int
    config: NetConfig
    experiment: ExperimentConfig
    machine: Machine
    diverged: bool = False
    recent_error: float = 1.0
    seconds: float = field(default=0.0, init=False)  # of the step in hand

    def __post_init__(self) -> None:
        train = self.experiment.train
        self.net = build_net(self.config, self.experiment.seed).to(self.machine.device)
        self.warming_up = train.warm_up
        self.optimizer = torch.optim.SGD(
            self.net.parameters(),
            lr=train.learning_rate,
            momentum=train.momentum,
            weight_decay=train.weight_decay,
            fused=True,
        )

    def measure(self, images: Tensor, labels: Tensor, *, probe: bool) -> tuple[float, float, GradientProbe | None]:
        """Forward and backward pass of one batch: mean loss in nats, error of 1, and the probe if there is one."""
        start = time.perf_counter()
        self.optimizer.zero_grad(set_to_none=True)
        with gradient_probe(self.net) if probe else nullcontext() as gradients:
            with self.machine.autocast:
                scores = self.net(images)
            scores = scores.float()
            loss = functional.cross_entropy(scores, labels)
            loss.backward()
        error = (scores.argmax(1) != labels).float().mean().item()
        result = loss.item(), error, gradients
        self.seconds = time.perf_counter() - start
        return result

    def update(self, rate: float) -> None:
        """One step of SGD with the gradients that `measure` left."""
        start = time.perf_counter()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.seconds += time.perf_counter() - start

    def rate(self, step: int) -> float:
        """Learning rate of an update, counted from 1, lowered while the net warms up."""
        rate = learning_rate(self.experiment, step)
        return rate * WARM_UP_FACTOR if self.warming_up else rate

    def note_error(self, error: float) -> None:
        """Follow the training error; the warm-up ends when it falls below 80 %."""
        self.recent_error = RECENT * self.recent_error + (1 - RECENT) * error
        if self.recent_error < WARM_UP_ERROR:
            self.warming_up = False


def train(
    config: ExperimentConfig,
    data: TrainingData,
    machine: Machine,
    *,
    control: Control | None = None,
    weights_folder: Path | None = None,
) -> Iterator[Record]:
    """Train every arm of an experiment on the same batches.

    On one machine, with the same config, threads and precision, two calls yield equal records but for the time fields.

    Args:
        control: may pause and stop the run; None lets it run to its end.
        weights_folder: where the final weights go; None keeps none.
    Yields:
        Started; Step and Gradients of each arm; Epoch of each arm; Checkpoint of each arm; Finished or Failed.
    """
    lockstep = _Lockstep(config, data, machine, control or Unattended())
    yield lockstep.started()
    try:
        yield from lockstep.epochs()
        reason = "completed"
    except Stopped:
        reason = "stopped"
    if all(arm.diverged for arm in lockstep.arms):
        yield Failed(
            message=f"Every net diverged by step {lockstep.step}: its loss is no longer a number. "
            f"Lower the learning rate (it was {config.train.learning_rate:g}) and start again."
        )
        return
    yield from lockstep.save(weights_folder)
    yield Finished(reason="completed" if reason == "completed" else "stopped", step=lockstep.step)


class _Lockstep:
    """The state of one run: its arms, and how far they are."""

    def __init__(self, config: ExperimentConfig, data: TrainingData, machine: Machine, control: Control) -> None:
        self.config, self.data, self.machine, self.control = config, data, machine, control
        self.arms = [Arm(index, arm, config, machine) for index, arm in enumerate(config.arms)]
        augment = config.data.augment
        self.batches = Batches(data, config.train.batch_size, config.seed, augment=augment, device=machine.device)
        self.step = 0

    @property
    def images(self) -> int:
        return self.step * self.config.train.batch_size

    @property
    def running(self) -> list[Arm]:
        return [arm for arm in self.arms if not arm.diverged]

    def started(self) -> Started:
        return Started(
            device=str(self.machine.device),
            device_name=self.machine.device_name,
            threads=self.machine.threads,
            precision=self.machine.precision,
            versions=machines.versions(),
            parameters=tuple(sum(p.numel() for p in arm.net.parameters()) for arm in self.arms),
            rows=tuple(row_names(arm.net) for arm in self.arms),
        )

    def epochs(self) -> Iterator[Record]:
        for epoch in range(1, self.config.train.epochs + 1):
            for images, labels in self.batches.epoch(epoch):
                if not self.running:
                    return
                yield from self._pause()
                yield from self._one_step(epoch, images, labels)
            yield from self._evaluate(epoch)

    def _pause(self) -> Iterator[Record]:
        self.control.check()
        if self.control.paused():
            yield Paused(step=self.step)
            self.control.wait()
            yield Resumed(step=self.step)

    def _one_step(self, epoch: int, images: Tensor, labels: Tensor) -> Iterator[Record]:
        """All arms measure, then all arms update: a stop in between drops the whole step."""
        step, every = self.step + 1, self.config.probe_every
        probe = every > 0 and (step - 1) % every == 0
        measured = []
        for arm in self.running:
            measured.append((arm, *arm.measure(images, labels, probe=probe)))
            self.control.check()
        self.step = step
        for arm, loss, error, gradients in measured:
            place = {"arm": arm.index, "epoch": epoch, "step": step, "images": self.images}
            rate = arm.rate(step)
            finite = torch.isfinite(torch.tensor(loss)).item()
            if finite and gradients is not None:
                yield Gradients(
                    **place,
                    grad_w=gradients.grad_w(),
                    grad_w_scaled=gradients.grad_w_scaled(),
                    grad_x=gradients.grad_x(),
                )
            if finite:
                arm.update(rate)
                arm.note_error(error)
            speed = round(len(labels) / arm.seconds, 1)
            yield Step(**place, loss=loss, error=error, learning_rate=rate, images_per_s=speed)
            if not finite:
                arm.diverged = True
                yield Diverged(**place)

    def _evaluate(self, epoch: int) -> Iterator[Record]:
        test_size = len(self.data.test_labels)
        part = min(test_size, len(self.data.train_labels))  # a fixed part of the training images, as large as the test
        for arm in self.running:
            train_loss, train_error = self._loss_and_error(
                arm, self.data.train_images[:part], self.data.train_labels[:part]
            )
            test_loss, test_error = self._loss_and_error(arm, self.data.test_images, self.data.test_labels)
            yield Epoch(
                arm=arm.index, epoch=epoch, step=self.step, images=self.images,
                train_loss=train_loss, train_error=train_error, test_loss=test_loss, test_error=test_error,
            )  # fmt: skip

    @torch.no_grad()
    def _loss_and_error(self, arm: Arm, images: Tensor, labels: Tensor) -> tuple[float, float]:
        """Mean loss in nats and error of 1, in eval mode, without augmentation."""
        loss, wrong = 0.0, 0
        with eval_mode(arm.net):
            for pixels, target in zip(images.split(EVALUATION_BATCH), labels.split(EVALUATION_BATCH), strict=True):
                self.control.check()
                target = target.to(self.machine.device)
                with self.machine.autocast:
                    scores = arm.net(normalise(pixels, self.data).to(self.machine.device))
                scores = scores.float()
                loss += functional.cross_entropy(scores, target, reduction="sum").item()
                wrong += int((scores.argmax(1) != target).sum())
        return loss / len(labels), wrong / len(labels)

    def save(self, folder: Path | None) -> Iterator[Record]:
        if folder is not None:
            for arm in self.running:
                yield Checkpoint(arm=arm.index, step=self.step, file=save_weights(arm.net, folder, arm.index))
