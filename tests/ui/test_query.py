"""Addresses are checked, never trusted."""

import pytest

from resnet_viz.ui.query import read_parameters


def test_a_good_address_fills_the_form() -> None:
    given = {"data": "shapes", "depth": "20", "width": "8", "bn": "0", "init": "torch", "epochs": "3", "size": "500",
             "seed": "7", "utm_source": "mail"}  # fmt: skip
    values, sentence = read_parameters(given, "cifar10")
    assert sentence is None
    assert values == {"data": "shapes", "depth": 20, "width": 8, "batch_norm": False, "init": "torch", "epochs": 3,
                      "train_size": 500, "seed": 7}  # fmt: skip


def test_an_empty_address_asks_for_nothing() -> None:
    assert read_parameters({}, "cifar10") == ({}, None)


@pytest.mark.parametrize(
    "broken",
    [
        {"depth": "21"}, {"depth": "nan"}, {"depth": "1202"}, {"depth": ""}, {"width": "1e9"}, {"width": "-4"},
        {"epochs": "NaN"}, {"epochs": "0"}, {"size": "0"}, {"size": "50001"}, {"seed": "-1"}, {"seed": "9" * 40},
        {"bn": "perhaps"}, {"init": "../../etc/passwd"}, {"data": "mnist"}, {"data": "<script>alert(1)</script>"},
    ],
)  # fmt: skip
def test_a_broken_address_gives_the_default_with_one_sentence(broken: dict[str, str]) -> None:
    values, sentence = read_parameters({"seed": "3", **broken}, "cifar10")
    assert values == {}  # not half of another experiment
    assert sentence is not None
    assert "default" in sentence
    assert "\n" not in sentence
    assert "<script" not in sentence
