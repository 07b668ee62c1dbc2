"""Explain: ask a pretrained classifier why it said that, and whether the picture of the answer can be trusted."""

import logging

import streamlit as st

from resnet_viz.charts import saliency, saliency_sentences
from resnet_viz.engine.store import StoreError
from resnet_viz.questions import Describe, Description, Model
from resnet_viz.ui import engine
from resnet_viz.ui.classifier_choice import choose_model, describe
from resnet_viz.ui.desk import Desk
from resnet_viz.ui.explain_views import branch_view, surgery_view, trust_view
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.map_panels import map_panels
from resnet_viz.ui.pictures import Shown, choose_pictures

log = logging.getLogger(__name__)

VIEWS = {"What and where": None, "Which branch": branch_view, "Surgery": surgery_view, "Can it be trusted?": trust_view}


def main() -> None:
    try:
        manager = engine.manager()
    except StoreError as error:
        log.exception("store")
        st.error(str(error), icon=":material/error:")
        return
    left, right = st.columns([1, 3], gap="large")
    desk = Desk(manager.explainer, right.container())
    with left:
        st.subheader("Explain a picture")
        model = choose_model(manager, desk)
        pictures = choose_pictures(manager.explainer)
    with right:
        asking = desk.answer(Describe(model=model)) if model is not None else None
        if not pictures:
            st.markdown("#### Choose a picture\n\nTake one of the samples on the left, or give one of your own.")
        elif model is not None and asking is not None:
            description = Description.model_validate(asking.told)
            describe(description)
            questions(desk, model, description, pictures)
    desk.follow()


def questions(desk: Desk, model: Model, description: Description, pictures: list[Shown]) -> None:
    """What the model says of a picture, and the four questions about it."""
    picture = pictures[0]
    if len(pictures) > 1:
        picture = pictures[st.selectbox("Picture", range(len(pictures)), format_func=lambda at: pictures[at].name)]
    asking = desk.look(model, picture.path)
    if asking is None:
        return
    probabilities, categories = asking.arrays["probabilities"], description.categories
    sentence = saliency_sentences.prediction_sentence(description.title, probabilities, categories)
    first, second = st.columns([1, 2], gap="medium")
    note = (asking.told or {})["note"]
    first.image(asking.arrays["view"], width="stretch", caption="What the model saw" + (f": {note}" if note else ""))
    with second:
        st.markdown(f"**{sentence}**")
        target = st.selectbox(
            "Class to explain", range(len(categories)), index=int(probabilities.argmax()),
            format_func=categories.__getitem__, key=f"target_{picture.path.name}_{description.title}",
        )  # fmt: skip
        live_plot(
            saliency.prediction_figure(probabilities, categories, explained=target), key="top", alt=sentence, height=260
        )
    view = st.segmented_control("Question", list(VIEWS), default="What and where", key="view") or "What and where"
    draw = VIEWS[view]
    if draw is None:
        others = [other for other in pictures if other != picture]
        map_panels(desk, model, description, [picture, *others], target)
    else:
        draw(desk, model, description, picture, target)


main()
