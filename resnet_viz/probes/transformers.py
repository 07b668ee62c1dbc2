"""Encoders with the norm before or after each addition, before their first update: gradients layer by layer."""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.answer import Answer, Report
from resnet_viz.control import Control
from resnet_viz.net_questions import Stream
from resnet_viz.probes.threads import one_thread
from resnet_viz.seeds import generator

VOCABULARY = 100  # tokens, and classes
EXPANSION = 4  # of the feed-forward layer, as in Vaswani et al. 2017


class Encoder(nn.Module):
    """Tokens (N, T) in, scores (N, T, VOCABULARY) out, through PyTorch's own encoder layers; no dropout.

    No positions are added: the task is made of random tokens, so no order means anything. A pre-norm encoder has one
    more norm after its last layer, since its sum is never normalised otherwise (Xiong et al. 2020, section 3.1).
    """

    def __init__(self, layers: int, width: int, heads: int, *, norm_first: bool) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, width)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, heads, EXPANSION * width, dropout=0.0, batch_first=True, norm_first=norm_first
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width) if norm_first else nn.Identity()
        self.head = nn.Linear(width, VOCABULARY)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens)  # (N, T, width)
        for layer in self.layers:
            x = layer(x)
        scores: Tensor = self.head(self.norm(x))
        return scores


def build_encoder(layers: int, width: int, heads: int, seed: int, *, norm_first: bool) -> Encoder:
    """Matrices normal with variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010), the embedding standard normal.

    Each tensor has a generator of its own, seeded by its name: both kinds share all that both have.
    """
    encoder = Encoder(layers, width, heads, norm_first=norm_first)
    for name, parameter in encoder.named_parameters():
        source = generator(seed, name)
        if name == "embedding.weight":
            nn.init.normal_(parameter, generator=source)
        elif parameter.dim() == 2:
            nn.init.xavier_normal_(parameter, generator=source)
        elif "bias" in name:
            nn.init.zeros_(parameter)
    return encoder


def feed_forward_norms(encoder: Encoder, batch_size: int, length: int, seed: int) -> list[float]:
    """Send one batch of random tokens forward and back; at each place the label to tell is random too.

    Returns:
        L2 norm of dL/dW over both matrices of the feed-forward part, a value a layer, L being the mean cross-entropy.
    """
    shape = (batch_size, length)
    tokens = torch.randint(VOCABULARY, shape, generator=generator(seed, "tokens"))
    labels = torch.randint(VOCABULARY, shape, generator=generator(seed, "labels"))
    loss = functional.cross_entropy(encoder(tokens).flatten(0, 1), labels.flatten())
    loss.backward()
    return [_norm(layer) for layer in encoder.layers]


def _norm(layer: nn.Module) -> float:
    assert isinstance(layer, nn.TransformerEncoderLayer)
    found = [linear.weight.grad for linear in (layer.linear1, layer.linear2)]
    return math.sqrt(sum(float(grad.double().square().sum()) for grad in found if grad is not None))


@one_thread()
def measure(asked: Stream, report: Report, control: Control) -> Answer:
    """The answer to `Stream`.

    Raises:
        Stopped: the control said so.
    """
    rows: dict[str, list[list[float]]] = {"pre": [], "post": []}
    for place in range(asked.repeats):
        control.check()
        report(place * asked.batch_size, asked.repeats * asked.batch_size)
        seed = asked.seed + place
        for name, norm_first in (("pre", True), ("post", False)):
            encoder = build_encoder(asked.layers, asked.width, asked.heads, seed, norm_first=norm_first)
            rows[name].append(feed_forward_norms(encoder, asked.batch_size, asked.length, seed))
    return Answer(arrays={name: np.array(values) for name, values in rows.items()})
