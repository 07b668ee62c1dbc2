"""The live view of one run: controls, sentence, charts. Drawn again on every tick, from a snapshot."""

import logging
from dataclasses import dataclass

import streamlit as st

from resnet_viz import charts
from resnet_viz.charts import sentences
from resnet_viz.charts.certificate import certificate
from resnet_viz.charts.summary import Note
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.recorded import recorded
from resnet_viz.engine.store import NoSuchRun, StoreError
from resnet_viz.records import Status
from resnet_viz.runlog import Snapshot
from resnet_viz.ui import state
from resnet_viz.ui.certificate_view import certificate_box
from resnet_viz.ui.export_view import exports
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.network_view import network_view
from resnet_viz.ui.paper_view import paper_view
from resnet_viz.ui.race_controls import race_controls

TICK_S = 0.5
BADGES: dict[Status, tuple[str, str]] = {
    "queued": ("queued", "gray"), "running": ("running", "green"), "paused": ("paused", "orange"),
    "finished": ("finished", "blue"), "stopped": ("stopped", "gray"), "interrupted": ("interrupted", "orange"),
    "failed": ("failed", "red"),
}  # fmt: skip

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _View:
    manager: Manager
    run: str
    was_active: bool

    def draw(self) -> None:
        """One tick."""
        try:
            snapshot = self.manager.snapshot(self.run)
        except NoSuchRun:  # deleted just now: the whole page says so, without what belongs to a run
            st.rerun()
        except StoreError as error:
            log.exception("run %s", self.run)
            st.error(str(error), icon=":material/error:")
            return
        assert snapshot is not None
        if self.was_active and not snapshot.is_active:
            st.rerun()  # once: the whole page, which then ticks no more
        _header(self.manager, snapshot)
        if snapshot.step:  # drawing four empty charts would only delay the first step
            _charts(snapshot)


def race_view(manager: Manager, run: str) -> None:
    """Draw a run, live while it goes.

    Raises:
        NoSuchRun: the store has none with this id.
        StoreError: the store can't be read.
    """
    snapshot = manager.snapshot(run)
    assert snapshot is not None
    view = _View(manager, run, snapshot.is_active)
    st.fragment(view.draw, run_every=TICK_S if snapshot.is_active else None)()
    exports(manager, run)  # outside of what ticks: its buttons stay


def _header(manager: Manager, snapshot: Snapshot) -> None:
    label, colour = BADGES[snapshot.status]
    title = " against ".join(snapshot.config.labels)
    st.markdown(f"#### {title} :{colour}-badge[{label}]")
    st.caption(sentences.data_sentence(snapshot))
    if snapshot.config.data.name == "shapes":
        st.caption(":material/info: Synthetic pictures drawn by this program, not photographs.")
    if snapshot.run in recorded():
        st.caption(":material/album: A recording that comes with the project.")
    with st.container():  # there even when it is empty: charts whose place changes are built anew and lose their zoom
        race_controls(manager, snapshot)
    if snapshot.status == "queued":
        ahead = snapshot.queued_behind
        races = "one race that is" if ahead == 1 else f"{ahead} races that are"
        st.info(f"Queued behind {races} still going; it starts by itself." if ahead else "A worker is starting.")
        return
    st.progress(snapshot.progress, text=sentences.progress_sentence(snapshot))
    with st.container():  # as above
        if snapshot.message:
            shown = st.error if snapshot.status == "failed" else st.warning
            shown(snapshot.message)
        if manager.notice:
            st.warning(manager.notice)
    says = sentences.measured_sentence(snapshot)
    st.markdown(f"**{says}**")
    if snapshot.status == "finished":
        raced = f"A race of {title}: {sentences.data_sentence(snapshot)}"
        state.note(f"tried_{snapshot.run}", Note("race", raced, says, is_question=False))
    with st.container():  # as above
        if changed := sentences.intervention_sentences(snapshot):
            st.markdown("\n".join(f"- {sentence}" for sentence in changed))


def _charts(snapshot: Snapshot) -> None:
    run = snapshot.run
    with st.container(horizontal=True):
        nets = st.toggle("Show the nets", key=f"nets_{run}")
        paper = st.toggle("Beside the paper", key=f"beside_paper_{run}")
    with st.container():  # as above
        if nets:
            network_view(snapshot)
        if paper:
            paper_view(snapshot)
    four_charts(snapshot)
    details = [sentences.speed_sentence(snapshot), sentences.device_sentence(snapshot)]
    st.caption(" · ".join(filter(None, details)))
    certificate_box(certificate(snapshot), snapshot.config.arms)
    with st.expander("The numbers of each epoch"):
        if rows := sentences.epoch_table(snapshot):
            st.dataframe(rows, hide_index=True, alt="Training and test error of each net at the end of each epoch.")
        else:
            st.caption("They come at the end of the first epoch.")


def four_charts(snapshot: Snapshot) -> None:
    """Loss, error, and the gradient flow of now and so far."""
    run = snapshot.run
    first, second = st.columns(2, gap="medium")
    with first:
        st.markdown("**Training loss** of each batch (faint) and its running mean")
        alt = f"Training loss against step. {sentences.measured_sentence(snapshot)}"
        live_plot(charts.loss_figure(snapshot), key=f"loss_{run}", alt=alt, height=320)
    with second:
        st.markdown("**Error** at the end of each epoch: training filled, test open")
        alt = "Training and test error in percent at the end of each epoch; the table below has the numbers."
        live_plot(charts.error_figure(snapshot), key=f"error_{run}", alt=alt, height=320)
    third, fourth = st.columns(2, gap="medium")
    with third:
        st.markdown("**Gradient flow now:** L2 norm of dL/dW, block by block")
        alt = "Gradient norm of the stem, each block and the classifier on a log axis."
        live_plot(charts.gradient_now_figure(snapshot), key=f"now_{run}", alt=alt, height=380)
    with fourth:
        st.markdown("**Gradient flow so far:** the same norms, one colour scale")
        alt = "Gradient norm of each block over the steps of the run, one heat map for each net."
        live_plot(charts.gradient_heat_figure(snapshot), key=f"heat_{run}", alt=alt, height=380)
