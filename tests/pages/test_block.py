import json
import re

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.engine.manager import Manager
from resnet_viz.ui import block_editors
from tests.pages.test_race import texts


@pytest.fixture
def block(app: AppTest, manager: Manager) -> AppTest:
    app.run()
    app.switch_page("block.py").run()
    return app


def formulas(app: AppTest) -> str:
    return "\n".join(element.value for element in app.get("latex"))


def edited(monkeypatch: pytest.MonkeyPatch, name: str, values: object) -> None:
    """Let an editor give these values, as if somebody had typed them: AppTest can't type into a table."""
    original = block_editors.st.data_editor

    def editor(table: pd.DataFrame, **options: object) -> pd.DataFrame:
        given = original(table, **options)
        assert isinstance(given, pd.DataFrame)
        if f"edit_{name}_" not in str(options["key"]):
            return given
        return pd.DataFrame(np.array(values, dtype=object), columns=table.columns)

    monkeypatch.setattr(block_editors.st, "data_editor", editor)


def test_the_page_opens_with_the_example_worked_out(block: AppTest) -> None:
    assert not block.exception
    written = formulas(block)
    assert r"F(x)_1 = 0.1 \cdot 1 + 0.05 \cdot 0.5 + 0 = 0.125" in written
    assert r"y_1 = 0.125 + 1 = \mathbf{1.125}" in written
    assert r"y_1 = 0.125 = \mathbf{0.125}" in written  # the plain block
    assert "Singular values of dy/dx: $1.15, 1.05$" in texts(block)


def test_the_stack_says_what_becomes_of_signal_and_gradient(block: AppTest) -> None:
    block.slider(key="blocks").set_value(200).run()
    assert re.search(r"After 200 residual blocks the signal is 1\.\d+e\+12 times as large", texts(block))
    block.slider(key="blocks").set_value(1).run()
    assert "After 200" not in texts(block)


def test_a_number_that_is_changed_is_worked_with(block: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    edited(monkeypatch, "weight", [[0, 0], [0, 0]])
    block.run()
    assert r"y_1 = 0 + 1 = \mathbf{1}" in formulas(block)
    assert "After 50 plain blocks the signal is gone, exactly 0" in texts(block)


@pytest.mark.parametrize("bad", ["two", None, float("nan"), 1e308])
def test_a_bad_number_is_one_sentence_and_the_last_good_ones_stay(
    block: AppTest, monkeypatch: pytest.MonkeyPatch, bad: object
) -> None:
    with monkeypatch.context() as patch:
        edited(patch, "x", [[2.0], [3.0]])
        block.run()
    before = formulas(block)
    edited(monkeypatch, "x", [[bad], [3.0]])
    block.run()
    (error,) = block.error
    assert error.value.startswith("Input x")
    assert "last good numbers" in error.value
    assert formulas(block) == before
    assert not block.exception


def test_the_example_comes_back(block: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        edited(patch, "x", [[2.0], [3.0]])
        block.run()
        assert "1.125" not in formulas(block)
    block.button(key="example").click().run()
    assert "1.125" in formulas(block)


def test_every_figure_of_the_page_is_strict_json(block: AppTest) -> None:
    components = block.get("bidi_component")
    assert len(components) >= 4
    for component in components:
        json.loads(component.proto.json, parse_constant=lambda name: pytest.fail(f"{name} in a figure"))
