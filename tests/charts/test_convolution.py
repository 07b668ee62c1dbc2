import json

import numpy as np
import pytest

from resnet_viz.arithmetic import Floats
from resnet_viz.charts import convolution as charts
from resnet_viz.convolution_arithmetic import Convolution

PICTURE: Floats = np.arange(1.0, 26).reshape(5, 5)
KERNEL = np.array([[0, 0, 0], [0, -2.0, 0.5], [0, 0, 0]])
BLOCKS = {residual: Convolution(KERNEL, residual) for residual in (True, False)}


def test_a_pixel_is_worked_out_by_hand() -> None:
    branch, output = charts.pixel_steps(BLOCKS[True], PICTURE, (0, 0))
    assert r"0 \cdot 0 + (-2) \cdot 1 + 0.5 \cdot 2" in branch
    assert r"F(x)_{1,1}" in branch
    assert r"\\ = \; &{-1} \end{aligned} \;" in branch
    assert output == r"H(x)_{1,1} = -1 + 1 = \mathbf{0}"
    assert charts.pixel_steps(BLOCKS[False], PICTURE, (0, 0))[1] == r"H(x)_{1,1} = -1 = \mathbf{-1}"


def test_outside_the_picture_there_are_zeros() -> None:
    branch, _ = charts.pixel_steps(BLOCKS[False], PICTURE, (4, 4))  # 25 in the corner, nothing to its right
    assert r"(-2) \cdot 25 + 0.5 \cdot 0" in branch


def test_plain_and_residual_are_compared_in_words() -> None:
    says = charts.pixel_sentence(BLOCKS, PICTURE, (0, 1))  # -2 * 2 + 0.5 * 3 = -2.5
    assert "The pixel was 2." in says
    assert "plain block puts -2.5 in its place" in says
    assert "adds -2.5 to it, which makes -0.5" in says


def test_pictures_share_a_scale_and_the_pixel_has_a_frame_in_each() -> None:
    figure = charts.pictures_figure({"x": PICTURE, "y": -2 * PICTURE}, (1, 3))
    assert {(trace["zmin"], trace["zmax"]) for trace in figure["data"]} == {(-50, 50)}
    assert [(shape["x0"], shape["y0"], shape["xref"]) for shape in figure["layout"]["shapes"]] == [
        (3.5, 1.5, "x"), (3.5, 1.5, "x2"),
    ]  # fmt: skip
    assert figure["data"][0]["x"] == figure["data"][0]["y"] == [1, 2, 3, 4, 5]
    json.dumps(figure, allow_nan=False)


def test_a_picture_of_zeros_still_has_a_scale() -> None:
    assert charts.pictures_figure({"x": 0 * PICTURE}, (0, 0))["data"][0]["zmax"] == 1


def test_singular_values_are_shown_and_said() -> None:
    values = {True: np.array([1.5, 0.5]), False: np.array([0.5, 0.0])}
    figure = charts.singular_values_figure(values)
    assert [trace["name"] for trace in figure["data"]] == ["residual, I + dF/dx", "plain, dF/dx"]
    assert figure["data"][1]["y"] == [0.5, 0.0]
    says = charts.singular_values_sentence(values)
    assert "The 2 singular values of dF/dx, the plain block's, lie between 0 and 0.5." in says
    assert "lie between 0.5 and 1.5" in says


@pytest.mark.parametrize("pixel", [(0, 0), (2, 2), (4, 1)])
def test_the_worked_pixel_is_the_one_of_the_whole_picture(pixel: tuple[int, int]) -> None:
    worked = charts.pixel_steps(BLOCKS[True], PICTURE, pixel)[1]
    assert worked.endswith(rf"\mathbf{{{BLOCKS[True].forward(PICTURE)[pixel]:g}}}")
