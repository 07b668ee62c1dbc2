"""Loops that take turns in processes of their own."""

import os
import time
from collections.abc import Iterator
from functools import partial

import pytest

from benchmarks.turns import WARM_UP, Runner, Variant, interleaved, ratio, together
from resnet_viz.engine.launcher import KEEP_MEMORY


def resting(seconds: float) -> Iterator[None]:
    while True:
        time.sleep(seconds)  # what is measured, not a wait for something
        yield


def broken(after: int) -> Iterator[int]:
    yield from range(after)
    raise ValueError("as asked")


def keeping(*, kept: bool) -> Iterator[None]:
    """A loop that only goes on where memory is kept, or is not."""
    while KEEP_MEMORY.items() <= os.environ.items() if kept else not KEEP_MEMORY.keys() & os.environ.keys():
        yield


def test_each_loop_has_a_speed_a_round_and_the_ratio_is_of_one_round() -> None:
    variants = {"slow": Variant(partial(resting, 0.02), 10), "fast": Variant(partial(resting, 0.005), 10)}
    speeds = interleaved(variants, 2, 3)
    assert [len(speeds[name]) for name in variants] == [2, 2]
    assert 0 < max(speeds["slow"]) <= 10 / 0.02
    assert ratio({"a": [2.0, 9.0, 4.0], "b": [1.0, 3.0, 4.0]}, "a", "b") == 2


def test_each_process_has_the_memory_settings_of_its_kind_and_this_one_keeps_its_own() -> None:
    before = dict(os.environ)
    product, textbook = Variant(partial(keeping, kept=True), 1), Variant(partial(keeping, kept=False), 1, False)
    assert len(together([product, textbook], 1)) == 2
    assert dict(os.environ) == before


def one_turn(runner: Runner) -> float:
    with runner:
        runner.wait_ready()
        runner.begin(1)
        return runner.speed()


@pytest.mark.parametrize("after", [0, WARM_UP])
def test_a_loop_that_breaks_off_is_an_error_and_leaves_no_process(
    after: int, capfd: pytest.CaptureFixture[str]
) -> None:
    runner = Runner(Variant(partial(broken, after), 1))
    with pytest.raises(RuntimeError, match="broke off"):
        one_turn(runner)
    assert not runner.is_alive
    assert "as asked" in capfd.readouterr().err
