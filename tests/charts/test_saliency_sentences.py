import math
from itertools import product

import numpy as np
import pytest

from resnet_viz.attribution import METHODS, MethodName
from resnet_viz.charts import saliency_sentences as sentences

CHECKED: tuple[MethodName, ...] = ("grad-cam", "saliency", "guided-backprop")
STAGES = ("nothing", "fc", "layer4", "conv1")
TITLES = ("stage 1, block 2", "stage 2, block 2", "stage 3, block 2")


def test_a_prediction_names_the_first_two_classes() -> None:
    categories = ("cup", "espresso", "coffee mug")
    sentence = sentences.prediction_sentence("ResNet-50", [0.01, 0.953, 0.021], categories)
    assert sentence == "ResNet-50 says espresso (95.3 %), then coffee mug (2.1 %)."
    assert sentences.prediction_sentence("A net", [1.0], ("cup",)) == "A net says cup (> 99.9 %)."


def test_two_classes_of_one_name_are_told_apart() -> None:
    sentence = sentences.prediction_sentence("ResNet-50", [0.25, 0.75], ("crane", "crane"))
    assert sentence == "ResNet-50 says crane (1) (75.0 %), then crane (0) (25.0 %)."


def test_a_net_without_numbers_says_nothing() -> None:
    sentence = sentences.prediction_sentence("plain-56", [math.nan, math.nan], ("cat", "dog"))
    assert sentence == "plain-56 says nothing: its probabilities are not numbers."


def test_areas_stand_beside_those_of_a_random_and_a_central_order() -> None:
    assert sentences.faithfulness_sentence("Grad-CAM", [[0.21, 0.62], [0.48, 0.40], [0.35, 0.70]]) == (
        "Greying out what Grad-CAM marks lowers the probability faster than a random order (area 0.21 against 0.48) "
        "and faster than starting at the centre (0.35); putting it back raises it faster than a random order (area "
        "0.62 against 0.40) but more slowly than starting at the centre (0.70)."
    )


# A smaller area is better under deletion, a larger one under insertion.
DELETION = {"faster than": 0.75, "as fast as": 0.5, "more slowly than": 0.25}
INSERTION = {"faster than": 0.25, "as fast as": 0.5, "more slowly than": 0.75}


@pytest.mark.parametrize(("by_chance", "from_centre"), list(product(DELETION, repeat=2)))
def test_every_outcome_is_told_as_it_is(by_chance: str, from_centre: str) -> None:
    link = "and" if by_chance == from_centre else "but"
    for column, (verb, areas) in enumerate((("lowers the probability", DELETION), ("raises it", INSERTION))):
        table = np.full((3, 2), 0.5)
        table[1:, column] = areas[by_chance], areas[from_centre]
        sentence = sentences.faithfulness_sentence("A map", table)
        assert (
            f"{verb} {by_chance} a random order (area 0.50 against {areas[by_chance]:.2f}) {link} {from_centre} "
            f"starting at the centre ({areas[from_centre]:.2f})"
        ) in sentence
        others = sentence.replace(f"{verb} {by_chance}", "").replace(f"{link} {from_centre}", "")
        assert "as fast as" in others  # the other half is a tie
        assert "faster" not in others
        assert "slowly" not in others


def test_areas_that_look_the_same_are_called_the_same() -> None:
    sentence = sentences.faithfulness_sentence("A map", [[0.501, 0.5], [0.499, 0.5], [0.5, 0.5]])
    assert "faster" not in sentence
    assert "slowly" not in sentence
    assert "faster than a random order (area 0.49" in sentences.faithfulness_sentence(
        "A map", [[0.494, 0.5], [0.499, 0.5], [0.5, 0.5]]
    )


def test_areas_that_are_no_numbers_are_not_compared() -> None:
    sentence = sentences.faithfulness_sentence("A map", [[math.nan, 0.5], [0.5, 0.5], [0.5, 0.5]])
    assert sentence == "A map was not compared: the probabilities are not numbers."


def randomised(*last: float | None) -> str:
    """The sentence of a check that ends with these."""
    rows = [[1.0, 1.0, 1.0], [0.9, 0.9, 0.9], [None, 0.1, 0.1], last]
    return sentences.randomise_sentence(CHECKED, STAGES, rows)


def test_a_check_names_the_maps_that_stay_similar_and_those_that_do_not() -> None:
    assert randomised(0.03, 0.314, 0.82) == (
        "With random weights from fc to conv1, the map of Guided Backprop is still similar to the trained net's (rank "
        "correlation 0.82); the maps of Grad-CAM and Gradient are not similar any more (rank correlation 0.03 and "
        "0.31). Guided Backprop hardly depends on the weights."
    )
    assert randomised(0.5, -0.4, -0.001) == (
        "With random weights from fc to conv1, the map of Grad-CAM is still similar to the trained net's (rank "
        "correlation 0.50); the maps of Gradient and Guided Backprop are not similar any more (rank correlation -0.40 "
        "and 0.00)."
    )


def test_a_map_without_contrast_is_neither_similar_nor_lost() -> None:
    assert randomised(None, 0.2, 0.49) == (
        "With random weights from fc to conv1, the maps of Gradient and Guided Backprop are not similar any more (rank "
        "correlation 0.20 and 0.49); the map of Grad-CAM has no contrast left."
    )
    assert randomised(None, None, None) == (
        "With random weights from fc to conv1, the maps of Grad-CAM, Gradient and Guided Backprop have no contrast "
        "left."
    )


