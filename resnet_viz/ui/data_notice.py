"""What a page says about missing data or weights, and the button that fetches them."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from resnet_viz.config import TITLES, DatasetName
from resnet_viz.engine.downloads import Downloads, title_of
from resnet_viz.places import DataUnavailable, find_dataset
from resnet_viz.questions import ModelName

TICK_S = 0.5
ARCHIVE_MB = {"cifar10": 170, "cifar100": 169}  # as torchvision's address serves them


def is_present(name: DatasetName) -> bool:
    """Whether a data set can be raced on now; the procedural one always can."""
    try:
        return name == "shapes" or find_dataset(name) is not None
    except DataUnavailable:
        return False


def present_data() -> DatasetName:
    """What a page measures on: CIFAR-10 where it is here, else the procedural set."""
    return "cifar10" if is_present("cifar10") else "shapes"


def data_notice(chosen: DatasetName, downloads: Downloads) -> None:
    """Say that photographs are missing, those chosen or else CIFAR-10, and offer to fetch them; else nothing."""
    name: DatasetName = "cifar10" if chosen == "shapes" else chosen
    active = _is_active(downloads)  # asked first: a download that ends in between has brought the data
    if not active and is_present(name):
        return
    missing, say = f"{TITLES[name]} is not on this machine; shapes, a synthetic set, is.", st.info
    try:
        find_dataset(name)
    except DataUnavailable as error:
        missing, say = str(error), st.warning
    _show(_Notice(name, downloads, missing, ARCHIVE_MB[name], say, active))


def download_notice(name: DatasetName | ModelName, downloads: Downloads, *, missing: str, megabytes: float) -> None:
    """Say that something is missing and offer to fetch it; while anything is fetched, how far it is.

    Args:
        missing: the sentence that says so.
        megabytes: its size, in millions of bytes.
    """
    _show(_Notice(name, downloads, missing, megabytes, st.info, _is_active(downloads)))


def _is_active(downloads: Downloads) -> bool:
    state = downloads.state
    return state is not None and state.active


def _show(notice: "_Notice") -> None:
    st.fragment(notice.draw, run_every=TICK_S if notice.was_active else None)()


@dataclass(frozen=True)
class _Notice:
    name: DatasetName | ModelName
    downloads: Downloads
    missing: str
    megabytes: float
    say: Callable[[str], object]
    was_active: bool

    def draw(self) -> None:
        """One tick."""
        state = self.downloads.state
        if state is not None and state.active:
            share = min(1.0, state.done / state.total) if state.total else 0.0
            text = f"Fetching {title_of(state.name)}: {state.done / 1e6:,.0f} of {state.total / 1e6:,.0f} MB"
            st.progress(share, text=text)
            st.button("Cancel", key="cancel_download", on_click=self.downloads.cancel)
            return
        if self.was_active:
            st.rerun()
        self.say(self.missing)
        if state is not None and state.message and state.name == self.name:
            st.error(state.message)
        label = f"Fetch {title_of(self.name)} ({self.megabytes:,.0f} MB)"
        if st.button(label, key="download", icon=":material/download:"):
            self.downloads.start(self.name)
            st.rerun()
