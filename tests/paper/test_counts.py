import pytest
import torch

from resnet_viz.config import NetConfig
from resnet_viz.nets.cifar import CifarNet
from resnet_viz.paper.counts import parameter_count


@pytest.mark.parametrize("depth", [8, 20, 56, 110])
@pytest.mark.parametrize("shortcut", ["none", "A"])
def test_the_count_is_that_of_the_real_nets(depth: int, shortcut: str) -> None:
    with torch.device("meta"):
        net = CifarNet(NetConfig.model_validate({"depth": depth, "shortcut": shortcut}))
    assert parameter_count(depth) == sum(parameter.numel() for parameter in net.parameters())


@pytest.mark.parametrize(("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (1202, 19.4)])
def test_the_count_rounds_to_what_table_6_prints(depth: int, millions: float) -> None:
    assert parameter_count(depth) / 1e6 == pytest.approx(millions, abs=0.05 if millions > 1 else 0.005)


@pytest.mark.parametrize("depth", [2, 21])
def test_a_depth_that_is_not_6n_plus_2_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match=f"6n.2 .* got {depth}"):
        parameter_count(depth)
