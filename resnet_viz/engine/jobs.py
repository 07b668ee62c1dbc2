"""What a worker can do, with torch: warm up, train, download."""

import logging
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import torch
import torch._dynamo  # the first optimizer imports it, which takes a second or two

from resnet_viz import machine as machines
from resnet_viz.arm import Arm
from resnet_viz.config import DataConfig, DatasetName, ExperimentConfig, default_experiment
from resnet_viz.control import Control, Rehearsed
from resnet_viz.data import TrainingData, load_data
from resnet_viz.data.download import download
from resnet_viz.engine.protocol import DownloadJob, Job, TrainJob
from resnet_viz.places import DataUnavailable, find_dataset
from resnet_viz.questions import ModelName
from resnet_viz.records import Record
from resnet_viz.saliency.download import download_weights
from resnet_viz.training import train

log = logging.getLogger(__name__)


def warm_up(hurry: Callable[[], bool]) -> None:
    """Do once what the first step would wait for: kernels of every layer shape, the optimizer, the precision trial.

    Args:
        hurry: true when a job is waiting, and warming up would only delay it.
    """
    machines.set_up_threads()
    if hurry():
        return
    shallow = default_experiment(depth=8)  # has every layer shape of the default race
    machine = machines.resolve(shallow.train)
    if not hurry():
        _one_step(shallow, machine)
    if not hurry():
        _load_default_data()


def _one_step(config: ExperimentConfig, machine: machines.Machine) -> None:
    shape = (config.train.batch_size, 3, 32, 32)
    images = torch.zeros(shape, device=machine.device).contiguous(memory_format=torch.channels_last)
    arm = Arm(1, config, machine)
    arm.measure(images, torch.zeros(shape[0], dtype=torch.long, device=machine.device), probe=True)
    arm.update(1, 1.0)


@lru_cache(maxsize=1)
def _data(config: DataConfig, seed: int, data_dir: Path | None) -> TrainingData:
    return load_data(config, seed, data_dir)


def _load_default_data() -> None:
    """Decode the images that the next Start most likely asks for."""
    try:
        present = find_dataset("cifar10") is not None
        _data(default_experiment("cifar10" if present else "shapes").data, 0, None)
    except DataUnavailable as error:
        log.warning("%s", error)  # the run that needs it will say so


def run(job: Job, control: Control) -> Iterator[Record]:
    """Records of a job, as they happen."""
    match job:
        case TrainJob():
            yield from _train(job, control)
        case DownloadJob():
            yield from _download(job.name, control)


def _download(name: DatasetName | ModelName, control: Control) -> Iterator[Record]:
    match name:
        case "cifar10" | "cifar100" | "shapes":
            yield from download(name, control)
        case _:
            yield from download_weights(name, control)


def _train(job: TrainJob, control: Control) -> Iterator[Record]:
    if job.config.train.threads:
        machines.set_up_threads(job.config.train.threads)
    data = _data(job.config.data, job.config.seed, job.data_dir)
    machine = machines.resolve(job.config.train)
    steering = Rehearsed(control, job.plan)
    yield from train(job.config, data, machine, control=steering, weights_folder=job.weights_folder)
