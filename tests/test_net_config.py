from typing import Any

import pytest

from resnet_viz.config import ConfigError, ExperimentConfig, default_experiment, sentences
from resnet_viz.net_config import BOTTLENECK_DEPTHS, DEPTHS, NetConfig


@pytest.mark.parametrize(("depth", "possible"), [(21, 20), (7, 8), (1208, 1202)])
def test_an_impossible_depth_is_refused_with_a_possible_one(depth: int, possible: int) -> None:
    with pytest.raises(ConfigError) as error, sentences():
        NetConfig(depth=depth)
    assert str(error.value) == (f"depth must be 6n+2 (8, 14, 20, … 110; at most 1202), got {depth}; try {possible}")
    assert NetConfig(depth=possible).depth == possible


def test_every_offered_depth_is_possible() -> None:
    assert [NetConfig(depth=depth).blocks_per_stage for depth in DEPTHS] == list(range(1, 19))
    assert 21 not in DEPTHS


@pytest.mark.parametrize(("depth", "possible"), [(50, 47), (8, 11), (1203, 1199)])
def test_an_impossible_depth_of_bottlenecks_is_refused_with_a_possible_one(depth: int, possible: int) -> None:
    with pytest.raises(ConfigError) as error, sentences():
        NetConfig(depth=depth, block="bottleneck")
    assert str(error.value) == (
        f"depth of a bottleneck net must be 9n+2 (11, 20, 29, … 110; at most 1202), got {depth}; try {possible}"
    )
    assert NetConfig(depth=possible, block="bottleneck").depth == possible
    assert NetConfig(depth=50, block="pre-activation").blocks_per_stage == 8


def test_every_offered_depth_of_bottlenecks_is_possible() -> None:
    nets = [NetConfig(depth=depth, block="bottleneck") for depth in BOTTLENECK_DEPTHS]
    assert [net.blocks_per_stage for net in nets] == list(range(1, 13))
    assert (BOTTLENECK_DEPTHS[0], BOTTLENECK_DEPTHS[-1]) == (11, 110)
    assert 14 not in BOTTLENECK_DEPTHS


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({}, "residual-56"),
        ({"shortcut": "none"}, "plain-56"),
        ({"shortcut": "B"}, "residual-56 (B)"),
        ({"block": "pre-activation"}, "pre-activation-56"),
        ({"block": "pre-activation", "shortcut": "none"}, "plain pre-activation-56"),
        ({"block": "bottleneck"}, "bottleneck-56"),
        ({"block": "bottleneck", "shortcut": "none"}, "plain bottleneck-56"),
        ({"gate_bias": -2.0}, "residual-56 (highway -2)"),
        ({"gate_bias": 0.0}, "residual-56 (highway 0)"),
        ({"skip_scale": 0.5}, "residual-56 (0.5 x)"),
        ({"branch_init": "zero-norm"}, "residual-56 (zero norm)"),
        ({"branch_init": "skipinit"}, "residual-56 (SkipInit)"),
        ({"survival": 0.5}, "residual-56 (stochastic 0.5)"),
        ({"block": "bottleneck", "shortcut": "C", "branch_init": "skipinit"}, "bottleneck-56 (C, SkipInit)"),
        ({"skip_scale": 0.5, "survival": 0.5}, "residual-56 (0.5 x, stochastic 0.5)"),
    ],
)
def test_the_name_of_a_net_says_what_differs_from_the_papers(changes: dict[str, Any], label: str) -> None:
    net = NetConfig(**changes)
    assert net.label == label
    assert NetConfig.model_validate_json(net.model_dump_json()) == net


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        *(
            (
                {"shortcut": "none", **variant},
                f"{next(iter(variant))} changes the sum with the shortcut, and a plain net has none; choose shortcut "
                "A, B or C, or leave it at its default",
            )
            for variant in ({"skip_scale": 0.5}, {"gate_bias": 0.0}, {"branch_init": "skipinit"}, {"survival": 0.5})
        ),
        ({"skip_scale": 2.5}, "skip_scale: input should be less than or equal to 2, got 2.5"),
        ({"skip_scale": -0.5}, "skip_scale: input should be greater than or equal to 0, got -0.5"),
        ({"gate_bias": -11}, "gate_bias: input should be greater than or equal to -10, got -11"),
        ({"survival": 0}, "survival: input should be greater than 0, got 0"),
        ({"block": "dense"}, "block: input should be 'basic', 'pre-activation' or 'bottleneck', got 'dense'"),
        (
            {"gate_bias": -1, "survival": 0.5},
            "gate_bias makes a gate that weighs both terms; leave skip_scale and survival at 1 then",
        ),
        (
            {"gate_bias": -1, "skip_scale": 0.5},
            "gate_bias makes a gate that weighs both terms; leave skip_scale and survival at 1 then",
        ),
        (
            {"branch_init": "zero-norm", "batch_norm": False},
            "branch_init zero-norm needs batch_norm; without it, choose skipinit",
        ),
        (
            {"branch_init": "zero-norm", "block": "pre-activation"},
            "branch_init zero-norm needs a norm at the end of F; with pre-activation, choose skipinit",
        ),
    ],
)
def test_an_impossible_variant_is_refused_in_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as error, sentences():
        NetConfig(**changes)
    assert str(error.value) == sentence


def test_a_net_stored_before_there_were_variants_is_the_papers_block() -> None:
    stored = '{"depth":20,"shortcut":"B","width":8,"batch_norm":true,"init":"he","activation":"relu","num_classes":10}'
    net = NetConfig.model_validate_json(stored)
    assert net == NetConfig(depth=20, shortcut="B", width=8)
    assert net.block == "basic"
    assert net.variants == ()
    assert NetConfig(gate_bias=0.0).variants == ("gate_bias",)


def test_arms_of_one_name_are_told_apart_by_their_place() -> None:
    race = default_experiment(depth=20, shortcuts=("none", "A", "B", "A"))
    assert race.labels == ("plain-20", "residual-20 #2", "residual-20 (B)", "residual-20 #4")
    assert len(set(race.labels)) == 4


def test_what_tells_arms_of_one_name_apart_stands_behind_it() -> None:
    net = NetConfig(depth=20)
    arms = (net, NetConfig(depth=20, batch_norm=False, width=8), NetConfig(depth=20, init="torch"), NetConfig(depth=8))
    assert ExperimentConfig(arms=arms).labels == (
        "residual-20 (BN, He init, width 16)", "residual-20 (no BN, He init, width 8)",
        "residual-20 (BN, PyTorch's init, width 16)", "residual-8",
    )  # fmt: skip
    gates = (NetConfig(gate_bias=-2), NetConfig(gate_bias=-2, batch_norm=False))
    assert ExperimentConfig(arms=gates).labels == ("residual-56 (highway -2, BN)", "residual-56 (highway -2, no BN)")
    assert ExperimentConfig(arms=(net,)).labels == ("residual-20",)
