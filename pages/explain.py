"""Explain: ask a pretrained classifier why it said that, and whether the picture of the answer can be trusted."""

import streamlit as st

from resnet_viz.questions import Describe, Description, Model
from resnet_viz.ui import engine
from resnet_viz.ui.classifier_choice import choose_model, describe
from resnet_viz.ui.desk import Desk
from resnet_viz.ui.explain_views import branch_view, prediction, surgery_view, trust_view
from resnet_viz.ui.lessons import next_lesson
from resnet_viz.ui.live_plot import preload_plotly
from resnet_viz.ui.map_panels import map_panels
from resnet_viz.ui.pictures import Shown, choose_pictures
from resnet_viz.ui.teaching import sources

MAPS = "What and where"
VIEWS = {"Which branch": branch_view, "Surgery": surgery_view, "Can it be trusted?": trust_view}
SOURCES = {
    "selvaraju2016": "section 3, equations 1 and 2", "adebayo2018": "section 3", "petsiuk2018": "section 4.2",
    "he2015": "sections 3.2 and 3.3",
}  # fmt: skip
EMPTY = """
#### Why did it say that?

Choose a sample on the left, or give a picture of your own: a file, a photograph, or one from the clipboard. You will
see what a pretrained network believes, where in the picture and through which branch of its blocks the evidence came,
and whether the explanation deserves belief.
"""


def main() -> None:
    manager = engine.manager_or_sentence()
    if manager is None:
        return
    left, right = st.columns([1, 3], gap="large")
    desk = Desk(manager.explainer, right.container())
    with left:
        st.subheader("Explain a picture")
        pictures = choose_pictures(manager.explainer)
        model = choose_model(manager, desk)
    with right:
        preload_plotly()
        described = desk.answer(Describe(model=model)) if model is not None else None
        if not pictures:
            st.markdown(EMPTY)
        elif model is not None and described is not None:
            answers(desk, model, Description.model_validate(described.told), pictures)
        sources(SOURCES)
        next_lesson("explain")
    desk.follow()


def answers(desk: Desk, model: Model, description: Description, pictures: list[Shown]) -> None:
    """What the model says of a picture, and the four questions about it."""
    describe(description)
    at = 0
    if len(pictures) > 1:
        at = st.selectbox("Picture", range(len(pictures)), format_func=lambda at: pictures[at].name, key="picture")
    picture = pictures[at]
    looked = desk.look(model, picture.path)
    if looked is None:
        return
    target = prediction(looked, picture, description)
    view = st.segmented_control("Question", [MAPS, *VIEWS], default=MAPS, required=True, wrap=True, key="view")
    if view == MAPS:
        others = [other for other in pictures if other != picture]
        map_panels(desk, model, description, [picture, *others], target)
    else:
        VIEWS[view](desk, model, description, picture, target)


main()
