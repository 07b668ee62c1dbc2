"""Threads of a probe of small layers."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute in this thread alone, whatever happens inside.

    Layers of a few microseconds gain nothing from a second thread, and while a race has the cores each of them waits
    for it: the same probe then takes ten times as long.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
