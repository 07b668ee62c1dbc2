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


def figures(app: AppTest) -> list[str]:
    return [str(component.proto.json) for component in app.get("bidi_component")]


def figure(app: AppTest, name: str) -> str:
    """The data of the figure whose traces or axes have this in them."""
    (found,) = [text for text in figures(app) if name in text]
    return found


def test_the_page_opens_with_the_example_worked_out(block: AppTest) -> None:
    assert not block.exception
    assert not block.error
    written = formulas(block)
    assert r"F(x)_1 = 0.1 \cdot 1 + 0.05 \cdot 0.5 + 0 = 0.125" in written
    assert r"H(x)_1 = 0.125 + 1 = \mathbf{1.125}" in written
    assert r"H(x)_1 = 0.125 = \mathbf{0.125}" in written  # the plain block
    assert "Singular values of I + dF/dx: $1.15, 1.05$" in texts(block)
    assert "Singular values of dF/dx: $0.15, 0.05$" in texts(block)


def test_f_has_only_the_correction_to_make(block: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert r"- \begin{bmatrix}1\\0.5\end{bmatrix} = \begin{bmatrix}0.1\\0.1\end{bmatrix}" in formulas(block)
    assert "the residual block's F has less to make" in texts(block)
    edited(monkeypatch, "target", [[-1.0], [0.5]])
    block.run()
    assert r"= \begin{bmatrix}-2\\0\end{bmatrix}" in formulas(block)
    assert "the residual block's F has more to make" in texts(block)


def test_the_stack_says_what_becomes_of_signal_and_gradient(block: AppTest) -> None:
    block.slider(key="stack_blocks").set_value(200).run()
    assert re.search(r"After 200 residual blocks the signal is 1\.\d+e\+12 times as large", texts(block))
    assert r"$1.15^{200} \approx 1.38 \cdot 10^{12}$ in residual ones" in texts(block)
    block.slider(key="stack_blocks").set_value(1).run()
    assert "After 200" not in texts(block)


def test_the_factor_of_the_example_is_said_with_its_weights_only(
    block: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited(monkeypatch, "weight", [[0, 0], [0, 0]])
    block.run()
    assert "1.15" not in texts(block)
    assert "$1^{50} = 1$ in residual ones" in texts(block)


def test_small_branches_and_normalising_keep_the_stack_in_bounds(block: AppTest) -> None:
    remedy = block.button_group(key="stack_remedy")
    remedy.set_value("branch / √N").run()
    assert re.search(r"After 50 residual blocks the signal is 2\.\d+ times as large", texts(block))
    assert "De and Smith (2020)" in texts(block)
    block.button_group(key="stack_remedy").set_value("output normalised").run()
    assert "After 50 residual blocks the signal is 0.8944 times as large" in texts(block)  # 1 / 1.118
    assert r"\frac{g - (g \cdot y)\, y}" in formulas(block)
    assert "De and Smith (2020)" not in texts(block)


def test_a_rate_that_is_too_large_is_said_to_make_the_errors_grow(block: AppTest) -> None:
    assert "= 0.55: the errors shrink" in texts(block)
    block.slider(key="learning_rate").set_value(1.0).run()
    assert "= -1.25: the errors grow" in texts(block)
    assert "the errors shrink" not in texts(block)


def test_a_descent_that_leaves_the_range_is_told_as_stopped(block: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    edited(monkeypatch, "x", [[1e6], [1e6]])
    block.slider(key="learning_rate").set_value(1.0)
    block.slider(key="learning_steps").set_value(100).run()
    assert "The descent of the plain block stopped after step" in texts(block)
    assert "left the range of the machine's numbers" in texts(block)
    assert not block.exception


def test_each_step_of_learning_is_shown_in_numbers(block: AppTest) -> None:
    nothing = r"W = \begin{bmatrix}0 & 0\\0 & 0\end{bmatrix}"
    assert formulas(block).count(nothing) == 2  # both begin at zero
    assert r"x^\top = \begin{bmatrix}-0.1 & -0.05\\-0.1 & -0.05\end{bmatrix}" in formulas(block)
    block.slider(key="learning_step").set_value(1).run()
    assert nothing not in formulas(block)
    # -rate times the gradient, by hand: 0.2 * 0.1 * (1, 0.5), and 0.2 * 1.1 * (1, 0.5)
    assert r"W = \begin{bmatrix}0.02 & 0.01\\0.02 & 0.01\end{bmatrix}" in formulas(block)
    assert r"W = \begin{bmatrix}0.22 & 0.11\\0.12 & 0.06\end{bmatrix}" in formulas(block)


def test_a_pixel_of_the_convolution_is_worked_out(block: AppTest) -> None:
    assert r"F(x)_{2,2} =" in formulas(block)
    assert r"H(x)_{2,2} = -0.2 + 1 = \mathbf{0.8}" in formulas(block)
    block.number_input(key="pixel_Row").set_value(1)
    block.number_input(key="pixel_Column").set_value(2).run()
    assert r"H(x)_{1,2} = 0.2 + 0 = \mathbf{0.2}" in formulas(block)  # two neighbours, 0.1 each
    assert "framed: row 1, column 2" in figure(block, "residual<br>H(x)")


def test_the_convolution_says_its_singular_values(block: AppTest) -> None:
    # The kernel on zeros around 5 pixels: -0.4 + 0.2 (cos(m pi / 6) + cos(n pi / 6)), m and n from 1 to 5.
    far, near = -0.4 - 0.4 * np.cos(np.pi / 6), -0.4 + 0.4 * np.cos(np.pi / 6)
    assert f"dF/dx, the plain block's, lie between {-near:.3g} and {-far:.3g}" in texts(block)
    assert f"I + dF/dx, the residual block's, lie between {1 + far:.3g} and {1 + near:.3g}" in texts(block)


def test_the_convolution_is_stacked_on_its_own(block: AppTest) -> None:
    block.slider(key="convolution_stack_blocks").set_value(7).run()
    assert "After 7 residual blocks" in texts(block)
    assert "After 50 residual blocks" in texts(block)


def test_the_kernel_learns_a_target_of_the_visitor_s_choice(block: AppTest) -> None:
    block.selectbox(key="convolution_target").set_value("the picture itself").run()
    assert "The loss of the residual block begins at 0 and ends at 0." in texts(block)
    assert "The loss of the plain block begins at 6.5" in texts(block)  # half of 13 ones
    block.slider(key="convolution_learning_step").set_value(20).run()
    assert formulas(block).count(r"k = \begin{bmatrix}0 & 0 & 0\\0 & 0 & 0\\0 & 0 & 0\end{bmatrix}") == 1  # residual


def test_a_picture_of_zeros_teaches_a_kernel_nothing_and_is_no_error(
    block: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited(monkeypatch, "picture", np.zeros((5, 5)))
    block.run()
    assert not block.exception
    assert "the signal is 0, as it was" in texts(block)
    assert "some errors grow" not in texts(block)


def test_a_number_that_is_changed_is_worked_with(block: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    edited(monkeypatch, "weight", [[0, 0], [0, 0]])
    block.run()
    assert r"H(x)_1 = 0 + 1 = \mathbf{1}" in formulas(block)
    assert "After 50 plain blocks the signal is gone, exactly 0" in texts(block)


GOOD: dict[str, list[list[float]]] = {
    "x": [[2.0], [3.0]],
    "weight": [[0.2, 0], [0, 0.3]],
    "kernel": [[0, 0, 0], [0, 0.7, 0], [0, 0, 0]],
}
SAYS = {"x": "Input x", "weight": "Weights W", "kernel": "Kernel k"}


@pytest.mark.parametrize("bad", ["two", None, float("nan"), 1e308, "no rows"])
@pytest.mark.parametrize("name", list(GOOD))
def test_a_bad_table_is_one_sentence_beside_it_and_the_last_good_figures_stay(
    block: AppTest, monkeypatch: pytest.MonkeyPatch, name: str, bad: object
) -> None:
    opened = figures(block)
    with monkeypatch.context() as patch:
        edited(patch, name, GOOD[name])
        block.run()
    before, drawn = formulas(block), figures(block)
    assert drawn != opened
    spoilt: list[list[object]] = [list(row) for row in GOOD[name]]
    spoilt[0][-1] = bad
    edited(monkeypatch, name, np.empty((0, len(spoilt[0]))) if bad == "no rows" else spoilt)
    block.run()
    (error,) = block.error
    assert error.value.startswith(SAYS[name])
    assert "last good numbers" in error.value
    (beside,) = [column for column in block.columns if column.error]
    assert f"**{SAYS[name]}**" in [element.value for element in beside.markdown]
    assert (formulas(block), figures(block)) == (before, drawn)
    assert not block.exception


@pytest.mark.parametrize("name", ["weight", "kernel"])
def test_a_bad_table_before_any_good_one_leaves_the_example(
    block: AppTest, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = formulas(block), figures(block)
    edited(monkeypatch, name, np.empty((0, len(GOOD[name][0]))))
    block.run()
    assert len(block.error) == 1
    assert (formulas(block), figures(block)) == before


def test_the_example_comes_back(block: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        edited(patch, "x", [[2.0], [3.0]])
        block.run()
        assert "1.125" not in formulas(block)
    block.button(key="example_x").click().run()
    assert "1.125" in formulas(block)


def test_every_formula_has_its_symbols_below(block: AppTest) -> None:
    captions = " ".join(element.value for element in block.caption)
    for symbol in (r"$\eta$", "$W$", "$b$", "$t$", "$I$", "$k$", "$p, q$", "$i, j$", "$g$"):
        assert f"{symbol}:" in captions


def test_every_figure_of_the_page_is_strict_json(block: AppTest) -> None:
    components = block.get("bidi_component")
    assert len(components) >= 4
    for component in components:
        json.loads(component.proto.json, parse_constant=lambda name: pytest.fail(f"{name} in a figure"))
