"""One's own curves beside those of the paper."""

import streamlit as st

from resnet_viz.charts.beside_paper import beside_paper_figure, beside_paper_sentence, is_comparable
from resnet_viz.runlog import Snapshot
from resnet_viz.ui.live_plot import live_plot


def paper_view(snapshot: Snapshot) -> None:
    """Draw both on one axis of images seen, and say what differs."""
    if not is_comparable(snapshot):
        st.caption("Figure 6 of He et al. (2015) is about all of CIFAR-10: race on it to stand beside the paper.")
        return
    says = beside_paper_sentence(snapshot)
    st.markdown("**Beside the paper:** test error, and Figure 6 of He et al. (2015), read off its drawing (faint)")
    live_plot(beside_paper_figure(snapshot), key=f"paper_{snapshot.run}", alt=f"Test error. {says}", height=360)
    st.caption(says)
