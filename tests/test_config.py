import math
from typing import Any

import pytest

from resnet_viz.config import ConfigError, DataConfig, ExperimentConfig, TrainConfig, default_experiment, sentences
from resnet_viz.net_config import NetConfig


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
