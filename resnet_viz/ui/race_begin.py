"""What the form of a race begins with, and what is kept of it between two runs of its page."""

from dataclasses import dataclass, field

from resnet_viz.config import ExperimentConfig
from resnet_viz.net_config import NetConfig


@dataclass
class Form:
    """One form. Its widgets keep their own values; these are what they began with."""

    begin: ExperimentConfig
    seeds: int = 1  # over how many it begins to repeat
    given: dict[str, str] = field(default_factory=dict)  # the parameters of the address, when it last agreed with it
    said: dict[str, str] = field(default_factory=dict)  # the experiment that it then described, as parameters
    problem: str | None = None  # what was wrong with them
    filled: int = 0  # how often it was filled anew: other keys, so other widgets
    separate: bool = False  # each net is chosen on its own
    arms: dict[int, NetConfig] = field(default_factory=dict)  # the nets of `separate` by number, as they began
    latest: ExperimentConfig | None = None  # the last experiment that it described
    latest_seeds: int = 1
    keys: set[str] = field(default_factory=set)  # of all widgets that it drew

    def __post_init__(self) -> None:
        self.separate = not are_twins(self.begin)
        self.arms = dict(enumerate(self.begin.arms))

    def key(self, name: str) -> str:
        """Key of a widget of this form."""
        key = f"{name}_{self.filled}" if self.filled else name
        self.keys.add(key)
        return key

    def switch(self) -> None:
        """Choose each net on its own, beginning with those of now; or a plain net and its residual twin again."""
        now = self.latest or self.begin
        self.separate = not self.separate
        self.arms = dict(enumerate(now.arms))
        if not self.separate:
            self.begin = now.model_copy(update={"arms": twins_of(now)})

    def add(self) -> None:
        """One more net, like the last one."""
        last = list(self.latest.arms if self.latest else self.arms.values())[-1]
        self.arms[max(self.arms) + 1] = last

    def remove(self, number: int) -> None:
        """One net less."""
        del self.arms[number]

    def keep(self, config: ExperimentConfig, seeds: int) -> None:
        """Begin with this experiment where the page was left and is opened again."""
        self.begin, self.seeds = config, seeds
        self.separate = self.separate or not are_twins(config)
        is_same = self.separate and len(self.arms) == len(config.arms)  # else nets came or went since it was possible
        self.arms = dict(zip(self.arms if is_same else range(len(config.arms)), config.arms, strict=True))


def are_twins(config: ExperimentConfig) -> bool:
    """Whether it is what the short form says: a plain net against the same with shortcuts, in the paper's blocks."""
    if len(config.arms) != 2:
        return False
    plain, residual = config.arms
    twin = plain.model_copy(update={"shortcut": residual.shortcut})
    return plain.is_plain and not residual.is_plain and residual == twin and plain.block == "basic"


def twins_of(config: ExperimentConfig) -> tuple[NetConfig, NetConfig]:
    """A plain net and its residual twin that come close to the nets of an experiment."""
    first = config.arms[0]
    shared = {
        "depth": first.depth if first.block == "basic" else first.depth // 6 * 6 + 2,
        **first.model_dump(include={"width", "batch_norm", "init", "activation", "num_classes"}),
    }
    shortcut = next((arm.shortcut for arm in config.arms if not arm.is_plain), "A")
    return NetConfig(shortcut="none", **shared), NetConfig(shortcut=shortcut, **shared)