def test_a_check_that_all_maps_fail_or_pass_names_one_kind() -> None:
    assert "not similar" not in randomised(0.6, 0.7, 0.8)
    assert "still similar" not in randomised(0.1, 0.2, 0.3)
    assert "hardly depends" not in randomised(0.1, 0.9, 0.3)


def test_before_anything_is_replaced_there_is_nothing_to_say() -> None:
    assert sentences.randomise_sentence(CHECKED, STAGES[:1], [[1.0, 1.0, 1.0]]) == ""


def test_the_evidence_at_an_addition_is_shared_by_absolute_values() -> None:
    skip, residual = np.array([[4.0, 2.1]]), np.array([[3.0, 0.9]])  # 6.1 and 3.9 of 10
    sentence = sentences.split_sentence(skip + residual, skip, residual, relative_error=2e-7)
    assert sentence == (
        "The shortcut carries 61 % of the absolute evidence at this addition and the residual branch 39 %; the two add "
        "up to the whole within 2e-7 of its largest value."
    )
    assert sentences.split_sentence(skip + residual, skip, residual, relative_error=0.0).endswith("the whole exactly.")


def test_evidence_that_cancels_is_told() -> None:
    skip, residual = np.array([[3.0, 3.0]]), np.array([[-1.0, 1.0]])  # 2 + 4 of 8 are left
    sentence = sentences.split_sentence(skip + residual, skip, residual, relative_error=1e-7)
    assert sentence.startswith("The shortcut carries 75 %")
    assert sentence.endswith(" Where they disagree they cancel: 75 % of it is left in the sum.")
    assert "cancel" not in sentences.split_sentence(skip + skip, skip, skip, relative_error=1e-7)


@pytest.mark.parametrize(
    ("error", "text"),
    [(2.01e-7, "3e-7"), (9.5e-8, "1e-7"), (1e-12, "1e-12"), (0.041, "5e-2"), (np.float64(3e-7), "3e-7")],
)
def test_the_parts_are_never_further_from_the_whole_than_is_said(error: float, text: str) -> None:
    assert f"within {text} of" in sentences.split_sentence([[1.0]], [[0.5]], [[0.5]], relative_error=error)


def test_an_addition_without_evidence_divides_nothing() -> None:
    zero = np.zeros((2, 2))
    assert sentences.split_sentence(zero, zero, zero, relative_error=0.0) == (
        "Neither the shortcut nor the residual branch carries any evidence at this addition."
    )
    lost = sentences.split_sentence(zero, zero, zero * math.nan, relative_error=math.nan)
    assert lost == "The evidence at this addition is not a number."


def test_a_sweep_names_the_block_that_matters_most_and_least() -> None:
    assert sentences.sweep_sentence(TITLES, 0.953, [0.9, 0.541, 0.954]) == (
        "For this picture stage 2, block 2 matters most: without it, the probability falls by 41.2 percentage points, "
        "from 95.3 % to 54.1 %; stage 3, block 2 matters least (+0.1)."
    )
    assert sentences.sweep_sentence(TITLES, 0.25, [0.25, 0.5, 0.125]) == (
        "For this picture stage 2, block 2 matters most: without it, the probability rises by 25.0 percentage points, "
        "from 25.0 % to 50.0 %; stage 1, block 2 matters least (0.0)."
    )


def test_a_single_block_is_not_the_least_as_well() -> None:
    sentence = sentences.sweep_sentence(TITLES[:1], 0.5, [0.25])
    assert sentence.endswith("falls by 25.0 percentage points, from 50.0 % to 25.0 %.")
    assert "least" not in sentence


def test_a_sweep_that_changes_nothing_names_no_block() -> None:
    sentence = sentences.sweep_sentence(TITLES, 0.5, [0.5004, 0.4996, 0.5])
    assert (
        sentence
        == "For this picture no block matters: without it, the probability changes by under 0.1 percentage points."
    )
    assert "matters most" in sentences.sweep_sentence(TITLES, 0.5, [0.501, 0.5, 0.5])
    assert sentences.sweep_sentence((), 0.5, []) == "No block of this net can be switched off."
    assert "not numbers" in sentences.sweep_sentence(TITLES, math.nan, [0.5, 0.5, 0.5])


@pytest.mark.parametrize(
    ("method", "forward_s", "text"),
    [
        ("integrated-gradients", 0.026, "52 forward passes, 50 backward passes; about 4 s here"),  # 152 x 0.026 = 3.95
        ("grad-cam", 0.07, "1 forward pass, 1 backward pass; about 0.2 s here"),
        ("grad-cam", 0.001, "1 forward pass, 1 backward pass; less than 0.1 s here"),
        ("grad-cam", 0.32, "1 forward pass, 1 backward pass; about 1 s here"),
        ("occlusion", 0.05, "170 forward passes, no backward pass; about 8 s here"),  # 8.5, to the even one
        ("occlusion", 1.0, "170 forward passes, no backward pass; about 3 min here"),
    ],
)
def test_a_cost_counts_a_backward_pass_as_two(method: MethodName, forward_s: float, text: str) -> None:
    assert sentences.cost_sentence(METHODS[method], forward_s) == text
