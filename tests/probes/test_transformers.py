import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torch.nn import functional

from resnet_viz.control import Stopped, Unattended
from resnet_viz.net_questions import Stream
from resnet_viz.probes.answers import answer
from resnet_viz.probes.transformers import VOCABULARY, Encoder, build_encoder, feed_forward_norms
from resnet_viz.seeds import generator

SMALL = Stream(layers=3, width=8, heads=2, length=4, batch_size=2, repeats=2)


def parts(encoder: Encoder, place: int, x: torch.Tensor, *, norm_first: bool) -> torch.Tensor:
    """One layer, written out: both additions, with the norm before or after each."""
    layer = encoder.layers[place]
    assert isinstance(layer, nn.TransformerEncoderLayer)

    def attend(z: torch.Tensor) -> torch.Tensor:
        mixed: torch.Tensor = layer.self_attn(z, z, z, need_weights=False)[0]
        return mixed

    def feed(z: torch.Tensor) -> torch.Tensor:
        fed: torch.Tensor = layer.linear2(functional.relu(layer.linear1(z)))
        return fed

    if norm_first:
        x = x + attend(layer.norm1(x))
        return x + feed(layer.norm2(x))
    x = layer.norm1(x + attend(x))
    result: torch.Tensor = layer.norm2(x + feed(x))
    return result


@pytest.mark.parametrize("norm_first", [True, False])
def test_a_layer_is_its_equation(norm_first: bool) -> None:
    encoder = build_encoder(2, 8, 2, 0, norm_first=norm_first)
    x = torch.randn(2, 4, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(encoder.layers[0](x), parts(encoder, 0, x, norm_first=norm_first))
    other = parts(encoder, 0, x, norm_first=not norm_first)
    assert not torch.allclose(encoder.layers[0](x), other)


@pytest.mark.parametrize("norm_first", [True, False])
def test_norms_are_finite_differences_of_the_loss(norm_first: bool) -> None:
    encoder = build_encoder(2, 8, 2, 0, norm_first=norm_first).double()
    norms = feed_forward_norms(encoder, 2, 4, 0)
    tokens = torch.randint(VOCABULARY, (2, 4), generator=generator(0, "tokens"))
    labels = torch.randint(VOCABULARY, (2, 4), generator=generator(0, "labels"))
    layer = encoder.layers[1]
    assert isinstance(layer, nn.TransformerEncoderLayer)
    weights = (layer.linear1.weight, layer.linear2.weight)
    directions = [weight.grad.clone() / norms[1] for weight in weights if weight.grad is not None]

    def loss_at(step: float) -> float:
        with torch.no_grad():
            for weight, direction in zip(weights, directions, strict=True):
                weight += step * direction
            loss = functional.cross_entropy(encoder(tokens).flatten(0, 1), labels.flatten()).item()
            for weight, direction in zip(weights, directions, strict=True):
                weight -= step * direction
        return loss

    assert (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5 == pytest.approx(norms[1], rel=1e-4)


def test_both_kinds_share_their_weights_and_only_pre_norm_has_a_last_norm() -> None:
    pre, post = (build_encoder(2, 8, 2, 0, norm_first=first).state_dict() for first in (True, False))
    assert set(pre) - set(post) == {"norm.weight", "norm.bias"}
    assert set(post) <= set(pre)
    for name, values in post.items():
        assert torch.equal(values, pre[name])
    assert not torch.equal(post["head.weight"], build_encoder(2, 8, 2, 1, norm_first=False).head.weight)
    assert not post["layers.0.linear1.bias"].any()


def test_the_answer_has_a_row_a_seed() -> None:
    done = []
    found = answer(SMALL, lambda at, total: done.append((at, total)), Unattended())
    assert found.arrays["pre"].shape == found.arrays["post"].shape == (2, 3)
    second = feed_forward_norms(build_encoder(3, 8, 2, 1, norm_first=True), 2, 4, 1)
    assert found.arrays["pre"][1] == pytest.approx(second)
    assert done == [(0, 4), (2, 4)]
    assert not np.array_equal(found.arrays["pre"][0], found.arrays["pre"][1])


def test_at_the_last_layer_post_norm_has_the_larger_gradient() -> None:
    """Xiong et al. 2020, section 3.3: the gradient of post-norm is large near the output, that of pre-norm smaller."""
    found = answer(Stream(layers=12, repeats=3), lambda done, total: None, Unattended())
    pre, post = (found.arrays[name].mean(axis=0) for name in ("pre", "post"))
    assert post[-1] > 2 * pre[-1]
    assert post[-1] > post[0]


def test_it_stops_when_told_to() -> None:
    class Impatient(Unattended):
        def check(self) -> None:
            raise Stopped

    with pytest.raises(Stopped):
        answer(SMALL, lambda done, total: None, Impatient())


@pytest.mark.parametrize("field", [{"heads": 3}, {"layers": 1}, {"layers": 25}, {"repeats": 0}])
def test_impossible_encoders_are_refused(field: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match=next(iter(field))):
        Stream.model_validate(field)
