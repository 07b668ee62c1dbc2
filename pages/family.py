"""The family: what ResNets and their plain relatives cost, counted from their modules, and how blocks are wired."""

import streamlit as st

from resnet_viz.family import Counted
from resnet_viz.net_questions import Family
from resnet_viz.ui import engine, family_views
from resnet_viz.ui.desk import Desk
from resnet_viz.ui.lessons import next_lesson
from resnet_viz.ui.live_plot import preload_plotly
from resnet_viz.ui.teaching import sources

INTRO = """
ResNet is not one net but a way to build them, from 18 layers to 152 and on. VGG, the deep net of 2014, had 16 or
19. Were the deeper nets bought with more work, or with more parameters? Say what you think; then look at what was
counted from the nets themselves.
"""
SOURCES = {
    "he2015": "sections 3.2, 3.3, 4.1 and 4.2, tables 1 and 3, figures 3 and 5",
    "he2016": "figure 4",
    "simonyan2014": "section 2",
    "zagoruyko2016": "section 2",
    "torchvision": "pages of the builders, for the note on the stride of the bottleneck",
}


def main() -> None:
    manager = engine.manager_or_sentence()
    if manager is None:
        return
    st.header("The family")
    st.markdown(INTRO)
    preload_plotly()
    desk = Desk(manager.explainer, st.container())
    asking = desk.answer(Family())
    counted = Counted.model_validate(asking.told) if asking else None
    family_views.questions(counted)
    if counted is not None:
        st.subheader("What each net costs")
        family_views.costs(counted)
        family_views.paper(counted)
        st.subheader("Stage by stage")
        family_views.stages(counted)
        st.subheader("The blocks")
        family_views.blocks(counted.diagrams)
    st.subheader("When x does not fit: identity or projection")
    family_views.options()
    st.subheader("The bottleneck's saving")
    family_views.saving_question()
    family_views.bottleneck()
    sources(SOURCES)
    next_lesson("family")
    desk.follow()


main()
