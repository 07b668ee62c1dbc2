"""One experiment over several seeds. Imports no torch."""

from resnet_viz.config import MAX_SEED, ConfigError, ExperimentConfig

MAX_SEEDS = 10


def repeats(config: ExperimentConfig, seeds: int) -> tuple[ExperimentConfig, ...]:
    """The same experiment with its seed, the next one, and so on.

    Raises:
        ConfigError: too many, none, or seeds beyond the last one.
    """
    if not 1 <= seeds <= MAX_SEEDS:
        raise ConfigError(f"seeds must be 1 to {MAX_SEEDS}, got {seeds}")
    last_start = MAX_SEED - seeds + 1
    if config.seed > last_start:
        raise ConfigError(f"seed must be at most {last_start} for {seeds} seeds, got {config.seed}")
    return tuple(config.model_copy(update={"seed": config.seed + place}) for place in range(seeds))
