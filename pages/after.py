"""After ResNet: where the plus sign came from, where it went, and what is disputed about it. One topic at a time."""

from collections.abc import Callable, Mapping

import streamlit as st

from resnet_viz.ui.after_causes import causes
from resnet_viz.ui.after_gates import gates
from resnet_viz.ui.after_measured import add_and_norm, preactivation
from resnet_viz.ui.after_paths import paths, stochastic_depth
from resnet_viz.ui.after_sequences import vit_and_mamba
from resnet_viz.ui.after_shapes import concatenation, wide
from resnet_viz.ui.lessons import next_lesson
from resnet_viz.ui.live_plot import preload_plotly

INTRO = """
The addition outlived the net that it was made for. Choose a topic: each has something to move.
"""
TOPICS: Mapping[str, Callable[[], None]] = {
    "Pre-activation": preactivation,
    "Highway gates": gates,
    "Paths": paths,
    "Stochastic depth": stochastic_depth,
    "Wide nets": wide,
    "Concatenation": concatenation,
    "Add & Norm": add_and_norm,
    "ViT and Mamba": vit_and_mamba,
    "Why degradation?": causes,
}


def main() -> None:
    preload_plotly()
    st.header("After ResNet")
    st.markdown(INTRO)
    names = list(TOPICS)
    topic = st.pills("Topic", names, default=names[0], required=True, key="after_topic", label_visibility="collapsed")
    st.subheader(topic)
    TOPICS[topic]()
    next_lesson("after")


main()
