import json

import numpy as np
import pytest

from resnet_viz.arithmetic import Block, Norms, stacked
from resnet_viz.charts import arithmetic as charts
from resnet_viz.charts.style import COLOURS

X = np.array([1.0, 0.5])
WEIGHT = np.array([[0.1, 0.05], [0.05, 0.1]])
TARGET = np.array([1.1, 0.6])
BLOCKS = {residual: Block(WEIGHT, np.zeros(2), residual) for residual in (True, False)}


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.125, "0.125"), (-0.0, "0"), (2, "2"), (1.5e-7, r"1.5 \cdot 10^{-7}"), (-3e20, r"-3 \cdot 10^{20}")],
)
def test_numbers_are_written_as_by_hand(value: float, text: str) -> None:
    assert charts.number(value) == text


def test_the_output_is_named_h_and_worked_out() -> None:
    assert charts.output_steps(BLOCKS[True], X)[0] == r"H(x)_1 = 0.125 + 1 = \mathbf{1.125}"
    assert charts.output_steps(BLOCKS[False], X)[0] == r"H(x)_1 = 0.125 = \mathbf{0.125}"


def test_negative_factors_are_in_brackets() -> None:
    block = Block(np.array([[-1.0, 2.0], [0.0, 0.0]]), np.array([-3.0, 0.0]))
    assert charts.branch_steps(block, X)[0] == r"F(x)_1 = (-1) \cdot 1 + 2 \cdot 0.5 + (-3) = -3"


def test_the_residual_block_has_only_the_correction_to_make() -> None:
    assert charts.task_step(BLOCKS[True], X, TARGET).endswith(r"\begin{bmatrix}0.1\\0.1\end{bmatrix}")
    assert charts.task_step(BLOCKS[False], X, TARGET) == r"F(x) = t = \begin{bmatrix}1.1\\0.6\end{bmatrix}"


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ([1.1, 0.6], "the length 0.141, the target 1.25: the residual block's F has less to make"),
        ([-1.0, -0.5], "the length 2.24, the target 1.12: for a target so far from x, the residual block's F has more"),
        ([0.5, 0.25], "both blocks have equally much to make"),
    ],
)
def test_which_task_is_smaller_is_measured(target: list[float], says: str) -> None:
    assert says in charts.task_sentence(X, np.array(target))


def test_a_step_of_learning_shows_weights_output_and_gradient() -> None:
    weights, output, gradient = charts.learning_steps(BLOCKS[True], X, TARGET)
    assert r"0.1 & 0.05\\0.05 & 0.1" in weights
    assert r"y = \begin{bmatrix}1.125\\0.6\end{bmatrix}" in output
    assert r"\begin{bmatrix}0.025 & 0.0125\\0 & 0\end{bmatrix}" in gradient  # 0.025 times x, by hand


def sentence(forward: list[float], backward: list[float]) -> str:
    return charts.stack_sentence({True: Norms(np.array(forward), np.array(backward))}, 1)


@pytest.mark.parametrize(
    ("forward", "says"),
    [
        ([0, 0], "the signal is 0, as it was and"),
        ([0, 2.5], "the signal is 2.5, from 0 and"),
        ([2, 0], "the signal is gone, exactly 0 and"),
        ([2, 3], "the signal is 1.5 times as large and"),
        ([2, np.inf], "the signal is too large for a number of the machine and"),
        ([0, np.inf], "the signal is too large for a number of the machine and"),
        ([1e-300, 1e300], "the signal is more times as large than the machine can say and"),
    ],
)
def test_what_became_of_the_signal(forward: list[float], says: str) -> None:
    assert says in sentence(forward, [1, 1])


def test_a_signal_that_comes_from_the_bias_alone_is_said_to_grow() -> None:
    block = Block(WEIGHT, np.ones(2))
    said = charts.stack_sentence({True: stacked(block, np.zeros(2), np.ones(2), 1)}, 1)
    assert "the signal is 1.41, from 0" in said
    assert "as it was" not in said


@pytest.mark.parametrize(
    ("base", "exponent", "says"),
    [
        (1.15, 200, r"\approx 1.38 \cdot 10^{12}"), (1.5, 2, r"\approx 2.25"), (0.0, 5, "= 0"), (1.0, 200, "= 1"),
        (1e6, 200, r"\approx 1.00 \cdot 10^{1200}"), (0.5, 1, r"\approx 0.5"), (1.15, 50, r"\approx 1084"),
    ],
)  # fmt: skip
def test_powers_of_any_size_are_said(base: float, exponent: int, says: str) -> None:
    assert charts.power(base, exponent) == says


def test_the_bound_is_the_largest_singular_value_on_screen_to_the_power_of_the_depth() -> None:
    says = charts.bound_sentence({residual: block.jacobian for residual, block in BLOCKS.items()}, 200)
    assert r"$1.15^{200} \approx 1.38 \cdot 10^{12}$ in residual ones" in says
    assert "0.15^{200}" in says
    assert "1.15" not in charts.bound_sentence({True: np.eye(2), False: np.zeros((2, 2))}, 200)


@pytest.mark.parametrize(
    ("rate", "says"),
    [
        (0.2, "1 - 0.2 · 2.25 = 0.55: the errors shrink, for the rate is below 2 / (‖x‖² + 1) = 0.889"),
        (0.6, "= -0.35: the errors shrink and change their sign each step"),
        (1.0, "1 - 1 · 2.25 = -1.25: the errors grow and change their sign each step, for the rate is above"),
        (2 / 2.25, "the errors only change their sign"),
    ],
)
def test_the_pace_is_worked_out_and_growth_is_said(rate: float, says: str) -> None:
    assert says in charts.pace_sentence(X, rate)


def test_a_descent_that_ended_early_is_told_as_that() -> None:
    says = charts.learning_sentence({True: [1.0, 1e300], False: [2.0, 1.0, 0.5]}, steps=2)
    assert "of the residual block stopped after step 1" in says
    assert "left the range" in says
    assert "The loss of the plain block begins at 2 and ends at 0.5." in says
    assert "ends at 1e+300" not in says


def test_figures_leave_out_what_a_log_axis_can_t_show() -> None:
    norms = {False: Norms(np.array([1.0, 0.0, np.inf]), np.array([1.0, 1.0, 1.0]))}
    figure = charts.stacked_figure(norms)
    assert figure["data"][0]["y"] == [1.0, None, None]
    assert figure["data"][0]["line"]["color"] == COLOURS["none"]
    json.dumps([figure, charts.learning_figure({True: [1.0, 0.0]})], allow_nan=False)
