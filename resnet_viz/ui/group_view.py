"""The view of one experiment over several seeds: how far it is, its verdict, its charts, and each seed by itself."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from resnet_viz.charts import group_sentences as sentences
from resnet_viz.charts.certificate import group_certificate
from resnet_viz.charts.seeds import seeds_error_figure, seeds_loss_figure
from resnet_viz.charts.sentences import data_sentence
from resnet_viz.charts.verdict import counted_seeds, footnote, verdict
from resnet_viz.config import ExperimentConfig
from resnet_viz.engine import groups
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import NoSuchRun, StoreError
from resnet_viz.engine.tables import Run
from resnet_viz.runlog import Snapshot
from resnet_viz.ui import state
from resnet_viz.ui.certificate_view import certificate_box
from resnet_viz.ui.export_view import joint_tables
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.query import read_experiment, write_experiment
from resnet_viz.ui.race_form import fill
from resnet_viz.ui.race_view import BADGES, race_view

TICK_S = 1.0  # a band moves only when a seed comes to its end
REPEATS = 5  # that one click asks for
ALL = "all"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Part:
    """A part of the view that is drawn again on every tick."""

    manager: Manager
    runs: tuple[str, ...]
    was_active: bool

    def header(self) -> None:
        """How far the whole is."""
        found = self._snapshots()
        if not found:
            return
        if self.was_active and not any(snapshot.is_active for snapshot in found):
            st.rerun()  # once: the whole page, which then ticks no more
        _header(self.manager, found)

    def body(self) -> None:
        """Verdict, charts, table, certificate."""
        if found := self._snapshots():
            _body(found)

    def _snapshots(self) -> list[Snapshot]:
        try:
            return groups.snapshots(self.manager, self.runs)
        except (NoSuchRun, StoreError) as error:
            log.exception("group of %s", self.runs[0])
            st.error(str(error), icon=":material/error:")
            return []


def group_view(manager: Manager, runs: Sequence[Run]) -> str | None:
    """Draw a group, live while one of its runs goes; gives the run of the one seed that the visitor chose, if any."""
    active = any(run.is_active for run in runs)
    part = _Part(manager, tuple(run.id for run in runs), active)
    tick_s = TICK_S if active else None
    st.fragment(part.header, run_every=tick_s)()
    chosen = _seed_choice(runs)
    if chosen is None:
        st.fragment(part.body, run_every=tick_s)()
        joint_tables(manager, runs, str(runs[0].group_id))
    else:
        race_view(manager, chosen)
    return chosen


def _seed_choice(runs: Sequence[Run]) -> str | None:
    """The run of one seed, or None: all of them together."""
    names = {ALL: "All seeds", **{run.id: f"Seed {run.config.seed}" for run in runs}}
    chosen = st.segmented_control(
        "Show", list(names), default=ALL, format_func=names.__getitem__, key=f"seed_{runs[0].group_id}",
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    return None if chosen == ALL else chosen


def _header(manager: Manager, found: Sequence[Snapshot]) -> None:
    status = sentences.group_status([snapshot.status for snapshot in found])
    label, colour = BADGES[status]
    seeds = sentences.seeds_words(found)
    st.markdown(
        f"#### {' against '.join(found[0].config.labels)}, {counted_seeds(len(found))} :{colour}-badge[{label}]"
    )
    st.caption(data_sentence(found[0], seeds))
    st.progress(sentences.group_progress(found), text=sentences.group_progress_sentence(found))
    with st.container():  # keeps the place of what is below
        for snapshot in found:
            if snapshot.message:
                st.warning(f"Seed {snapshot.config.seed}: {snapshot.message}")
        active = [snapshot.run for snapshot in found if snapshot.is_active]
        if active and all(manager.is_own(run) for run in active):
            st.button(
                "Stop all seeds", icon=":material/stop:", on_click=groups.stop, args=(manager, active),
                key=f"stop_all_{found[0].run}",
            )  # fmt: skip
        elif active:
            st.caption("Another program runs these races (the command line, perhaps): only there can they be stopped.")


def _body(found: Sequence[Snapshot]) -> None:
    lead, *lines = verdict(found)
    parts = [line.partition(". ") for line in lines]
    told = [f"- **{names}.** {says}" if says else f"- {names}" for names, _, says in parts]
    st.markdown("\n".join([f"**Verdict.** {lead}", "", *told]))
    with st.container():  # keeps the place of the charts
        if note := footnote(found):
            st.caption(note)
    key, alt = found[0].run, " ".join([lead, *lines])
    first, second = st.columns(2, gap="medium")
    with first:
        st.markdown("**Training loss**, running mean: each net's mean over the seeds, and their range")
        live_plot(seeds_loss_figure(found), key=f"seeds_loss_{key}", alt=f"Training loss by step. {alt}", height=360)
    with second:
        st.markdown("**Test error** at the end of each epoch: mean over the seeds, and their range")
        live_plot(seeds_error_figure(found), key=f"seeds_error_{key}", alt=f"Test error by epoch. {alt}", height=360)
    st.caption(
        "Thick: mean of the seeds that came to their end. Band: from the lowest of them to the highest: with so few, "
        "that shows all of them and assumes nothing. Thin: a seed that is still going, was stopped, or diverged. Bands "
        "that overlap do not make a verdict inconclusive: that looks at the difference within each seed."
    )
    with st.expander("The numbers of each seed", expanded=True):
        rows = sentences.final_table(found)
        if rows:
            st.dataframe(rows, hide_index=True, alt="What each net came to with each seed.")
        else:
            st.caption("They come at the end of the first epoch.")
    certificate_box(group_certificate(found, sentences.seeds_words(found)), found[0].config.arms)


def seeds_of(manager: Manager, run: str) -> None:
    """The way from one run to its group, or to a form that repeats it; none while the store can't be read."""
    try:
        known = manager.library.run(run)
        many = len(manager.library.group(known.group_id)) if known.group_id is not None else 1
    except (NoSuchRun, StoreError):
        log.exception("run %s", run)  # the run itself is still drawn, from memory
        return
    if known.group_id is not None:
        st.button(
            f"All {many} seeds" if many > 1 else "Its group", icon=":material/arrow_back:", type="tertiary",
            key=f"group_of_{run}", on_click=state.show_group, args=(known.group_id,),
        )  # fmt: skip
    elif "seeds" not in state.hidden() and (config := _sayable(known.config)) is not None:
        st.button(
            f"Repeat over {REPEATS} seeds", icon=":material/repeat:", type="tertiary", key=f"repeat_{run}",
            on_click=fill, args=(config, REPEATS), help="Fills the form, and starts nothing: press Start for that.",
        )  # fmt: skip


def _sayable(config: ExperimentConfig) -> ExperimentConfig | None:
    """The experiment if the form can say it, and can repeat it."""
    said, _, problem = read_experiment(write_experiment(config, REPEATS), config.data.name)
    return said if problem is None else None
