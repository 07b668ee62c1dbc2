"""A net in one word, and back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_viz.config import ConfigError
from resnet_viz.net_config import NetConfig
from resnet_viz.spelling import number, read_arm, spell
from tests.strategies import nets


@pytest.mark.parametrize(
    ("word", "fields"),
    [
        ("plain:56", {"depth": 56, "shortcut": "none"}),
        ("residual:20", {"depth": 20, "shortcut": "A"}),
        ("residual-a:20", {"depth": 20, "shortcut": "A"}),
        ("residual-b:20:8", {"depth": 20, "shortcut": "B", "width": 8}),
        ("residual-c:8", {"depth": 8, "shortcut": "C"}),
        ("plain:56~nobn~torch~tanh", {"shortcut": "none", "batch_norm": False, "init": "torch", "activation": "tanh"}),
        ("residual:110~preact", {"depth": 110, "block": "pre-activation"}),
        ("plain:11~bottleneck", {"depth": 11, "shortcut": "none", "block": "bottleneck"}),
        ("residual:56~gate-2", {"gate_bias": -2.0}),
        ("residual:56~gate2.5", {"gate_bias": 2.5}),
        ("residual:56~scale0.5~survival1e-05", {"skip_scale": 0.5, "survival": 1e-5}),
        ("residual:56~zeronorm", {"branch_init": "zero-norm"}),
    ],
)
def test_a_word_names_a_net(word: str, fields: dict[str, object]) -> None:
    assert read_arm(word) == NetConfig(**fields)


def test_a_net_is_spelt_by_what_differs_from_the_base() -> None:
    assert spell(NetConfig()) == "residual:56"
    assert spell(NetConfig(shortcut="none", batch_norm=False, width=8)) == "plain:56:8~nobn"
    small = NetConfig(width=8, batch_norm=False)
    assert spell(NetConfig(width=8), small) == "residual:56~bn"
    assert spell(NetConfig(gate_bias=-1e-7)) == "residual:56~gate-1e-07"


def test_what_a_word_does_not_say_is_as_in_the_base() -> None:
    base = NetConfig(width=8, init="torch", num_classes=100, skip_scale=0.5)
    assert read_arm("residual:20", base) == NetConfig(depth=20, width=8, init="torch", num_classes=100, skip_scale=0.5)
    plain = read_arm("plain:20:4~he", base)
    assert plain == NetConfig(depth=20, shortcut="none", width=4, num_classes=100)
    assert plain.skip_scale == 1


@given(net=nets(), base=nets())
def test_every_net_comes_back_on_every_base(net: NetConfig, base: NetConfig) -> None:
    word = spell(net, base)
    assert read_arm(word, base) == net
    assert read_arm(spell(net)) == net
    assert re.fullmatch(r"[a-z0-9:~.-]+", word)  # a query needs no escape for any of these


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_comes_back_without_a_plus_sign(value: float) -> None:
    assert float(number(value)) == value
    assert "+" not in number(value)


HOSTILE = st.text() | st.text("plainresdub-:~0123456789e.gtcv", max_size=40)


@given(HOSTILE | st.tuples(st.sampled_from(["plain:56~", "residual:56~gate", "residual:8:"]), HOSTILE).map("".join))
def test_any_text_is_a_net_or_one_sentence(text: str) -> None:
    net, sentence = None, ""
    try:
        net = read_arm(text)
    except ConfigError as error:
        sentence = str(error)
    assert net is None or read_arm(spell(net)) == net
    assert (net is None) == bool(sentence)
    assert "\n" not in sentence
    assert not set("<>[]()`*$") & set(sentence.split(":")[0])
    assert len(sentence) < 500


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("plain", "KIND:DEPTH"), ("highway:20", "KIND being one of"), ("plain:", "KIND:DEPTH"), ("", "KIND:DEPTH"),
        ("plain:21", "depth must be 6n+2"), ("plain:20:9000", "width"), ("plain:20:8:4", "KIND:DEPTH"),
        ("plain:٢٠", "KIND:DEPTH"), ("residual:56~bottlenek", "bottlenek is no modifier"),
        ("residual:56~", "nothing is no modifier"), ("residual:56~bn~nobn", "nobn says again"),
        ("residual:56~gate", "gate is no modifier"), ("residual:56~gatenan", "gatenan is no modifier"),
        ("residual:56~scale1e999", "skip_scale"), ("residual:56~gate99", "gate_bias"),
        ("plain:56~gate-2", "a plain net has none"), ("residual:56~gate1~scale0.5", "leave skip_scale"),
        ("plain:20" + "~nobn" * 50, "KIND:DEPTH"),
    ],
)  # fmt: skip
def test_what_is_no_word_is_said_in_one_sentence(word: str, says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        read_arm(word)
