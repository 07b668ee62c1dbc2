import math
from typing import Any

import pytest

from resnet_viz.config import (
    BOTTLENECK_DEPTHS,
    DEPTHS,
    ConfigError,
    DataConfig,
    ExperimentConfig,
    NetConfig,
    TrainConfig,
    default_experiment,
    sentences,
)


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


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"shortcuts": ("D",)}, "shortcut: input should be 'none', 'A', 'B' or 'C', got 'D'"),
        ({"train_size": 0}, "train_size: input should be greater than or equal to 1, got 0"),
        ({"train_size": 50_001}, "train_size must be at most 50,000 on CIFAR-10, got 50,001"),
        ({"test_size": 10_001}, "test_size must be at most 10,000 on CIFAR-10, got 10,001"),
        ({"learning_rate": 10.5}, "learning_rate: input should be less than or equal to 10, got 10.5"),
        ({"learning_rate": math.nan}, "learning_rate: input should be a finite number, got nan"),
        ({"classes": ("cat",)}, "classes must name at least two different classes, or none for all of them"),
        ({"classes": ("cat", "cat")}, "classes must name at least two different classes, or none for all of them"),
        (
            {"num_classes": 7},
            "num_classes of every arm must be 10, as many as the data has",
        ),
        (
            {"train_size": 100, "batch_size": 128},
            "train_size must be at least one batch (128) and one image a class (10), got 100",
        ),
        (
            {"train_size": 8, "batch_size": 8},
            "train_size must be at least one batch (8) and one image a class (10), got 8",
        ),
        ({"batch_siez": 8}, "unknown setting: batch_siez"),
        ({"data": "mnist"}, "name: input should be 'cifar10', 'cifar100' or 'shapes', got 'mnist'"),
        ({"seed": -1}, "seed: input should be greater than or equal to 0, got -1"),
        ({"shortcuts": ("A",) * 5}, "arms: tuple should have at most 4 items after validation, not 5"),
    ],
)
def test_an_impossible_setting_is_refused_in_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as error:
        default_experiment(**changes)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    "changes",
    [
        {"train_size": 50_000},
        {"learning_rate": 10.0},
        {"classes": ("cat", "dog")},
        {"train_size": 128, "batch_size": 128},
        {"shortcuts": ("A",) * 4},
    ],
)
def test_the_last_possible_value_is_accepted(changes: dict[str, Any]) -> None:
    assert default_experiment(**changes)


@pytest.mark.parametrize("setting", ["name", "shortcut"])
def test_a_setting_that_default_experiment_makes_itself_is_refused(setting: str) -> None:
    with pytest.raises(ConfigError, match=f"unknown setting: {setting}"):
        default_experiment(**{setting: "A"})


def test_an_arm_for_another_number_of_classes_is_refused() -> None:
    with pytest.raises(ConfigError, match="num_classes of every arm must be 2"), sentences():
        ExperimentConfig(
            arms=(NetConfig(num_classes=2), NetConfig(num_classes=3)), data=DataConfig(classes=("cat", "dog"))
        )


@pytest.mark.parametrize(("data", "width", "epochs", "batch"), [("cifar10", 16, 8, 128), ("shapes", 8, 6, 64)])
def test_the_default_race_is_plain_56_against_residual_56(data: Any, width: int, epochs: int, batch: int) -> None:
    race = default_experiment(data)
    assert race.labels == ("plain-56", "residual-56")
    assert [(arm.depth, arm.shortcut, arm.width, arm.num_classes) for arm in race.arms] == [
        (56, "none", width, 10),
        (56, "A", width, 10),
    ]
    assert (race.data.name, race.train.epochs, race.train.batch_size, race.seed) == (data, epochs, batch, 0)
    assert not race.arms[1].is_plain


def test_a_class_subset_makes_the_nets_as_wide_as_it_is() -> None:
    race = default_experiment(classes=("cat", "dog"))
    assert [arm.num_classes for arm in race.arms] == [2, 2]
    assert default_experiment("cifar100").arms[0].num_classes == 100


def test_an_epoch_drops_its_last_partial_batch() -> None:
    race = default_experiment(train_size=5_000, batch_size=128, epochs=8)
    assert race.steps_per_epoch == 39
    assert race.total_steps == 312


@pytest.mark.parametrize(
    ("changes", "every"),
    [
        ({"train_size": 50_000, "epochs": 8}, 16),  # 3,120 steps
        ({}, 2),  # 312 steps
        ({"epochs": 1}, 1),  # 39 steps
        ({"probe_every": 0}, 0),
        ({"probe_every": 7}, 7),
    ],
)
def test_gradients_are_recorded_about_200_times_unless_said_otherwise(changes: dict[str, Any], every: int) -> None:
    race = default_experiment(**changes)
    assert race.probe_every == every
    if "probe_every" not in changes:
        assert race.total_steps / every <= 300


def test_chance_loss_is_the_logarithm_of_the_number_of_classes() -> None:
    assert default_experiment().chance_loss == pytest.approx(math.log(10))
    assert default_experiment(classes=("cat", "dog")).chance_loss == pytest.approx(math.log(2))


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


@pytest.mark.parametrize("data", ["cifar10", "cifar100", "shapes"])
def test_an_experiment_survives_json(data: Any) -> None:
    classes = () if data == "cifar100" else ("disc", "star") if data == "shapes" else ("cat", "dog")
    race = default_experiment(data, shortcuts=("none", "C"), classes=classes, threads=3, seed=5, precision="bf16")
    assert ExperimentConfig.model_validate_json(race.model_dump_json()) == race
    assert race != default_experiment(data)


def test_a_configuration_can_not_be_changed_or_extended() -> None:
    with pytest.raises(ValueError, match="frozen"):
        NetConfig().depth = 20
    with pytest.raises(ValueError, match="Extra inputs"):
        TrainConfig.model_validate({"epochs": 1, "epoch": 1})
