import pytest
import torch
from torch.optim.lr_scheduler import OneCycleLR

from resnet_viz.config import ExperimentConfig, default_experiment
from resnet_viz.schedules import learning_rate


def rates(config: ExperimentConfig) -> list[float]:
    return [learning_rate(config, step) for step in range(1, config.total_steps + 1)]


def one_cycle_of_torch(peak: float, total: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=peak)
    scheduler = OneCycleLR(optimizer, max_lr=peak, total_steps=total)
    seen = []
    for step in range(total):
        seen.append(scheduler.get_last_lr()[0])
        optimizer.step()
        if step < total - 1:
            scheduler.step()
    return seen


@pytest.mark.parametrize(("size", "epochs"), [(5_000, 8), (5_000, 1), (128, 1), (128, 2), (128, 3), (128, 10)])
@pytest.mark.parametrize("peak", [0.1, 2.0])
def test_one_cycle_is_that_of_torch(size: int, epochs: int, peak: float) -> None:
    config = default_experiment(train_size=size, epochs=epochs, learning_rate=peak)
    assert rates(config) == pytest.approx(one_cycle_of_torch(peak, config.total_steps), rel=1e-9)


def test_one_cycle_rises_to_its_peak_and_falls_below_its_start() -> None:
    config = default_experiment(train_size=12_800, epochs=1, batch_size=128, learning_rate=0.5)
    seen = rates(config)
    assert len(seen) == 100
    assert max(seen) == seen[29] == 0.5
    assert seen[0] == pytest.approx(0.5 / 25)
    assert seen[-1] < seen[0] / 1000


def test_the_paper_drops_the_rate_at_a_half_and_at_three_quarters() -> None:
    seen = rates(default_experiment(train_size=12_800, epochs=1, learning_rate=0.1, schedule="paper"))
    assert seen == pytest.approx([0.1] * 50 + [0.01] * 25 + [0.001] * 25)


def test_a_constant_rate_never_changes() -> None:
    assert set(rates(default_experiment(learning_rate=0.3, schedule="constant"))) == {0.3}
    assert len(set(rates(default_experiment(learning_rate=0.3)))) > 1
