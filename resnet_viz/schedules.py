"""Learning rates as a function of the step; the same for every arm."""

import math

from resnet_viz.config import ExperimentConfig

RISE = 0.3  # share of the run in which the one-cycle rate rises (torch's OneCycleLR has the same defaults)
START, END = 25, 25e4  # the peak divided by these is where one-cycle starts and ends
WARM_UP_FACTOR = 0.1  # He et al. 2015, section 4.2: 0.01 instead of 0.1 …
WARM_UP_ERROR = 0.8  # … until the training error is below 80 %


def learning_rate(config: ExperimentConfig, step: int) -> float:
    """Rate of an update, counted from 1. In a run that is extended, the last rate holds."""
    peak, total = config.train.learning_rate, config.total_steps
    step = min(step, total)
    match config.train.schedule:
        case "constant":
            return peak
        case "paper":  # drops at 32k and 48k of 64k iterations
            return peak * (0.1 ** ((step > total // 2) + (step > total * 3 // 4)))
        case "one-cycle":
            return _one_cycle(peak, total, step - 1)


def highest_rate(config: ExperimentConfig, after: int) -> float:
    """A rate that no update after this step exceeds."""
    if config.train.schedule == "one-cycle" and after < RISE * config.total_steps:
        return config.train.learning_rate
    return learning_rate(config, after + 1)


def _one_cycle(peak: float, total: int, done: int) -> float:
    """Smith and Topin 2017 (arXiv 1708.07120), with cosine flanks."""
    top, last = RISE * total - 1, total - 1
    if done <= top:
        return _cosine(peak / START, peak, done / top if top > 0 else 1.0)
    return _cosine(peak, peak / END, (done - top) / (last - top))


def _cosine(start: float, end: float, part: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * part))
