"""The table of all runs: searched, and chosen from."""

from collections.abc import Collection, Sequence
from zlib import crc32

import streamlit as st

from resnet_viz.charts.sentences import duration
from resnet_viz.config import TITLES
from resnet_viz.engine.library import matches
from resnet_viz.engine.tables import Run
from resnet_viz.records import ArmResult, Origin
from resnet_viz.ui import state

ORIGINS: dict[Origin, str] = {
    "live": "this app", "cli": "command line", "recorded": "recording", "cluster": "cluster",
}  # fmt: skip
CHOICE = "library_choice"
LOSS = "training loss, running mean (nats)"


def titles(runs: Sequence[Run]) -> dict[str, str]:
    """What each run is called: its name, or its id; what a second one has as well gets its id behind it."""
    names = {run.id: run.name or (run.id if run.read_only else f"run {run.id[:6]}") for run in runs}
    taken = list(names.values())
    return {run: f"{name} ({run[:6]})" if taken.count(name) > 1 else name for run, name in names.items()}


def run_table(runs: Sequence[Run]) -> list[Run]:
    """Draw the runs that are searched for, and the choice; gives the chosen ones."""
    called = titles(runs)
    chosen, problem = state.chosen_runs(called)
    search = st.text_input(
        "Search", key="library_search", type="search", icon=":material/search:", live=True,
        placeholder="A name, a note, a net, a data set, a status, a device", label_visibility="collapsed",
    )  # fmt: skip
    found = [run for run in runs if matches(run, search or "")]
    if problem:
        st.warning(problem)
    if found:
        _rows(found, called, chosen)
    else:
        st.info("No run has all of these words. Leave some out.", icon=":material/search_off:")
    state.set_widget(CHOICE, chosen)
    st.multiselect(
        "Chosen: one to look at, several to compare", list(called), key=CHOICE, on_change=_take_choice,
        format_func=lambda run: _listed(run, called, runs), max_selections=state.MAX_CHOSEN,
        placeholder="Choose here, or in the first column of the table",
    )  # fmt: skip
    return [run for name in chosen for run in runs if run.id == name]


def _rows(found: Sequence[Run], called: dict[str, str], chosen: Collection[str]) -> None:
    ids = [run.id for run in found]
    # Another key wherever the table shows others, or a choice that was not made in it: only then it takes the default.
    key = f"library_rows_{state.choices()}_{crc32('.'.join(ids).encode())}"
    st.dataframe(
        [row(run, called[run.id]) for run in found], hide_index=True, key=key, on_select=lambda: _take_rows(key, ids),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [place for place, run in enumerate(ids) if run in chosen]}},
        alt="All runs, newest first: net, status, data, seed, result, time, origin and device of each.",
    )  # fmt: skip


def row(run: Run, title: str) -> dict[str, str | int]:
    """What the table says of a run; results in the order of its nets."""
    result = run.result or ()
    return {
        "run": title,
        "nets": " / ".join(run.config.labels),
        "status": run.status,
        "data": TITLES[run.config.data.name],
        "epochs": run.config.train.epochs,
        "seed": run.config.seed,
        LOSS: " / ".join(map(loss_text, result)),
        "training error (%)": " / ".join(percent(arm.train_error) for arm in result),
        "test error (%)": " / ".join(percent(arm.test_error) for arm in result),
        "took": took(run),
        "from": ORIGINS[run.origin],
        "device": run.device or "-",
        "created (UTC)": run.created[:16].replace("T", " "),
    }


def loss_text(arm: ArmResult) -> str:
    """The last training loss, or that there is none any more."""
    if arm.diverged_at is not None:
        return "diverged"
    return "-" if arm.loss is None else f"{arm.loss:.2f}"


def percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def took(run: Run) -> str:
    """Minutes and seconds from its start to its end, pauses and all."""
    return "-" if run.seconds is None else duration(run.seconds)


def _listed(run: str, called: dict[str, str], runs: Sequence[Run]) -> str:
    chosen = next(one for one in runs if one.id == run)
    return f"{called[run]} · {' / '.join(chosen.config.labels)} · seed {chosen.config.seed}"


def _take_rows(key: str, ids: Sequence[str]) -> None:
    """What is chosen in the table, beside what is chosen and not searched for."""
    before = state.widget(CHOICE)
    rows = [ids[place] for place in state.widget(key)["selection"]["rows"]]
    kept = [run for run in before if run not in ids or run in rows]
    chosen = kept + [run for run in rows if run not in kept]
    if len(chosen) > state.MAX_CHOSEN:
        st.toast(f"At most {state.MAX_CHOSEN} runs are compared at once. Take one out first.")
    state.choose_runs(chosen, by_table=True)


def _take_choice() -> None:
    state.choose_runs(state.widget(CHOICE))
