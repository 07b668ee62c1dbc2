import numpy as np
import pytest
import torch
from pydantic import ValidationError

from resnet_viz.control import Unattended
from resnet_viz.net_questions import Chain
from resnet_viz.nets.preactivation import PreActivationBlock
from resnet_viz.probes.answers import answer
from resnet_viz.probes.chains import SIDE, build_chain, returning_norms
from resnet_viz.seeds import generator

IMAGES = torch.randn(4, 4, 6, 6, generator=torch.Generator().manual_seed(0))


def test_a_block_is_its_equation() -> None:
    block = build_chain(0.7, 2, 4, 0, zero=False).double().train()[0]
    assert isinstance(block, PreActivationBlock)
    x = IMAGES.double()

    def normed(values: torch.Tensor) -> torch.Tensor:
        mean = values.mean((0, 2, 3), keepdim=True)
        variance = values.var((0, 2, 3), keepdim=True, unbiased=False)
        return ((values - mean) / torch.sqrt(variance + 1e-5)).clamp(min=0)

    hidden = torch.conv2d(normed(x), block.conv1.weight, padding=1)
    branch = torch.conv2d(normed(hidden), block.conv2.weight, padding=1)
    torch.testing.assert_close(block(x), 0.7 * x + branch)


@pytest.mark.parametrize("scale", [0.5, 0.9, 1.0, 1.2])
def test_with_empty_branches_the_slope_is_the_logarithm_of_the_scale(scale: float) -> None:
    norms = returning_norms(build_chain(scale, 12, 4, 0, zero=True), 4, 4, 0)
    assert np.diff(np.log(norms)) == pytest.approx(np.log(scale), abs=1e-6)


def test_zero_means_that_a_branch_gives_exactly_nothing() -> None:
    chain = build_chain(0.9, 2, 4, 0, zero=True)
    for block in chain:
        assert isinstance(block, PreActivationBlock)
        assert not block.residual(IMAGES).any()
    with_weights = build_chain(0.9, 2, 4, 0, zero=False)[0]
    assert isinstance(with_weights, PreActivationBlock)
    assert with_weights.residual(IMAGES).abs().max() > 0.1


def test_norms_are_those_of_plain_autograd() -> None:
    chain = build_chain(0.8, 3, 4, 5, zero=False).train()
    norms = returning_norms(chain, 4, 4, 5)
    x = torch.randn(4, 4, SIDE, SIDE, generator=generator(5, "images"), requires_grad=True)
    sent = torch.randn(4, 4, SIDE, SIDE, generator=generator(5, "gradient"))
    (chain(x) * sent).sum().backward()
    assert x.grad is not None
    assert norms[0] == pytest.approx(float(sent.double().norm()))
    assert norms[-1] == pytest.approx(float(x.grad.double().norm()), rel=1e-5)
    assert len(norms) == 4


def test_a_norm_is_a_finite_difference() -> None:
    """Along the gradient itself, the sent gradient times the output changes by its norm."""
    chain = build_chain(0.8, 2, 4, 5, zero=False).double().train()
    x = IMAGES.double().requires_grad_()
    sent = torch.randn(IMAGES.shape, generator=torch.Generator().manual_seed(1)).double()
    (gradient,) = torch.autograd.grad(chain(x), x, sent)
    step = 1e-5 * gradient / gradient.norm()
    with torch.no_grad():
        change = ((chain(x + step) - chain(x - step)) * sent).sum() / 2e-5
    assert float(change) == pytest.approx(float(gradient.norm()), rel=1e-4)


def test_the_answer_has_both_chains_and_is_the_same_twice() -> None:
    question = Chain(scale=0.9, blocks=5, width=4, batch_size=4)
    found = answer(question, lambda done, total: None, Unattended())
    again = answer(question, lambda done, total: None, Unattended())
    assert set(found.arrays) == {"zero", "he"}
    assert found.arrays["zero"].shape == found.arrays["he"].shape == (6,)
    assert found.arrays["zero"][-1] / found.arrays["zero"][0] == pytest.approx(0.9**5)
    assert found.arrays["he"][-1] > found.arrays["zero"][-1]  # the branches bring gradient back too
    assert np.array_equal(found.arrays["he"], again.arrays["he"])
    other = answer(question.model_copy(update={"seed": 1}), lambda done, total: None, Unattended())
    assert not np.array_equal(found.arrays["he"], other.arrays["he"])


@pytest.mark.parametrize("field", [{"scale": 0.4}, {"scale": 1.3}, {"blocks": 1}, {"blocks": 55}, {"width": 3}])
def test_what_takes_too_long_or_means_nothing_is_refused(field: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(field))):
        Chain.model_validate(field)
