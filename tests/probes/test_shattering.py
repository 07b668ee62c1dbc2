import numpy as np
import pytest
import torch

from resnet_viz.control import Stopped, Unattended
from resnet_viz.net_config import NetConfig
from resnet_viz.nets import build_net
from resnet_viz.probes.shattering import PICTURES, autocorrelation, calibrate, input_gradients, shattered


def images(count: int) -> torch.Tensor:
    return torch.randn(count, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_the_autocorrelation_is_that_of_the_definition() -> None:
    g = torch.randn(12, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    centred = g - g.mean(0)
    power = float((centred**2).sum(1).mean())
    expected = [float(np.mean([centred[t] @ centred[t + k] for t in range(12 - k)])) / power for k in range(6)]
    np.testing.assert_allclose(autocorrelation(g).numpy(), expected, rtol=1e-12)


def test_white_noise_is_unrelated_and_a_smooth_walk_is_not() -> None:
    noise = torch.randn(256, 500, generator=torch.Generator().manual_seed(2))
    assert abs(float(autocorrelation(noise)[1])) < 0.02
    assert float(autocorrelation(noise.cumsum(0))[1]) > 0.95


def test_equal_gradients_have_none() -> None:
    assert autocorrelation(torch.ones(8, 3)).tolist() == [0, 0, 0, 0]


def test_gradients_are_those_of_finite_differences_and_each_point_stands_alone() -> None:
    net = build_net(NetConfig(depth=8, width=4, activation="tanh")).double().requires_grad_(False)
    calibrate(net, images(16).double())
    line = images(5).double()
    found = input_gradients(net, line, 3, Unattended())
    (alone,) = input_gradients(net, line[2:3], 3, Unattended())
    torch.testing.assert_close(found[2], alone)
    nudge = torch.zeros_like(line[2:3])
    nudge[0, 1, 7, 9] = 1e-5
    with torch.no_grad():
        net.eval()
        difference = (net(line[2:3] + nudge) - net(line[2:3] - nudge))[0, 3] / 2e-5
    assert float(found[2, 1, 7, 9]) == pytest.approx(float(difference), rel=1e-5)


def test_the_norms_take_over_the_statistics_of_the_batch() -> None:
    net = build_net(NetConfig(depth=8, width=4))
    batch = images(16)
    calibrate(net, batch)
    stem = net.conv(batch)
    torch.testing.assert_close(net.norm.running_mean, stem.mean((0, 2, 3)), rtol=1e-4, atol=1e-5)


def test_depth_shatters_the_plain_net_first() -> None:
    batch = images(32)
    found = {
        kind: shattered(NetConfig(depth=32, width=4, shortcut=kind), 0, batch[:2], 0, batch, 64, Unattended())
        for kind in ("none", "A")
    }
    assert float(found["A"].autocorrelation[1]) > float(found["none"].autocorrelation[1]) + 0.3
    pictures = found["A"].pictures
    assert (pictures.shape, pictures.dtype) == ((PICTURES, 32, 32, 3), torch.uint8)
    assert found["none"].along.shape == (64,)
    # Each picture has its own scale: some value of each lies at an end.
    assert all(picture.min() == 0 or picture.max() == 255 for picture in pictures)


def test_a_stop_is_heard_between_chunks() -> None:
    class Stop(Unattended):
        def check(self) -> None:
            raise Stopped

    with pytest.raises(Stopped):
        shattered(NetConfig(depth=8, width=4), 0, images(2), 0, images(8), 16, Stop())
