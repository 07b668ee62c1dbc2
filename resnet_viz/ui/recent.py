"""The way back to earlier races."""

from collections.abc import Sequence

import streamlit as st

from resnet_viz.charts.group_sentences import group_status
from resnet_viz.charts.verdict import counted_seeds
from resnet_viz.config import TITLES
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.recorded import recorded
from resnet_viz.engine.store import StoreError
from resnet_viz.engine.tables import Run
from resnet_viz.records import Status
from resnet_viz.repeats import MAX_SEEDS
from resnet_viz.ui import state
from resnet_viz.ui.markdown import plain

SHOWN = 8


def recent_races(manager: Manager, shown: str | None) -> None:
    """Buttons for the newest runs and groups of the store, and for the runs that ship.

    Args:
        shown: the run or the group that is on the page.
    """
    try:
        newest = manager.library.newest(SHOWN * MAX_SEEDS)
    except StoreError as error:
        st.caption(str(error))
        return
    groups: dict[str, list[Run]] = {}
    for run in newest:
        if run.group_id is not None:
            groups.setdefault(run.group_id, []).append(run)
    firsts = {run.group_id or run.id: run for run in newest}  # of a group, the seed that was queued first
    kept = [run for named, run in firsts.items() if shown not in (named, run.id)][:SHOWN]
    shipped = [run for run in recorded().values() if run.id != shown]
    with st.expander("Earlier races"):
        for run in [*kept, *shipped]:
            _way_to(run, groups.get(run.group_id or "", [run]))
        st.page_link(
            "library.py", label="All of them, in the library", icon=":material/inventory_2:",
            query_params=state.done_parameter(),
        )  # fmt: skip


def _way_to(run: Run, seeds: Sequence[Run]) -> None:
    """A button for a run, or for its group."""
    label = _label(run, group_status([seed.status for seed in seeds]))
    if run.group_id is None:
        st.button(label, key=f"show_{run.id}", type="tertiary", on_click=state.show_run, args=(run.id,))
        return
    label, group = f"{counted_seeds(len(seeds))} · {label}", run.group_id
    st.button(label, key=f"show_{group}", type="tertiary", on_click=state.show_group, args=(group,))


def _label(run: Run, status: Status) -> str:
    when = "recorded" if run.read_only else f"{status} · {run.created[5:16].replace('T', ' ')} UTC"
    name = plain(run.name) or " / ".join(run.config.labels)
    return f"{name} · {TITLES[run.config.data.name]} · {when}"
