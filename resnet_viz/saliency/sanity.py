"""The model-randomisation check (Adebayo et al. 2018, section 3): does a map depend on what the net has learnt?

Stage by stage, from the classifier down, the weights are replaced by fresh random ones; a map that hardly changes says
more about the picture than about the net. The statistics of the norms are measured anew each time: with those of the
trained net, the activations of a random one would explode, and its map fall apart for that reason alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from resnet_viz.attribution import MethodName
from resnet_viz.saliency.classifiers import Classifier
from resnet_viz.saliency.methods import attribute

CHECKED: tuple[MethodName, ...] = ("grad-cam", "saliency", "guided-backprop")
SEED = 0


def methods_checked(classifier: Classifier) -> tuple[MethodName, ...]:
    """The methods that the check compares; Guided Backprop where it works, as the one known to fail."""
    return tuple(method for method in CHECKED if method not in classifier.description.refused)


def correlations(
    classifier: Classifier, net: nn.Module, image: Tensor, layer: str | None, target: int, sample: Tensor
) -> Iterator[list[float]]:
    """Spearman's rank correlation of each method's map with the original one, after each stage.

    Args:
        net: a copy of the classifier's, with its norms; it is changed.
        image: normalised, (1, 3, H, W).
        sample: pictures (m, 3, H, W) for the statistics of the norms.
    Yields:
        One row a step: nothing replaced (1 by definition), the classifier, then one more stage each time. Maps are
        compared by their absolute values; a map without any contrast has no rank, and gives NaN.
    """
    methods = methods_checked(classifier)
    targets = torch.tensor([target])

    def maps(asked: Classifier) -> list[Tensor]:
        return [attribute(asked, method, image, targets, layer).maps[0].abs() for method in methods]

    original = maps(classifier)
    yield [1.0 for _ in methods]
    randomised = replace(classifier, net=net)
    for stage in reversed(classifier.stages):
        for name in stage:
            reinitialise(net.get_submodule(name))
        recalibrate(net, sample)
        yield [rank_correlation(old, new) for old, new in zip(original, maps(randomised), strict=True)]


def stage_names(classifier: Classifier) -> Sequence[str]:
    """What each step of `correlations` has replaced last."""
    return ["nothing", *(stage[0] for stage in reversed(classifier.stages))]


def reinitialise(part: nn.Module) -> None:
    """Fresh weights, by each module's own rule; the global random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        for module in part.modules():
            if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
                module.reset_parameters()


@torch.no_grad()
def recalibrate(net: nn.Module, sample: Tensor) -> None:
    """Give every norm the mean and variance of what it now sees; everything else stays as it is."""
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    try:
        for norm in norms:
            norm.momentum = 1.0  # of this batch alone
            norm.train()
        net(sample)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()


def rank_correlation(first: Tensor, second: Tensor) -> float:
    """Spearman's rank correlation of two maps; NaN when one of them is the same everywhere."""
    if first.min() == first.max() or second.min() == second.max():
        return float("nan")
    return float(spearmanr(first.flatten().numpy(), second.flatten().numpy()).statistic)
