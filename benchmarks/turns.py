"""Loops that take turns, each in a process of its own.

Each round measures every loop for some steps after a warm-up, in an order that rotates, and a ratio is the median over
the rounds of the ratio within a round, so that a slow minute of the machine touches both sides. A process of its own
gives each loop the memory settings that it has in real life: the product's workers keep what they have freed, a
textbook loop has what glibc gives everybody. Those that wait their turn sleep, and keep their memory.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from statistics import median
from typing import Any, Self

from benchmarks.report import progress
from resnet_viz.engine.launcher import KEEP_MEMORY

WARM_UP = 5
LIMIT_S = 300.0  # for one turn, or for a start
GRACE_S = 10.0

Speeds = Mapping[str, list[float]]


@dataclass(frozen=True)
class Variant:
    """One way to train."""

    make: Callable[[], Iterator[object]]  # called in the process; the loop yields once a step
    images_per_step: int
    keeps_memory: bool = True


class Runner:
    """A process with one loop. Close it to end it."""

    def __init__(self, variant: Variant) -> None:
        self._variant = variant
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(variant.make, theirs))
        with _environment(KEEP_MEMORY if variant.keeps_memory else {}):
            self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()  # ends the process, unless it hangs
        self._process.join(GRACE_S)
        self._process.kill()
        self._process.join(GRACE_S)

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    def wait_ready(self) -> None:
        """Return once its loop has made a step."""
        self._received()

    def begin(self, steps: int) -> None:
        """Give it its turn."""
        self._connection.send(steps)

    def speed(self) -> float:
        """Images per second of the turn that began."""
        seconds, steps = self._received()
        return float(steps * self._variant.images_per_step / seconds)

    def _received(self) -> Any:
        if not self._connection.poll(LIMIT_S):
            raise RuntimeError(f"a loop gave no answer within {LIMIT_S:.0f} s")
        try:
            return self._connection.recv()
        except EOFError:
            raise RuntimeError("a loop broke off; its error stands above") from None


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Variables that processes started meanwhile have as well."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _serve(make: Callable[[], Iterator[object]], connection: Connection) -> None:
    """Be such a process: one number of steps in, the seconds that they took out."""
    loop = make()
    next(loop)
    connection.send(None)
    try:
        while True:
            steps = connection.recv()
            for _ in range(WARM_UP):  # also uses up what DataLoader workers fetched while the loop rested
                next(loop)
            start = time.perf_counter()
            for _ in range(steps):
                next(loop)
            connection.send((time.perf_counter() - start, steps))
    except EOFError:
        return


def interleaved(variants: Mapping[str, Variant], rounds: int, steps: int) -> Speeds:
    """Images per second of every variant, a value a round."""
    speeds: dict[str, list[float]] = {name: [] for name in variants}
    names = list(variants)
    with ExitStack() as stack:
        runners = {}
        for name, variant in variants.items():
            runners[name] = stack.enter_context(Runner(variant))
            runners[name].wait_ready()  # one after another: all of them load data
        for number in range(rounds):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                runners[name].begin(steps)
                speeds[name].append(runners[name].speed())
            progress(f"round {number + 1}: " + ", ".join(f"{name} {speeds[name][-1]:.0f}" for name in names))
    return speeds


def together(variants: Sequence[Variant], steps: int) -> list[float]:
    """Images per second of each of some variants that train at the same time."""
    with ExitStack() as stack:
        runners = [stack.enter_context(Runner(variant)) for variant in variants]
        for runner in runners:
            runner.wait_ready()
        for runner in runners:
            runner.begin(steps)
        return [runner.speed() for runner in runners]


def ratio(speeds: Speeds, one: str, other: str) -> float:
    """Median over the rounds of the ratio within a round."""
    return median(a / b for a, b in zip(speeds[one], speeds[other], strict=True))
