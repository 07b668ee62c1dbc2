"""A lesson with its settings on the left, and what is measured with them on the right."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from resnet_viz.ui import engine
from resnet_viz.ui.desk import Desk
from resnet_viz.ui.lessons import next_lesson
from resnet_viz.ui.live_plot import preload_plotly

Settings = TypeVar("Settings")


def measured_lesson(key: str, title: str, form: Callable[[], Settings], tell: Callable[[Desk, Settings], None]) -> None:
    """Draw the page.

    Args:
        key: of the lesson.
        form: draws the settings and gives what is chosen.
        tell: draws all between the head of the page and the way to the next lesson.
    """
    manager = engine.manager_or_sentence()
    if manager is None:
        return
    manager.explainer.warm()
    left, right = st.columns([1, 3], gap="large")
    with left:
        st.subheader(title)
        settings = form()
    with right:
        preload_plotly()
        desk = Desk(manager.explainer, st.container())
        tell(desk, settings)
        next_lesson(key)
        desk.follow()
