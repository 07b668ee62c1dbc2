"""What the page says about missing data, and the button that fetches it."""

import streamlit as st

from resnet_viz.config import TITLES, DatasetName
from resnet_viz.engine.downloads import Downloads
from resnet_viz.places import DataUnavailable, find_dataset

TICK_S = 0.5
ARCHIVE_MB = {"cifar10": 170, "cifar100": 169}  # as torchvision's address serves them


def is_present(name: DatasetName) -> bool:
    """Whether a data set can be raced on now; the procedural one always can."""
    try:
        return name == "shapes" or find_dataset(name) is not None
    except DataUnavailable:
        return False


def data_notice(name: DatasetName, downloads: Downloads) -> None:
    """Say that a data set is missing and offer to fetch it; nothing when it is there."""
    state = downloads.state
    active = state is not None and state.active
    if not active and is_present(name):
        return
    st.fragment(_Notice(name, downloads, active).draw, run_every=TICK_S if active else None)()


class _Notice:
    def __init__(self, name: DatasetName, downloads: Downloads, was_active: bool) -> None:
        self.name, self.downloads, self.was_active = name, downloads, was_active

    def draw(self) -> None:
        """One tick."""
        state = self.downloads.state
        if state is not None and state.active:
            share = min(1.0, state.done / state.total) if state.total else 0.0
            text = f"Fetching {TITLES[state.name]}: {state.done / 1e6:,.0f} of {state.total / 1e6:,.0f} MB"
            st.progress(share, text=text)
            st.button("Cancel", key="cancel_download", on_click=self.downloads.cancel)
            return
        if self.was_active:
            st.rerun()
        try:
            find_dataset(self.name)
            st.info(f"{TITLES[self.name]} is not on this machine; shapes, a synthetic set, is.")
        except DataUnavailable as error:
            st.warning(str(error))
        if state is not None and state.message:
            st.error(state.message)
        label = f"Fetch {TITLES[self.name]} ({ARCHIVE_MB[self.name]} MB)"
        if st.button(label, key="download", icon=":material/download:"):
            self.downloads.start(self.name)
            st.rerun()
