"""The clock of a replay, told the time; and what of a run is seen at a moment."""

import pytest

from resnet_viz.records import Finished, Intervention, Paused, Record, Resumed
from resnet_viz.ui.playback import SPEEDS, Playback, Player, Recording, running_times
from tests.factories import at, epoch, experiment, started, step

HELD = Playback(length_s=100.0, position_s=100.0)


def records() -> list[Record]:
    """Two steps of two arms, ten seconds apart but for a pause of a minute between them, and the end."""
    return [
        at(1.0, started(experiment())),
        *(at(2.0, step(1, 3.0, arm=arm)) for arm in (0, 1)),
        at(4.0, Paused(step=1)),
        at(30.0, Intervention(step=1, learning_rate_factor=0.5)),
        at(64.0, Resumed(step=1)),
        *(at(72.0, step(2, 1.0, arm=arm)) for arm in (0, 1)),
        *(at(73.0, epoch(1, 0.5, 0.5, arm=arm)) for arm in (0, 1)),
        at(74.0, Finished(reason="completed", step=2)),
    ]


def test_it_is_held_until_it_is_told_to_play() -> None:
    assert [HELD.at(clock) for clock in (0.0, 5.0, 1e6)] == [100.0] * 3
    assert not HELD.is_playing
    assert not HELD.is_over(1e6)


def test_it_plays_from_the_beginning_when_it_was_at_its_end_and_goes_on_elsewhere() -> None:
    playing = HELD.play(1000.0)
    assert [playing.at(1000.0 + seconds) for seconds in (0, 1, 9.5, 10, 60)] == [0.0, 10.0, 95.0, 100.0, 100.0]
    assert not playing.is_over(1009.0)
    assert playing.is_over(1010.0)
    held = playing.pause(1003.0)
    assert held.at(5000.0) == 30.0
    assert held.play(7000.0).at(7001.0) == 40.0


@pytest.mark.parametrize("speed", SPEEDS)
def test_another_speed_holds_from_now_on(speed: int) -> None:
    playing = HELD.play(0.0).at_speed(speed, 2.0)
    assert playing.at(2.0) == 20.0
    assert playing.at(2.5) == 20.0 + speed / 2
    held = HELD.moved(5.0, 0.0).at_speed(speed, 0.0)
    assert held.at(99.0) == 5.0
    assert not held.is_playing


def test_it_is_moved_within_the_run_and_no_further() -> None:
    assert [HELD.moved(to, 0.0).at(9.0) for to in (-1.0, 40.0, 1e9)] == [0.0, 40.0, 100.0]
    assert HELD.play(0.0).moved(40.0, 3.0).at(4.0) == 50.0


def test_a_pause_takes_no_time() -> None:
    assert running_times(records()) == [1.0, 2.0, 2.0, 4.0, 4.0, 4.0, 12.0, 12.0, 13.0, 13.0, 14.0]
    assert running_times([]) == []


def test_a_clock_that_was_set_back_does_not_turn_the_replay_back() -> None:
    assert running_times([at(5.0, step(1, 1.0)), at(3.0, step(2, 1.0)), at(6.0, step(3, 1.0))]) == [5.0, 5.0, 6.0]


def test_a_recording_shows_what_had_been_said_by_then() -> None:
    recording = Recording("a-run", experiment(), records())
    assert recording.length_s == 14.0
    seen = [(at_s, recording.snapshot(at_s)) for at_s in (0.0, 2.0, 11.9, 12.0, 14.0)]
    assert [(at_s, snapshot.step, len(snapshot.arms[0].loss)) for at_s, snapshot in seen] == [
        (0.0, 0, 0), (2.0, 1, 1), (11.9, 1, 1), (12.0, 2, 2), (14.0, 2, 2),
    ]  # fmt: skip
    assert [snapshot.status for _, snapshot in seen] == ["queued", "running", "running", "running", "finished"]
    assert [len(snapshot.interventions) for _, snapshot in seen] == [0, 0, 1, 1, 1]


def test_a_recording_goes_back_too() -> None:
    recording = Recording("a-run", experiment(), records())
    whole, early = recording.snapshot(14.0), recording.snapshot(2.0)
    assert (whole.step, early.step, early.status) == (2, 1, "running")
    assert recording.snapshot(14.0).arms[0].smooth.tolist() == whole.arms[0].smooth.tolist()


def test_a_player_begins_at_the_end_plays_and_stops_there() -> None:
    clock = iter([100.0, 101.0, 101.0, 101.0, 200.0, 200.0, 200.0])
    player = Player.of(Recording("a-run", experiment(), records()))
    player.clock = lambda: next(clock)
    player.toggle()
    assert player.position_s == 10.0
    player.settle()
    assert player.playback.is_playing
    player.change_speed(1)
    player.settle()
    assert not player.playback.is_playing
    assert player.position_s == 14.0
