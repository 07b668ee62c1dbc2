import math

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from resnet_viz.saliency.classifiers import Classifier
from resnet_viz.saliency.hooks import forward_hooks
from resnet_viz.saliency.sanity import (
    correlations,
    methods_checked,
    rank_correlation,
    recalibrate,
    reinitialise,
    stage_names,
)
from tests.saliency.conftest import Race
from tests.saliency.nets import images, unchanged

Classifiers = dict[str, tuple[Classifier, int]]


def rows_of(classifier: Classifier, size: int) -> list[list[float]]:
    return list(correlations(classifier, classifier.copy(), images(1, size), None, 4, images(7, size, seed=1)))


@pytest.mark.parametrize("kind", ["residual", "resnet18", "lite0"])
def test_nothing_replaced_is_1_and_each_stage_has_a_row(kind: str, classifiers: Classifiers) -> None:
    classifier, size = classifiers[kind]
    batch = images(2, size, seed=2)
    scores = classifier.net(batch)
    with unchanged(classifier.net):
        rows = rows_of(classifier, size)
    assert torch.equal(classifier.net(batch), scores)
    methods = methods_checked(classifier)
    assert rows[0] == [1.0] * len(methods)
    assert len(rows) == len(stage_names(classifier)) == 1 + len(classifier.stages)
    assert all(math.isnan(value) or -1 <= value <= 1 for row in rows for value in row)
    assert all(len(row) == len(methods) for row in rows)
    saliency = methods.index("saliency")
    assert rows[-1][saliency] < 0.9


def test_the_maps_of_a_net_of_a_race_change_with_its_weights_and_each_time_in_the_same_way(cifar: Classifier) -> None:
    rows = rows_of(cifar, 32)
    assert methods_checked(cifar)[:2] == ("grad-cam", "saliency")
    assert max(map(abs, rows[-1][:2])) < 0.6
    assert rows == rows_of(cifar, 32)


def test_stages_go_from_the_class_to_the_picture(classifiers: Classifiers) -> None:
    names = {kind: list(stage_names(classifier)) for kind, (classifier, _) in classifiers.items()}
    assert names["residual"] == ["nothing", "classifier", "stage3", "stage2", "stage1", "conv"]
    assert names["resnet18"] == ["nothing", "fc", "layer4", "layer3", "layer2", "layer1", "conv1"]
    blocks = [f"blocks.{stage}" for stage in range(6, -1, -1)]
    assert names["lite0"] == ["nothing", "classifier", "conv_head", *blocks, "conv_stem"]


def test_guided_backprop_is_compared_where_it_works(classifiers: Classifiers) -> None:
    assert methods_checked(classifiers["lite0"][0]) == ("grad-cam", "saliency")
    assert methods_checked(classifiers["tanh"][0]) == ("grad-cam", "saliency")
    assert methods_checked(classifiers["resnet18"][0]) == ("grad-cam", "saliency", "guided-backprop")


def test_only_the_stages_so_far_are_replaced(cifar: Classifier) -> None:
    copied = cifar.copy()
    before = {name: tensor.clone() for name, tensor in copied.state_dict().items()}
    rows = correlations(cifar, copied, images(1), None, 4, images(7, seed=1))
    assert next(rows) == [1.0, 1.0, 1.0]
    changed = []
    for _ in rows:
        state = copied.state_dict()
        weights = [name for name in before if name.endswith("weight") and before[name].ndim > 1]
        changed.append([name for name in weights if not torch.equal(state[name], before[name])])
    assert changed[0] == ["classifier.weight"]
    assert all(name.startswith(("stage3", "classifier")) for name in changed[1])
    assert len(changed[1]) == 1 + 4
    assert len(changed[-1]) == 1 + 12 + 1


def test_fresh_weights_follow_each_modules_own_rule_and_leave_the_random_state_alone() -> None:
    part = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8, 5))
    torch.manual_seed(0)
    expected = [nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Linear(8, 5)]
    with torch.no_grad():
        for parameter in part.parameters():
            parameter.fill_(7)
    part[1].running_mean.fill_(3)
    torch.manual_seed(11)
    before = torch.get_rng_state()
    reinitialise(part)
    assert torch.equal(torch.get_rng_state(), before)
    for module, other in zip((part[0], part[1], part[3]), expected, strict=True):
        for name, tensor in other.state_dict().items():
            assert torch.equal(module.state_dict()[name], tensor)


def two_norms() -> nn.Sequential:
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, momentum=0.3), nn.ReLU(), nn.Dropout(0.5), nn.Conv2d(4, 2, 3),
        nn.BatchNorm2d(2, momentum=None),
    )  # fmt: skip
    source = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.normal_(generator=source)
    return net.eval().requires_grad_(False)


