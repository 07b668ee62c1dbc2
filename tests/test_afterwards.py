import itertools
from math import prod

import numpy as np
import pytest
from scipy.stats import binom

from resnet_viz import afterwards
from resnet_viz.family_arithmetic import cifar_net


@pytest.mark.parametrize("blocks", [1, 2, 7])
def test_the_law_of_path_lengths_is_that_of_all_paths_counted(blocks: int) -> None:
    lengths = [sum(path) for path in itertools.product((0, 1), repeat=blocks)]
    assert afterwards.how_many([0.5] * blocks) == pytest.approx(np.bincount(lengths) / 2**blocks)


def test_resnet_110_has_its_paths_where_the_paper_says() -> None:
    law = afterwards.how_many([0.5] * 54)
    assert law == pytest.approx(binom(54, 0.5).pmf(np.arange(55)))
    assert round(afterwards.share(law, 19, 35), 3) == 0.980  # the paper says more than 95 %
    assert round(afterwards.share(law, 5, 17), 4) == 0.0045  # the effective paths: 0.45 %
    assert afterwards.share(law, 0, 54) == pytest.approx(1)


def test_different_probabilities_are_counted_exactly() -> None:
    kept = [0.9, 0.4, 0.7, 0.2]
    expected = np.zeros(5)
    for alive in itertools.product((0, 1), repeat=4):
        expected[sum(alive)] += prod(p if on else 1 - p for p, on in zip(kept, alive, strict=True))
    assert afterwards.how_many(kept) == pytest.approx(expected)


def test_survival_falls_linearly_to_the_last_block() -> None:
    kept = afterwards.survival(0.5, 54)
    assert kept[-1] == 0.5
    assert np.diff(kept) == pytest.approx(-0.5 / 54)
    assert kept.sum() == pytest.approx((3 * 54 - 1) / 4)  # with a last probability of one half
    assert afterwards.survival(1.0, 5) == pytest.approx(1)
    assert afterwards.how_many(afterwards.survival(1.0, 5))[5] == 1


def test_the_central_numbers_hold_all_but_five_percent() -> None:
    law = afterwards.how_many([0.5] * 54)
    least, most = afterwards.central(law)
    assert (least, most) == (20, 34)
    assert afterwards.share(law, least, most) >= 0.95
    assert afterwards.share(law, 0, least - 1) <= 0.025
    assert afterwards.central(np.array([0.0, 0.0, 1.0])) == (2, 2)


def test_gates_far_closed_carry_everything_and_gates_far_open_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(afterwards, "UNITS", 1)
    found = afterwards.highway(-50.0, 3)
    assert found.carried == pytest.approx(1)
    assert found.mean == pytest.approx(0, abs=1e-15)
    assert afterwards.highway(50.0, 3).carried == pytest.approx([1, 0, 0, 0], abs=1e-15)


def test_the_more_open_the_gates_the_less_is_left() -> None:
    left = [afterwards.highway(bias, 54).carried[-1] for bias in (-6.0, -3.0, 0.0)]
    assert left == sorted(left, reverse=True)
    found = afterwards.highway(-3.0, 54)
    assert found.carried.shape == (55,)
    assert found.mean.shape == (54,)
    assert (np.diff(found.carried) < 0).all()


@pytest.mark.parametrize("depth", [20, 32, 44, 56, 110])
def test_the_parameters_are_mostly_in_the_blocks_as_the_page_says(depth: int) -> None:
    in_blocks = 9 * 16**2 * (42 * (depth - 2) // 6 - 10)
    assert 0.95 < in_blocks / cifar_net(depth, 16, "A").parameters < 1


def test_the_width_is_the_one_that_comes_closest() -> None:
    budget = cifar_net(110, 16, "A").parameters
    assert afterwards.width_for(110, budget) == 16
    for depth in (8, 20, 56):
        width = afterwards.width_for(depth, budget)
        gap = abs(cifar_net(depth, width, "A").parameters - budget)
        assert all(gap < abs(cifar_net(depth, width + by, "A").parameters - budget) for by in (-1, 1))
    assert afterwards.width_for(20, 1) == 1
    assert afterwards.width_for(8, cifar_net(8, 2, "A").parameters) == 2  # a narrow one


def test_channels_pile_up_where_they_are_concatenated() -> None:
    channels = afterwards.concatenated(16, 12, 3)
    assert channels.tolist() == [16, 28, 40, 52]
    x = np.zeros(16)
    for before in channels[:-1]:
        assert len(x) == before
        x = np.concatenate([x, np.zeros(12)])
    assert len(x) == channels[-1]


def test_a_picture_of_224_has_197_tokens() -> None:
    assert afterwards.tokens(224, 16) == 197
    assert afterwards.tokens(224, 32) == 50


def test_both_orders_of_a_pre_norm_block_give_the_same_numbers() -> None:
    x = np.random.default_rng(0).normal(size=(4, 8))
    blocks = afterwards.mixers(5, 8)
    expected = x
    for mix in blocks:
        centred = expected - expected.mean(1, keepdims=True)
        expected = expected + mix(centred / np.sqrt(expected.var(1, keepdims=True) + 1e-5))
    assert afterwards.pre_norm(x, blocks) == pytest.approx(expected)
    assert np.array_equal(afterwards.pre_norm(x, blocks), afterwards.add_first(x, blocks))
    assert not np.allclose(afterwards.pre_norm(x, blocks), afterwards.pre_norm(x, blocks[::-1]))
    assert np.array_equal(afterwards.add_first(x, []), x)
