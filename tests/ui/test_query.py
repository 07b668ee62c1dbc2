"""Addresses are checked, never trusted."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_viz.config import MAX_SEED, ExperimentConfig, default_experiment
from resnet_viz.net_config import NetConfig
from resnet_viz.presets import PRESETS
from resnet_viz.repeats import MAX_SEEDS
from resnet_viz.ui.query import PARAMETERS, link, read_experiment, write_experiment
from tests.strategies import experiments

WORDS = st.sampled_from(["plain:8", "3", "10", "11"])  # each of them possible in some parameter


def test_the_short_parameters_fill_the_form() -> None:
    given = {"data": "shapes", "depth": "20", "width": "8", "bn": "0", "init": "torch", "epochs": "3", "size": "500",
             "seed": "7", "seeds": "4", "utm_source": "mail"}  # fmt: skip
    config, seeds, sentence = read_experiment(given, "cifar10")
    assert sentence is None
    assert seeds == 4
    assert config == default_experiment(
        "shapes", depth=20, width=8, batch_norm=False, init="torch", epochs=3, train_size=500, seed=7
    )


def test_an_empty_address_asks_for_nothing() -> None:
    assert read_experiment({}, "cifar10") == (default_experiment("cifar10"), 1, None)
    assert read_experiment({}, "shapes") == (default_experiment("shapes"), 1, None)


def test_arms_stand_on_what_all_nets_share() -> None:
    config, _, sentence = read_experiment(
        {"data": "shapes", "arms": "plain:8,residual-b:20:4~bn", "bn": "0"}, "cifar10"
    )
    assert sentence is None
    plain, residual = config.arms
    assert plain == NetConfig(depth=8, shortcut="none", width=8, batch_norm=False)
    assert residual == NetConfig(depth=20, shortcut="B", width=4)


@pytest.mark.parametrize(
    "broken",
    [
        {"depth": "21"}, {"depth": "nan"}, {"depth": "1202"}, {"depth": ""}, {"width": "1e9"}, {"width": "-4"},
        {"epochs": "NaN"}, {"epochs": "0"}, {"size": "0"}, {"size": "50001"}, {"seed": "-1"}, {"seed": "9" * 40},
        {"bn": "perhaps"}, {"init": "../../etc/passwd"}, {"data": "mnist"}, {"data": "<script>alert(1)</script>"},
        {"arms": ""}, {"arms": "plain:20," * 2}, {"arms": "plain:8," * 4 + "plain:8"}, {"arms": "plain:1202"},
        {"arms": "![x](//evil.test/x.png)"}, {"arms": "plain:56~gate1"}, {"lr": "inf"}, {"lr": "0"}, {"momentum": "1"},
        {"classes": "cat"}, {"classes": "cat,cat"}, {"classes": "[a](//b),c"}, {"probe": "1" * 20}, {"threads": "0"},
        {"batch": "1_000_000"}, {"batch": "512", "size": "100"}, {"schedule": "never"}, {"decay": "-1"},
        {"seeds": "0"}, {"seeds": "11"}, {"seeds": "-1"}, {"seeds": "2.5"}, {"seeds": "many"}, {"seeds": ""},
        {"seeds": "10", "seed": str(2**31 - 5)},
    ],
)  # fmt: skip
def test_a_broken_address_gives_the_default_with_one_sentence(broken: dict[str, str]) -> None:
    config, seeds, sentence = read_experiment({"seed": "3", "seeds": "3", **broken}, "cifar10")
    assert (config, seeds) == (default_experiment("cifar10"), 1)  # not half of another experiment
    assert sentence is not None
    assert "default" in sentence
    assert "\n" not in sentence
    assert not set("<>`") & set(sentence)
    assert "](" not in sentence


@given(experiments(), st.integers(1, MAX_SEEDS))
def test_every_experiment_comes_back_from_its_link(config: ExperimentConfig, seeds: int) -> None:
    config = config.model_copy(update={"seed": min(config.seed, MAX_SEED - seeds + 1)})
    address = link("http://host/race", write_experiment(config, seeds))
    given = dict(parse_qsl(address.partition("?")[2], keep_blank_values=True))
    assert read_experiment(given, "cifar10") == read_experiment(given, "shapes") == (config, seeds, None)


@given(st.dictionaries(st.sampled_from([*PARAMETERS, "hide", "other"]), st.text(max_size=60) | WORDS))
def test_any_address_is_an_experiment_or_the_default_with_one_sentence(given: dict[str, str]) -> None:
    config, seeds, sentence = read_experiment(given, "shapes")
    if sentence is None:
        assert read_experiment(write_experiment(config, seeds), "cifar10") == (config, seeds, None)
    else:
        assert (config, seeds) == (default_experiment("shapes"), 1)
        assert "\n" not in sentence
        assert not set("<>`") & set(sentence)
        assert "](" not in sentence


def test_only_what_differs_from_the_default_is_written() -> None:
    assert write_experiment(default_experiment("shapes")) == {"data": "shapes"}
    changed = default_experiment("cifar10", epochs=3, seed=5, augment=False, learning_rate=1e-5)
    assert write_experiment(default_experiment("shapes"), 5) == {"data": "shapes", "seeds": "5"}
    assert write_experiment(changed) == {"data": "cifar10", "epochs": "3", "seed": "5", "augment": "0", "lr": "1e-05"}
    classes = default_experiment("shapes", classes=("disc", "ring"))
    assert write_experiment(classes) == {"data": "shapes", "classes": "disc,ring"}


def test_a_link_stays_readable() -> None:
    parameters = write_experiment(PRESETS["vanishing"].experiment("shapes"))
    assert link("http://host/race", parameters) == (
        "http://host/race?data=shapes&arms=plain:56~torch,plain:56~nobn~torch,residual:56~torch,residual:56~nobn~torch"
        "&epochs=4"
    )
