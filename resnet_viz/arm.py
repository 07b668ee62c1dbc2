"""One net in training: its weights, its optimizer, one step."""

import time
from contextlib import nullcontext

import torch
from torch import Tensor
from torch.nn import functional

from resnet_viz.config import ExperimentConfig
from resnet_viz.interventions import Course
from resnet_viz.machine import Machine
from resnet_viz.nets import build_net
from resnet_viz.probes import GradientProbe, gradient_probe
from resnet_viz.schedules import WARM_UP_ERROR, WARM_UP_FACTOR

RECENT = 0.9  # weight of the past in the running training error that ends the warm-up


class Arm:
    """`measure` leaves gradients behind and `update` uses them, so a step of several arms can be dropped whole."""

    def __init__(self, index: int, experiment: ExperimentConfig, machine: Machine) -> None:
        train = experiment.train
        self.index = index
        self.course = Course(experiment)  # another one takes its place when the run is changed
        self.machine = machine
        self.net = build_net(experiment.arms[index], experiment.seed).to(machine.device)
        self.optimizer = torch.optim.SGD(
            self.net.parameters(),
            lr=train.learning_rate,
            momentum=train.momentum,
            weight_decay=train.weight_decay,
            fused=True,
        )
        self.diverged = False
        self.seconds = 0.0  # of the step in hand
        self._warming_up = train.warm_up
        self._recent_error = 1.0

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
        self.net.complete_gradients()
        result = loss.item(), _wrong(scores, labels) / len(labels), gradients
        self.seconds = time.perf_counter() - start
        return result

    def update(self, step: int, error: float) -> None:
        """One step of SGD with the gradients that `measure` left; `error` is what it measured."""
        start = time.perf_counter()
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(step)
        self.optimizer.step()
        self.seconds += time.perf_counter() - start
        self._recent_error = RECENT * self._recent_error + (1 - RECENT) * error
        self._warming_up = self._warming_up and self._recent_error >= WARM_UP_ERROR

    def rate(self, step: int) -> float:
        """Learning rate of an update, counted from 1; a tenth while the net warms up."""
        return self.course.rate(step) * (WARM_UP_FACTOR if self._warming_up else 1)

    @torch.no_grad()
    def evaluate(self, images: Tensor, labels: Tensor) -> tuple[float, int]:
        """Sum of the losses in nats and number of errors on normalised images; the net is in eval mode."""
        with self.machine.autocast:
            scores = self.net(images)
        scores = scores.float()
        return functional.cross_entropy(scores, labels, reduction="sum").item(), _wrong(scores, labels)


def _wrong(scores: Tensor, labels: Tensor) -> int:
    return int((scores.argmax(1) != labels).sum())
