"""Every page without data and without a network, in both themes."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from resnet_viz.engine.manager import Manager
from resnet_viz.sources import SOURCES
from resnet_viz.ui.lessons import LESSONS
from tests.pages.conftest import MAIN
from tests.pages.test_race import texts

FILES = ["home.py", *(lesson.file for lesson in LESSONS)]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a page reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> Iterator[str]:
    before = config.get_option("theme.base")
    config.set_option("theme.base", request.param)
    yield request.param
    config.set_option("theme.base", before)


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
    for component in app.get("bidi_component"):
        data = json.loads(component.proto.json or "{}", parse_constant=lambda name: pytest.fail(f"{name} in a figure"))
        if data.get("figure"):
            assert len(data["alt"]) > 10
            assert "**" not in data["alt"]
