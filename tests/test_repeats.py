"""One experiment over several seeds."""

import pytest

from resnet_viz.config import MAX_SEED, ConfigError
from resnet_viz.repeats import MAX_SEEDS, repeats
from tests.factories import experiment


def test_repeats_differ_in_the_seed_and_in_nothing_else() -> None:
    config = experiment().model_copy(update={"seed": 7})
    repeated = repeats(config, 3)
    assert [one.seed for one in repeated] == [7, 8, 9]
    assert {one.model_copy(update={"seed": 7}) for one in repeated} == {config}
    assert repeats(config, 1) == (config,)


@pytest.mark.parametrize("seeds", [0, -1, MAX_SEEDS + 1])
def test_none_and_too_many_seeds_are_refused(seeds: int) -> None:
    with pytest.raises(ConfigError, match=f"seeds must be 1 to {MAX_SEEDS}, got {seeds}"):
        repeats(experiment(), seeds)


def test_the_last_seed_must_be_one_as_well() -> None:
    last = experiment().model_copy(update={"seed": MAX_SEED - 2})
    assert repeats(last, 3)[-1].seed == MAX_SEED
    with pytest.raises(ConfigError, match=f"seed must be at most {MAX_SEED - 3} for 4 seeds"):
        repeats(last, 4)
