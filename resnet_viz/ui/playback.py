"""The clock and the records of a replay. No Streamlit, and no clock of its own, so a test needs no seconds."""

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from resnet_viz.config import ExperimentConfig
from resnet_viz.records import Paused, Record, Resumed
from resnet_viz.runlog import RunLog, Snapshot

SPEEDS = (1, 2, 5, 10, 20, 50)  # times the pace at which the run went
SHORTEST_S = 0.1  # what took less is not replayed


@dataclass(frozen=True)
class Playback:
    """Where a replay stands, in seconds of the run. A clock is any count of seconds that only grows."""

    length_s: float
    position_s: float  # where it is held, or was when the clock showed `since`
    speed: int = 10
    since: float | None = None  # None: it is held

    @property
    def is_playing(self) -> bool:
        return self.since is not None

    def at(self, clock: float) -> float:
        """The position of now; it stays at the end."""
        gone = 0.0 if self.since is None else self.speed * (clock - self.since)
        return min(self.length_s, self.position_s + gone)

    def is_over(self, clock: float) -> bool:
        """Whether it plays and has nothing left."""
        return self.is_playing and self.at(clock) >= self.length_s

    def play(self, clock: float) -> "Playback":
        """Go on, or begin anew where it had come to its end."""
        held = self.at(clock)
        return replace(self, position_s=0.0 if held >= self.length_s else held, since=clock)

    def pause(self, clock: float) -> "Playback":
        """Stay where it is."""
        return replace(self, position_s=self.at(clock), since=None)

    def moved(self, position_s: float, clock: float) -> "Playback":
        """Be there, and go on from there if it plays."""
        inside = min(max(0.0, position_s), self.length_s)
        return replace(self, position_s=inside, since=clock if self.is_playing else None)

    def at_speed(self, speed: int, clock: float) -> "Playback":
        """Go on from here at another pace."""
        return replace(self.moved(self.at(clock), clock), speed=speed)


class Recording:
    """The records of a run along the seconds that it ran, its pauses left out. Not locked: of one visitor."""

    def __init__(self, run: str, config: ExperimentConfig, records: Sequence[Record]) -> None:
        self.run, self.config = run, config
        self._records, self._times = records, running_times(records)
        self._log, self._count = RunLog(run, config), 0

    @property
    def seq(self) -> int:
        """Of the last record; -1 when there is none."""
        return self._records[-1].seq if self._records else -1

    @property
    def length_s(self) -> float:
        return self._times[-1] if self._times else 0.0

    def snapshot(self, position_s: float) -> Snapshot:
        """The run as it was after so many seconds."""
        count = bisect_right(self._times, position_s)
        if count < self._count:
            self._log, self._count = RunLog(self.run, self.config), 0
        for record in self._records[self._count : count]:
            self._log.add(record)
        self._count = count
        return self._log.snapshot()


@dataclass
class Player:
    """One visitor's replay of one run. It begins held at its end, where all is seen."""

    recording: Recording
    playback: Playback
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def of(cls, recording: Recording) -> "Player":
        return cls(recording, Playback(recording.length_s, recording.length_s))

    @property
    def position_s(self) -> float:
        return self.playback.at(self.clock())

    def toggle(self) -> None:
        """Play, or pause."""
        step = self.playback.pause if self.playback.is_playing else self.playback.play
        self.playback = step(self.clock())

    def settle(self) -> None:
        """Stop playing where nothing is left."""
        if self.playback.is_over(self.clock()):
            self.playback = self.playback.pause(self.clock())

    def move(self, position_s: float) -> None:
        self.playback = self.playback.moved(position_s, self.clock())

    def change_speed(self, speed: int) -> None:
        self.playback = self.playback.at_speed(speed, self.clock())


def running_times(records: Sequence[Record]) -> list[float]:
    """Of each record, the seconds that its run had gone without its pauses; they never go back."""
    times: list[float] = []
    paused_s, paused_at = 0.0, None
    for record in records:
        if isinstance(record, Resumed) and paused_at is not None:
            paused_s, paused_at = paused_s + record.wall_s - paused_at, None
        wall_s = record.wall_s if paused_at is None else paused_at
        times.append(max(wall_s - paused_s, times[-1] if times else 0.0))
        if isinstance(record, Paused):
            paused_at = record.wall_s
    return times
