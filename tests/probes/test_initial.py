import pytest
import torch
from torch.nn import functional

from resnet_viz.net_config import NetConfig
from resnet_viz.nets import build_net
from resnet_viz.probes.gradients import row_names
from resnet_viz.probes.initial import at_init

IMAGES = torch.randn(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(8)


@pytest.mark.parametrize("norm", [True, False])
def test_gradients_and_spreads_are_those_of_plain_autograd(norm: bool) -> None:
    config = NetConfig(depth=8, width=4, batch_norm=norm)
    measured = at_init(config, 3, IMAGES, LABELS)
    net = build_net(config, 3).train()
    x = net.act(net.norm(net.conv(IMAGES)))
    spreads = [float(x.detach().double().std())]
    inputs = []
    for block in net.blocks():
        x.retain_grad()
        inputs.append(x)
        x = block(x)
        spreads.append(float(x.detach().double().std()))
    loss = functional.cross_entropy(net.classifier(net.flatten(net.pool(x))), LABELS)
    loss.backward()
    assert measured.loss == pytest.approx(loss.item())
    assert measured.spread == pytest.approx(spreads)
    gradients = [inputs[place].grad for place in range(3)]
    norms = [float(g.double().flatten(1).norm(dim=1).sum()) for g in gradients if g is not None]
    assert measured.grad_x[1:4] == pytest.approx(norms)
    assert measured.grad_w[0] == pytest.approx(float(net.conv.weight.grad.double().norm()))
    assert measured.rows == row_names(net)
    assert len(measured.spread) == len(measured.rows) - 1


def test_the_three_stories_are_measured_at_depth_56() -> None:
    """With BN the gradient of a plain net grows towards the images; without it and with PyTorch's init it vanishes."""

    def change(**net: object) -> float:
        grad = at_init(NetConfig.model_validate({"width": 4, **net}), 0, IMAGES, LABELS).grad_x[1:-1]
        return grad[0] / grad[-1]

    assert change(shortcut="none") > 100
    assert 0 < change(shortcut="none", batch_norm=False, init="torch") < 1e-15
    assert 0.1 < change(shortcut="A", batch_norm=False, init="torch") < 10


@pytest.mark.parametrize(
    "changes",
    [{"block": "pre-activation"}, {"block": "bottleneck", "depth": 11}, {"gate_bias": -2.0}, {"survival": 0.01}],
)
def test_every_kind_of_net_can_be_asked(changes: dict[str, object]) -> None:
    config = NetConfig.model_validate({"depth": 8, "width": 4, **changes})
    measured = at_init(config, 0, IMAGES, LABELS)
    assert len(measured.grad_x) == len(measured.rows) == 5
    assert all(value > 0 for value in measured.grad_x)
    assert (0 in measured.grad_w) == ("survival" in changes)


def test_the_same_question_has_the_same_answer() -> None:
    config = NetConfig(depth=8, width=4)
    assert at_init(config, 0, IMAGES, LABELS) == at_init(config, 0, IMAGES, LABELS)
    assert at_init(config, 0, IMAGES, LABELS) != at_init(config, 1, IMAGES, LABELS)