def of_channels(values: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of each channel, the latter as of a sample."""
    flat = values.transpose(0, 1).flatten(1).double()
    mean = flat.sum(1) / flat.shape[1]
    return mean.float(), (((flat - mean[:, None]) ** 2).sum(1) / (flat.shape[1] - 1)).float()


def test_each_norm_gets_the_mean_and_variance_of_what_it_now_sees() -> None:
    net, sample = two_norms(), images(7, 16)
    weights = {name: tensor.clone() for name, tensor in net.named_parameters()}
    recalibrate(net, sample)
    first, second = net[1], net[5]
    x = net[0](sample)
    for found, expected in zip((first.running_mean, first.running_var), of_channels(x), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    mean, variance = of_channels(x)
    biased = variance * (x[:, 0].numel() - 1) / x[:, 0].numel()  # what a norm in training divides by
    scaled = (x - mean.view(-1, 1, 1)) / (biased.view(-1, 1, 1) + first.eps).sqrt()
    x = net[4]((scaled * first.weight.view(-1, 1, 1) + first.bias.view(-1, 1, 1)).relu())  # no dropout
    for found, expected in zip((second.running_mean, second.running_var), of_channels(x), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert (first.momentum, second.momentum) == (0.3, None)
    assert not any(module.training for module in net.modules())
    assert all(torch.equal(tensor, weights[name]) for name, tensor in net.named_parameters())


def test_the_statistics_of_before_count_for_nothing() -> None:
    one, other = two_norms(), two_norms()
    other[1].running_mean.fill_(9)
    other[1].running_var.fill_(9)
    for net in (one, other):
        recalibrate(net, images(7, 16))
    assert torch.equal(one[1].running_mean, other[1].running_mean)
    assert torch.equal(one[5].running_var, other[5].running_var)
    recalibrate(other, images(7, 16, seed=1))
    assert not torch.equal(one[1].running_mean, other[1].running_mean)


def test_an_error_while_the_norms_are_measured_leaves_them_in_eval_mode_with_their_momentum() -> None:
    net = two_norms()
    with pytest.raises(RuntimeError):
        recalibrate(net, torch.zeros(2, 5, 16, 16))  # of five colours
    assert (net[1].momentum, net[5].momentum) == (0.3, None)
    assert not any(module.training for module in net.modules())


@pytest.mark.parametrize("kind", ["residual", "resnet18", "lite0"])
def test_after_it_every_norm_of_a_copy_gives_what_it_would_in_training(kind: str, classifiers: Classifiers) -> None:
    classifier, size = classifiers[kind]
    net, sample = classifier.copy(), images(7, size)
    recalibrate(net, sample)
    assert not any(module.training for module in net.modules())
    first = next(module for module in net.modules() if isinstance(module, nn.BatchNorm2d))
    kept: list[Tensor] = []
    with forward_hooks([], [(first, lambda _module, inputs: kept.append(inputs[0]))]):
        net(sample)
    for found, expected in zip((first.running_mean, first.running_var), of_channels(kept[0]), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_a_net_without_norms_can_be_randomised_as_well(races: Race) -> None:
    plain = races(shortcut="B", batch_norm=False)
    with unchanged(plain.net):
        rows = rows_of(plain, 32)
    assert rows[0] == [1.0] * 3
    assert len(rows) == 6


def test_a_rank_correlation_with_ties_is_that_of_mean_ranks() -> None:
    first, second = torch.tensor([[1.0, 2.0], [2.0, 5.0]]), torch.tensor([[10.0, 40.0], [20.0, 20.0]])
    # Ranks 1, 2.5, 2.5, 4 and 1, 4, 2.5, 2.5: less their mean -1.5, 0, 0, 1.5 and -1.5, 1.5, 0, 0.
    assert rank_correlation(first, second) == pytest.approx(2.25 / 4.5)
    assert rank_correlation(first, second) == pytest.approx(spearmanr([1, 2, 2, 5], [10, 40, 20, 20]).statistic)


def test_a_rank_correlation_sees_order_and_nothing_else() -> None:
    values = torch.rand(8, 8, generator=torch.Generator().manual_seed(0))
    assert rank_correlation(values, values.exp() * 100) == pytest.approx(1)
    assert rank_correlation(values, -(values**3)) == pytest.approx(-1)
    other = torch.rand(8, 8, generator=torch.Generator().manual_seed(1))
    ranks = [np.argsort(np.argsort(one.flatten().numpy())) for one in (values, other)]
    assert rank_correlation(values, other) == pytest.approx(np.corrcoef(*ranks)[0, 1])
    assert abs(rank_correlation(values, other)) < 0.5


def test_a_map_without_contrast_has_no_rank_correlation() -> None:
    flat, other = torch.full((4, 4), 0.3), torch.arange(16.0).view(4, 4)
    assert math.isnan(rank_correlation(flat, other))
    assert math.isnan(rank_correlation(other, flat))
    assert math.isnan(rank_correlation(flat, flat))
    assert rank_correlation(other, other) == 1
