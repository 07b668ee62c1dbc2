"""Waits with a limit, for tests of processes and threads."""

import time
from collections.abc import Callable

import psutil

LIMIT_S = 40.0


def until(condition: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    """Return as soon as a condition holds; fail when it does not within the limit."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"still not so after {limit_s} s")
        time.sleep(0.01)


def workers() -> list[psutil.Process]:
    """The worker processes that this one started."""
    return [
        child
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and "resnet_viz.engine.worker" in " ".join(child.cmdline())
    ]
