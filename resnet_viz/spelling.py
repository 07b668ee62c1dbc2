"""One word for one net, for the command line and for addresses.

    word     = KIND ":" DEPTH [ ":" WIDTH ] { "~" modifier }
    KIND     = "plain" | "residual" | "residual-a" | "residual-b" | "residual-c"    (residual means option A)
    modifier = "bn" | "nobn"                         batch norm
             | "he" | "torch"                        initial weights
             | "relu" | "tanh" | "sigmoid"           activation
             | "basic" | "preact" | "bottleneck"     block
             | "random" | "zeronorm" | "skipinit"    start of the residual function
             | "nogate" | "gate" NUMBER              highway gate, with its bias
             | "scale" NUMBER                        a in y = a x + F(x)
             | "survival" NUMBER                     stochastic depth: of the last block

So `plain:56`, `residual-b:20:8`, `residual:56~nobn~torch`, and `residual:56~gate-2` with a bias of minus two. What a
word does not say is as in a base net; a plain net takes over none of what changes the sum with a shortcut. How many
classes there are is never said: the images decide it. An address needs no escapes for any of these characters.
"""

import re
from typing import Any

from resnet_viz.config import ConfigError, sentences
from resnet_viz.net_config import NetConfig, Shortcut

KINDS: dict[str, Shortcut] = {
    "plain": "none", "residual": "A", "residual-a": "A", "residual-b": "B", "residual-c": "C",
}  # fmt: skip
FORM = "KIND:DEPTH[:WIDTH][~MODIFIER…]"
MAX_LENGTH = 160  # longer than any word that says something
DEFAULT = NetConfig()

_WORDS: dict[str, tuple[str, Any]] = {
    "bn": ("batch_norm", True), "nobn": ("batch_norm", False),
    "he": ("init", "he"), "torch": ("init", "torch"),
    "relu": ("activation", "relu"), "tanh": ("activation", "tanh"), "sigmoid": ("activation", "sigmoid"),
    "basic": ("block", "basic"), "preact": ("block", "pre-activation"), "bottleneck": ("block", "bottleneck"),
    "random": ("branch_init", "random"), "zeronorm": ("branch_init", "zero-norm"),
    "skipinit": ("branch_init", "skipinit"), "nogate": ("gate_bias", None),
}  # fmt: skip
_NUMBERS = {"gate": "gate_bias", "scale": "skip_scale", "survival": "survival"}
_FIELDS = ("block", "batch_norm", "init", "activation", "skip_scale", "gate_bias", "branch_init", "survival")
_OF_THE_SUM = ("skip_scale", "gate_bias", "branch_init", "survival")
_START = re.compile(r"([a-z-]+):(\d{1,4})(?::(\d{1,4}))?", re.ASCII)
_MODIFIER = re.compile(rf"({'|'.join(_NUMBERS)})(-?\d{{1,30}}(?:\.\d{{1,30}})?(?:e-?\d{{1,3}})?)", re.ASCII)
_UNSHOWN = re.compile(r"[^A-Za-z0-9:~.,_ -]")


def spell(net: NetConfig, base: NetConfig = DEFAULT) -> str:
    """The word for a net: kind and depth, then what differs from the base. `read_arm` takes it back."""
    kind = "plain" if net.is_plain else "residual" if net.shortcut == "A" else f"residual-{net.shortcut.lower()}"
    width = "" if net.width == base.width else f":{net.width}"
    base = _without_sum(base) if net.is_plain else base
    changed = [field for field in _FIELDS if getattr(net, field) != getattr(base, field)]
    return "~".join([f"{kind}:{net.depth}{width}", *(_modifier(field, getattr(net, field)) for field in changed)])


def read_arm(text: str, base: NetConfig = DEFAULT) -> NetConfig:
    """The net that a word names.

    Raises:
        ConfigError: it is no such word, or names a net that can't be; the sentence says what to write.
    """
    start, *modifiers = text[: MAX_LENGTH + 1].split("~")
    found = _START.fullmatch(start)
    if found is None or found[1] not in KINDS or len(text) > MAX_LENGTH:
        raise ConfigError(f"{shown(text)}: write {FORM}, KIND being one of {', '.join(KINDS)}")
    named: dict[str, Any] = {"shortcut": KINDS[found[1]], "depth": int(found[2])}
    if found[3] is not None:
        named["width"] = int(found[3])
    for modifier in modifiers:
        field, value = _meaning(modifier, text)
        if field in named:
            raise ConfigError(f"{shown(text)}: {shown(modifier)} says again what was said before it")
        named[field] = value
    base = _without_sum(base) if named["shortcut"] == "none" else base
    with sentences():
        return NetConfig(**{**base.model_dump(), **named})


def shown(text: str) -> str:
    """A text from outside as a sentence may quote it: short, and nothing that a page would draw."""
    return _UNSHOWN.sub("?", text[:40]) + ("…" if len(text) > 40 else "")


def number(value: float) -> str:
    """The shortest text of a number that gives it back, without a plus sign, which an address reads as a space."""
    return repr(float(value)).removesuffix(".0").replace("e+", "e")


def _modifier(field: str, value: Any) -> str:
    for word, meaning in _WORDS.items():
        if meaning == (field, value):
            return word
    return next(name for name, numbered in _NUMBERS.items() if numbered == field) + number(value)


def _meaning(modifier: str, text: str) -> tuple[str, Any]:
    if modifier in _WORDS:
        return _WORDS[modifier]
    found = _MODIFIER.fullmatch(modifier)
    if found is None:
        words = ", ".join([*_WORDS, *(f"{name}NUMBER" for name in _NUMBERS)])
        raise ConfigError(f"{shown(text)}: {shown(modifier) or 'nothing'} is no modifier; there are {words}")
    return _NUMBERS[found[1]], float(found[2])


def _without_sum(base: NetConfig) -> NetConfig:
    return base.model_copy(update={field: NetConfig.model_fields[field].default for field in _OF_THE_SUM})
