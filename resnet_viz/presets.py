"""Comparisons worth seeing, each with what to look for. One click fills the form; the command line has them as well."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from resnet_viz.afterwards import width_for
from resnet_viz.config import ConfigError, DatasetName, ExperimentConfig, default_experiment, sentences
from resnet_viz.family_arithmetic import cifar_net
from resnet_viz.spelling import read_arm, shown

NARROW = 8  # channels of the deep net that a shallow one of as many parameters is compared with


@dataclass(frozen=True)
class Preset:
    """One comparison."""

    name: str  # for the command line
    title: str
    look_for: str
    arms: tuple[str, ...]  # as `spelling` reads them
    settings: Mapping[str, Any] = field(default_factory=dict)  # the budget, where the default one does not fit

    def experiment(self, data: DatasetName, **changes: Any) -> ExperimentConfig:
        """The comparison on a data set.

        Args:
            changes: settings that stand instead of its own, as `default_experiment` takes them.
        Raises:
            ConfigError: they do not fit.
        """
        return with_arms(default_experiment(data, **{**self.settings, **changes}), self.arms)


def with_arms(base: ExperimentConfig, words: tuple[str, ...]) -> ExperimentConfig:
    """The same experiment with other nets; what a word does not say is as in the first net.

    Raises:
        ConfigError: a word names no net, or there are too many.
    """
    arms = tuple(read_arm(word, base.arms[0]) for word in words)
    with sentences():
        return ExperimentConfig(arms=arms, data=base.data, train=base.train, seed=base.seed)


def preset(name: str) -> Preset:
    """The preset of this name.

    Raises:
        ConfigError: there is none.
    """
    if name not in PRESETS:
        raise ConfigError(f"there is no preset {shown(name)}; there are {', '.join(PRESETS)}")
    return PRESETS[name]


_SHALLOW_WIDTH = width_for(20, cifar_net(56, NARROW, "A").parameters)
PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "degradation",
            "Degradation",
            "The paper's Figure 6 in small: is the deeper plain net worse than the shallower one on its own training "
            "images, and how much of that is left with shortcuts?",
            ("plain:20", "plain:56", "residual:20", "residual:56"),
        ),
        Preset(
            "vanishing",
            "Is it really vanishing?",
            "All begin with PyTorch's default weights. In which net does the gradient of the early blocks vanish, and "
            "in which does it grow? Now compare the losses of the two plain nets.",
            ("plain:56~torch", "plain:56~nobn~torch", "residual:56~torch", "residual:56~nobn~torch"),
            {"epochs": 4},
        ),
        Preset(
            "bad-init",
            "Bad init",
            "Without batch norm and with PyTorch's default initial weights, look at the early blocks of the plain net "
            "in the gradient chart, at the first step.",
            ("plain:56~nobn~torch", "residual:56~nobn~torch"),
            {"epochs": 2},
        ),
        Preset(
            "deep",
            "Depth 110",
            "Twice the depth of the default race: does the plain net get away from chance at all?",
            ("plain:110", "residual:110"),
            {"epochs": 5},
        ),
        Preset(
            "shallow",
            "Shallow shows nothing",
            "With 8 layers, is there any difference that a second seed would not turn around?",
            ("plain:8", "residual:8"),
        ),
        Preset(
            "deep-or-wide",
            "Same parameters: deep or wide",
            f"56 layers of width {NARROW} have about as many parameters as 20 of width {_SHALLOW_WIDTH}: which use of "
            "them pays, without shortcuts and with them?",
            (
                f"plain:56:{NARROW}",
                f"plain:20:{_SHALLOW_WIDTH}",
                f"residual:56:{NARROW}",
                f"residual:20:{_SHALLOW_WIDTH}",
            ),
        ),
    )
}
