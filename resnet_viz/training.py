"""The loop: one to four arms in lockstep on the same batches. An iterator of records that knows no screen."""

import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import Tensor

from resnet_viz.arm import Arm
from resnet_viz.config import ConfigError, ExperimentConfig
from resnet_viz.control import Control, Stopped, Unattended
from resnet_viz.data import Batches, TrainingData
from resnet_viz.data.batches import normalise
from resnet_viz.interventions import Change, Course
from resnet_viz.machine import Machine, versions
from resnet_viz.probes import row_names
from resnet_viz.probes.modes import eval_mode
from resnet_viz.records import (
    Checkpoint,
    Diverged,
    Epoch,
    Failed,
    Finished,
    Gradients,
    Intervention,
    Paused,
    Record,
    Resumed,
    Started,
    Step,
)
from resnet_viz.weights import save_weights

EVALUATION_BATCH = 250  # no larger than what training has already claimed of the memory

log = logging.getLogger(__name__)


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
        control: may pause, change and stop the run; None lets it run to its end.
        weights_folder: where the final weights go; None keeps none.
    Yields:
        Started; Gradients and Step of each arm; Epoch of each arm; Checkpoint of each arm; Finished or Failed. An
        Intervention stands before the first step that it concerns.
    Raises:
        OSError: the weights can't be written.
    """
    lockstep = _Lockstep(config, data, machine, control or Unattended())
    yield lockstep.started()
    try:
        yield from lockstep.epochs()
    except Stopped:
        yield from lockstep.end("stopped", weights_folder)
    else:
        yield from lockstep.end("completed", weights_folder)


class _Lockstep:
    """The state of one run: its arms, and how far they are."""

    def __init__(self, config: ExperimentConfig, data: TrainingData, machine: Machine, control: Control) -> None:
        self.config, self.data, self.machine, self.control = config, data, machine, control
        self.arms = [Arm(index, config, machine) for index in range(len(config.arms))]
        augment = config.data.augment
        self.batches = Batches(data, config.train.batch_size, config.seed, augment=augment, device=machine.device)
        self.course = Course(config)
        self.epoch = 0
        self.step = 0

    @property
    def running(self) -> list[Arm]:
        return [arm for arm in self.arms if not arm.diverged]

    def started(self) -> Started:
        return Started(
            device=str(self.machine.device),
            device_name=self.machine.device_name,
            threads=self.machine.threads,
            precision=self.machine.precision,
            versions=versions(),
            parameters=tuple(sum(p.numel() for p in arm.net.parameters()) for arm in self.arms),
            rows=tuple(row_names(arm.net) for arm in self.arms),
        )

    def epochs(self) -> Iterator[Record]:
        while self.epoch < self.course.epochs:
            self.epoch += 1
            for images, labels in self.batches.epoch(self.epoch):
                yield from self._steered()
                yield from self._one_step(images, labels)
                if not self.running:
                    return
            for arm in self.running:
                yield self._evaluation(arm)
            if self.epoch == self.course.epochs:
                yield from self._steered()  # the last moment at which a run can be extended

    def end(self, reason: str, weights_folder: Path | None) -> Iterator[Record]:
        if not self.running:
            yield Failed(
                message=f"Every net diverged by step {self.step}: its loss is no longer a number. "
                f"Lower the learning rate (it was {self._peak()}) and start again."
            )
            return
        for arm in self.running if weights_folder else ():
            assert weights_folder is not None
            file = save_weights(arm.net, weights_folder, arm.index, self._about(arm))
            yield Checkpoint(arm=arm.index, step=self.step, file=file)
        yield Finished(reason="stopped" if reason == "stopped" else "completed", step=self.step)

    def _about(self, arm: Arm) -> dict[str, Any]:
        """What somebody needs who wants to use the weights again."""
        data = self.data
        statistics = {"mean": data.mean.tolist(), "std": data.std.tolist()}
        return {"net": arm.net.config.model_dump(), "classes": data.classes, **statistics}

    def _peak(self) -> str:
        factor = "" if self.course.factor == 1 else f", and {self.course.factor:g} times that in the end"
        return f"{self.config.train.learning_rate:g}{factor}"

    def _steered(self) -> Iterator[Record]:
        """Wait while the run is paused, and change what shall change before the next step."""
        self.control.check()
        if not self.control.may_step():
            yield Paused(step=self.step)
            while not self.control.may_step():
                yield from self._changes()  # told at once, not when the run goes on
                self.control.wait()
            yield Resumed(step=self.step)
        yield from self._changes()

    def _changes(self) -> Iterator[Record]:
        for change in self.control.changes(self.step):
            try:
                self.course = self.course.after(change, self.step)
            except ConfigError as error:  # two that were each within the limits when they were asked for
                log.warning("left out: %s", error)
                continue
            for arm in self.arms:
                arm.course = self.course
            values = change.model_dump(include=set(Change.model_fields))
            yield Intervention(step=self.step, **values)

    def _one_step(self, images: Tensor, labels: Tensor) -> Iterator[Record]:
        """All arms measure, then all arms update: a stop in between drops the whole step.

        Only the running statistics of the norms have then seen the dropped batch.
        """
        every = self.config.probe_every
        probe = every > 0 and self.step % every == 0
        measured = []
        for arm in self.running:
            measured.append((arm, *arm.measure(images, labels, probe=probe)))
            self.control.check()
        self.step += 1
        for arm, loss, error, gradients in measured:
            place = self._place(arm)
            rate = arm.rate(self.step)
            if math.isfinite(loss):
                if gradients is not None:
                    yield Gradients(**place, **gradients.norms())
                arm.update(self.step, error)
            speed = round(len(labels) / arm.seconds, 1)
            yield Step(**place, loss=loss, error=error, learning_rate=rate, images_per_s=speed)
            if not math.isfinite(loss):
                arm.diverged = True
                yield Diverged(**place)

    def _place(self, arm: Arm) -> dict[str, int]:
        images = self.step * self.config.train.batch_size
        return {"arm": arm.index, "epoch": self.epoch, "step": self.step, "images": images}

    def _evaluation(self, arm: Arm) -> Epoch:
        data = self.data
        part = min(len(data.test_labels), len(data.train_labels))  # a fixed part, as large as the test set
        train_loss, train_error = self._loss_and_error(arm, data.train_images[:part], data.train_labels[:part])
        test_loss, test_error = self._loss_and_error(arm, data.test_images, data.test_labels)
        return Epoch(
            **self._place(arm),
            train_loss=train_loss,
            train_error=train_error,
            test_loss=test_loss,
            test_error=test_error,
        )

    def _loss_and_error(self, arm: Arm, images: Tensor, labels: Tensor) -> tuple[float, float]:
        """Mean loss in nats and error of 1, in eval mode, without augmentation."""
        loss, wrong = 0.0, 0
        with eval_mode(arm.net):
            for pixels, targets in zip(images.split(EVALUATION_BATCH), labels.split(EVALUATION_BATCH), strict=True):
                self.control.check()
                device = self.machine.device
                batch_loss, batch_wrong = arm.evaluate(normalise(pixels, self.data).to(device), targets.to(device))
                loss, wrong = loss + batch_loss, wrong + batch_wrong
        return loss / len(labels), wrong / len(labels)
