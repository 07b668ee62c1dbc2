"""The nets of a race, drawn as they are, with a slider over the whole run."""

import streamlit as st

from resnet_viz.charts.network import last_step, network_figure, network_sentence
from resnet_viz.runlog import Snapshot
from resnet_viz.ui.live_plot import Replay, live_plot

REPLAY_S = 6.0
ARM_HEIGHT = 170  # pixels


def network_view(snapshot: Snapshot) -> None:
    """Draw every arm; nothing before the first gradient record."""
    last = last_step(snapshot)
    if not last:
        st.caption("The first gradient record is on its way." if snapshot.is_active else "This run recorded none.")
        return
    st.markdown("**The nets:** each cell is a block, as high as its map; its colour is the gradient norm ‖dL/dW‖")
    live_plot(
        network_figure(snapshot), key=f"network_{snapshot.run}", alt=network_sentence(snapshot),
        height=60 + ARM_HEIGHT * len(snapshot.arms), replay=Replay(last, REPLAY_S),
    )  # fmt: skip
    st.caption(f"{network_sentence(snapshot)} Arcs are shortcuts, dotted where the dimensions change.")
