"""Every page without data and without a network, in both themes."""

import json
import socket
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.context import StreamlitTheme
from streamlit.testing.v1 import AppTest

from resnet_viz.engine.manager import Manager
from resnet_viz.sources import SOURCES
from resnet_viz.ui.lessons import LESSONS
from tests.pages.conftest import MAIN
from tests.pages.test_race import texts

FIGURES_LATER = ("race.py", "highway.py", "shattered.py", "library.py")  # once something runs, is predicted, or chosen
LESSON_FILES = ["home.py", *(lesson.file for lesson in LESSONS)]
FILES = [*LESSON_FILES, "library.py"]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a page reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The theme that the browser says it shows."""
    kind = str(request.param)
    monkeypatch.setattr(type(st.context), "theme", property(lambda _: StreamlitTheme({"type": kind})))
    return kind


def test_every_file_is_a_page_of_the_path() -> None:
    scripts = {path.name for path in MAIN.parent.glob("*.py")} - {"__init__.py", "main.py"}
    assert scripts == set(FILES)


@pytest.mark.parametrize("file", FILES)
def test_a_page_opens_names_its_sources_and_asks(
    file: str, app: AppTest, explaining: Manager, no_network: None, theme: str
) -> None:
    app.switch_page(file).run()
    assert not app.exception
    assert not app.error
    styles = [element for element in app.get("html") if "stMultiSelect" in element.proto.body]
    assert len(styles) == (theme == "dark")
    if file not in LESSON_FILES:  # the library teaches nothing by itself
        return
    said = texts(app)
    assert "**Sources.**" in said
    cited = [source for source in SOURCES.values() if source.url in said]
    assert cited
    assert all(source.title in said and str(source.year) in said for source in cited)
    questions = [*app.radio, *app.multiselect]
    # The page Explain asks about the branch it shows, the highway about the nets that it measures.
    asks_later = file in ("explain.py", "highway.py")
    assert asks_later or any("**Question.**" in question.label for question in questions)


@pytest.mark.parametrize("file", FILES)
def test_every_figure_of_a_page_is_strict_json_and_is_told_in_words(
    file: str, app: AppTest, explaining: Manager
) -> None:
    app.switch_page(file).run()
    strict = [
        json.loads(component.proto.json or "{}", parse_constant=lambda name: pytest.fail(f"{name} in a figure"))
        for component in app.get("bidi_component")
    ]
    alts = [data["alt"] for data in strict if data.get("figure")]
    assert all(len(alt) > 10 and "**" not in alt for alt in alts)
    assert bool(alts) == (file not in FIGURES_LATER)
