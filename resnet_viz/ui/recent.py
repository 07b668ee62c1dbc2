"""The way back to earlier races."""

import streamlit as st

from resnet_viz.config import TITLES
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.recorded import recorded
from resnet_viz.engine.store import StoreError
from resnet_viz.engine.tables import Run
from resnet_viz.ui import state

SHOWN = 8


def recent_races(manager: Manager, shown: str | None) -> None:
    """Buttons for the newest runs of the store, and for those that ship."""
    try:
        runs = [run for run in manager.runs(SHOWN) if run.id != shown]
    except StoreError as error:
        st.caption(str(error))
        return
    shipped = [run for run in recorded().values() if run.id != shown]
    with st.expander("Earlier races"):
        for run in [*runs, *shipped]:
            st.button(_label(run), key=f"show_{run.id}", type="tertiary", on_click=state.show_run, args=(run.id,))


def _label(run: Run) -> str:
    when = "recorded" if run.read_only else f"{run.status} · {run.created[5:16].replace('T', ' ')} UTC"
    return f"{' / '.join(run.config.labels)} · {TITLES[run.config.data.name]} · {when}"
