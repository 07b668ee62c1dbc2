"""What the library shows: the chosen runs, and the replay."""

from collections.abc import Collection

import streamlit as st

from resnet_viz.ui.playback import Player

_CHOSEN, _CHOICES, _PLAYER = "runs", "choices", "player"
MAX_CHOSEN = 6  # runs of the library at once


def chosen_runs(known: Collection[str]) -> tuple[list[str], str | None]:
    """The runs that the library shows, and a sentence when the address names some that can't be.

    `?runs=` wins, ids with dots between; without it those of this session.
    """
    named = st.query_params.get(_CHOSEN)
    asked = list(dict.fromkeys(named.split(".") if named else st.session_state.get(_CHOSEN, [])))
    kept = [run for run in asked if run in known][:MAX_CHOSEN]
    if kept != st.session_state.get(_CHOSEN, []):
        choose_runs(kept)
    elif kept != asked or (kept and not named):
        _write_chosen(kept)
    if named and len(kept) < len(asked):
        return kept, f"Some runs are left out: they are not here (deleted, perhaps), or more than {MAX_CHOSEN}."
    return kept, None


def choose_runs(chosen: Collection[str], *, by_table: bool = False) -> None:
    """Let the library show these.

    Args:
        by_table: they were chosen in its table, which then need not be drawn anew.
    """
    st.session_state[_CHOSEN] = kept = list(chosen)[:MAX_CHOSEN]
    if not by_table or len(kept) < len(chosen):
        st.session_state[_CHOICES] = choices() + 1
    _write_chosen(kept)


def _write_chosen(chosen: list[str]) -> None:
    if chosen:
        st.query_params[_CHOSEN] = ".".join(chosen)
    else:
        st.query_params.pop(_CHOSEN, None)


def choices() -> int:
    """How often runs were chosen elsewhere than in the table, which keeps its own choice under its key."""
    return int(st.session_state.get(_CHOICES, 0))


def player(run: str) -> Player | None:
    """The replay of this run, if it is the one that this session looks at."""
    kept: Player | None = st.session_state.get(_PLAYER)
    return kept if kept is not None and kept.recording.run == run else None


def keep_player(begun: Player) -> Player:
    """Make a replay the one of this session."""
    st.session_state[_PLAYER] = begun
    return begun
