"""A run as if it went on now: Play, a speed, a slider over its seconds, and the charts of the race growing."""

from dataclasses import dataclass

import streamlit as st

from resnet_viz.charts import sentences
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.tables import Run
from resnet_viz.runlog import Snapshot
from resnet_viz.ui import state
from resnet_viz.ui.playback import SHORTEST_S, SPEEDS, Player, Recording
from resnet_viz.ui.race_view import TICK_S, four_charts

MAX_RECORDS = 100_000  # of a run that is replayed: they are all in memory then


@dataclass(frozen=True)
class _View:
    player: Player
    was_playing: bool

    def draw(self) -> None:
        """One tick."""
        self.player.settle()
        if self.player.playback.is_playing != self.was_playing:
            st.rerun()  # once: the whole page, whose ticks begin or end
        position_s = self.player.position_s
        snapshot = self.player.recording.snapshot(position_s)
        _controls(self.player, position_s)
        _says(self.player, snapshot, position_s)
        four_charts(snapshot)


def replay_view(manager: Manager, run: Run, seq: int) -> None:
    """Draw the replay of a run that is over; it is held until a visitor plays it.

    Args:
        seq: of its last record.
    Raises:
        StoreError: the store can't be read.
    """
    if seq >= MAX_RECORDS:
        st.caption(f"It has {seq + 1:,} records, too many to be replayed. Open it in Race.")
        return
    player = state.player(run.id)
    if player is None or player.recording.seq != seq:
        player = state.keep_player(Player.of(Recording(run.id, run.config, manager.library.records(run.id))))
    player.settle()
    playing = player.playback.is_playing
    st.fragment(_View(player, playing).draw, run_every=TICK_S if playing else None)()


def _controls(player: Player, position_s: float) -> None:
    run, length_s = player.recording.run, player.recording.length_s
    if length_s < SHORTEST_S:
        st.caption("It took no time that could be replayed.")
        return
    playing = player.playback.is_playing
    slider, speed = f"position_{run}", f"speed_{run}"
    with st.container(horizontal=True, vertical_alignment="bottom", key="replay"):
        name, icon = ("Pause", "pause") if playing else ("Play", "play_arrow")
        st.button(name, icon=f":material/{icon}:", type="primary", key=f"play_{run}", on_click=player.toggle, width=120)
        st.selectbox(
            "Speed", SPEEDS, index=SPEEDS.index(player.playback.speed), format_func=lambda times: f"{times} x",
            key=speed, on_change=lambda: player.change_speed(state.widget(speed)), width=100,
        )  # fmt: skip
        state.set_widget(slider, position_s)
        # While it plays the slider follows, and what the browser says of it is a moment old: nobody moves it then.
        st.slider(
            "Seconds of the run" + (" (pause to move)" if playing else ""), 0.0, length_s, key=slider, step=0.1,
            format="%.0f", disabled=playing, on_change=None if playing else lambda: player.move(state.widget(slider)),
            width="stretch",
        )  # fmt: skip


def _says(player: Player, snapshot: Snapshot, position_s: float) -> None:
    course, speed = snapshot.course, player.playback.speed
    where = f"{sentences.duration(position_s)} of {sentences.duration(player.recording.length_s)}"
    how = f"at {speed} times its pace" if player.playback.is_playing else "held"
    st.markdown(
        f":violet-badge[replay] {where}, {how} · step {snapshot.step:,} of {course.total_steps:,}, "
        f"epoch {snapshot.epoch} of {course.epochs}"
    )
    st.markdown(f"**{sentences.measured_sentence(snapshot) or 'It is about to begin.'}**")
    with st.container():  # keeps the place of the charts below
        if changed := sentences.intervention_sentences(snapshot):
            st.markdown("\n".join(f"- {sentence}" for sentence in changed))
