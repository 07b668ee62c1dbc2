"""What a worker answers to a question, and how it tells how far it is. Imports no torch."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

Report = Callable[[int, int], None]  # what progress counts, most often images through the net: done, of how many


@dataclass
class Answer:
    """What is told, and the arrays that go with it."""

    told: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
