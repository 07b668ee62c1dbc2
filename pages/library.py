"""The library: every run of this machine and every recording, to be found again, compared and replayed."""

import logging
from collections.abc import Sequence

import streamlit as st

from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import NoSuchRun, StoreError
from resnet_viz.engine.tables import Run
from resnet_viz.ui import engine, state
from resnet_viz.ui.library_compare import comparison
from resnet_viz.ui.library_detail import run_detail
from resnet_viz.ui.library_table import run_table

TICK_S = 2.0  # at which runs that go on are looked at

log = logging.getLogger(__name__)

ONLY_RECORDINGS = "So far there are only the recordings that come with the project. Start a race, and it is kept here."
NOTHING_CHOSEN = """
**Nothing is chosen yet.** Choose one run to see what came of it, replay it and name it, or several to compare them on
one chart.
"""


def main() -> None:
    manager = engine.manager_or_sentence()
    if manager is None:
        return
    st.title("The library")
    try:
        runs = manager.library.runs()
        _introduction(runs)
        chosen = run_table(runs)
        if len(chosen) > 1:
            comparison(manager, chosen)
        elif chosen:
            run_detail(manager, chosen[0])
        else:
            st.markdown(NOTHING_CHOSEN)
    except (NoSuchRun, StoreError) as error:
        log.exception("library")
        st.error(str(error), icon=":material/error:")
        return
    if active := _active(runs):
        st.fragment(_follow, run_every=TICK_S)(manager, active)


def _introduction(runs: Sequence[Run]) -> None:
    own = sum(not run.read_only for run in runs)
    if own:
        recordings = len(runs) - own
        st.caption(
            f"{own:,} run{'' if own == 1 else 's'} of this machine, and {recordings} that come with the project."
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(ONLY_RECORDINGS, width="content")
        st.page_link("race.py", label="Go to Race", icon=":material/sports_score:", query_params=state.done_parameter())


def _active(runs: Sequence[Run]) -> dict[str, str]:
    return {run.id: run.status for run in runs if run.is_active}


def _follow(manager: Manager, active: dict[str, str]) -> None:
    """Draw the page anew when a run has begun or ended."""
    try:
        now = _active(manager.library.newest())
    except StoreError:  # locked for a moment, perhaps: the next tick looks again
        log.warning("library", exc_info=True)
        return
    if now != active:
        st.rerun()


main()
