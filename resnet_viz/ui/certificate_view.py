"""The box that says what a comparison held equal."""

from collections.abc import Sequence

import streamlit as st

from resnet_viz.charts.certificate import Held, differences
from resnet_viz.net_config import NetConfig


def certificate_box(held: Sequence[Held], arms: tuple[NetConfig, ...]) -> None:
    """Draw it, closed."""
    with st.expander("What was held equal"):
        for one in held:
            icon = "check" if one.is_equal else "not_equal"
            st.markdown(f":material/{icon}: **{one.what}**: {one.words}")
        st.caption(f"The arms differ in: {', '.join(differences(arms)) or 'nothing'}.")
