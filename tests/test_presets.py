"""The comparisons that one click begins."""

from typing import get_args

import pytest

from resnet_viz.charts.style import pens
from resnet_viz.config import ConfigError, DatasetName
from resnet_viz.family_arithmetic import cifar_net
from resnet_viz.presets import PRESETS, Preset, preset, with_arms


@pytest.mark.parametrize("data", get_args(DatasetName))
@pytest.mark.parametrize("chosen", PRESETS.values(), ids=PRESETS)
def test_every_preset_is_an_experiment_on_every_data_set(chosen: Preset, data: DatasetName) -> None:
    config = chosen.experiment(data)
    assert config.data.name == data
    assert len(set(config.labels)) == len(config.arms) == len(chosen.arms)
    assert len({(pen.colour, pen.dash) for pen in pens(config.arms)}) == len(config.arms)
    assert config.total_steps <= 800  # a lesson, not a night
    assert chosen.look_for.endswith(("?", "."))


def test_degradation_is_figure_6_in_small() -> None:
    config = PRESETS["degradation"].experiment("cifar10")
    assert config.labels == ("plain-20", "plain-56", "residual-20", "residual-56")
    assert {(arm.width, arm.batch_norm, arm.init) for arm in config.arms} == {(16, True, "he")}


def test_vanishing_crosses_shortcut_and_batch_norm() -> None:
    config = PRESETS["vanishing"].experiment("shapes")
    assert [(arm.shortcut, arm.batch_norm, arm.depth) for arm in config.arms] == [
        ("none", True, 56), ("none", False, 56), ("A", True, 56), ("A", False, 56),
    ]  # fmt: skip
    assert {arm.init for arm in config.arms} == {"torch"}  # with He's, the residual net without batch norm explodes
    assert config.labels == ("plain-56 (BN)", "plain-56 (no BN)", "residual-56 (BN)", "residual-56 (no BN)")


def test_bad_init_has_no_batch_norm_and_the_default_weights() -> None:
    for arm in PRESETS["bad-init"].experiment("cifar10").arms:
        assert (arm.batch_norm, arm.init, arm.depth) == (False, "torch", 56)


def test_deep_and_wide_have_about_as_many_parameters() -> None:
    deep, wide, *residual = PRESETS["deep-or-wide"].experiment("cifar10").arms
    counts = [cifar_net(net.depth, net.width, net.shortcut).parameters for net in (deep, wide)]
    assert deep.depth > wide.depth
    assert abs(counts[0] / counts[1] - 1) < 0.06
    assert [net.width for net in residual] == [deep.width, wide.width]


def test_settings_can_be_changed_and_are_checked() -> None:
    config = PRESETS["deep"].experiment("shapes", epochs=1, seed=3, width=4)
    assert (config.train.epochs, config.seed, config.arms[1].width) == (1, 3, 4)
    assert PRESETS["deep"].experiment("shapes").train.epochs != 1
    with pytest.raises(ConfigError, match="epochs"):
        PRESETS["deep"].experiment("shapes", epochs=0)


def test_an_unknown_preset_and_too_many_arms_are_one_sentence() -> None:
    assert preset("shallow").arms == ("plain:8", "residual:8")
    with pytest.raises(ConfigError, match=r"no preset \?script\?; there are degradation, vanishing"):
        preset("<script>")
    with pytest.raises(ConfigError, match="arms"):
        with_arms(PRESETS["deep"].experiment("shapes"), ("plain:8",) * 5)
