"""The picture of the first page: degradation as it was recorded, and what it says."""

from resnet_viz.charts.style import Figure, layout, level, line, rounded
from resnet_viz.paper import curves
from resnet_viz.runlog import ArmView, Snapshot


def degradation_figure(snapshot: Snapshot) -> Figure:
    """Running mean of the training loss of each net against step; the axes hold still while it is replayed."""
    data = [
        {
            "type": "scatter", "mode": "lines", "name": arm.label, "x": arm.step.astype(int).tolist(),
            "y": rounded(arm.smooth, 3), "line": line(arm.net, 3), "hovertemplate": "%{y:.2f}",
        }
        for arm in snapshot.arms
    ]  # fmt: skip
    chance = snapshot.config.chance_loss
    figure = layout("step", "training loss (nats)", snapshot.run, **level(chance, f"chance {chance:.2f}"))
    figure["xaxis"] |= {"range": [0, snapshot.step]}
    lowest = min(float(arm.smooth.min()) for arm in snapshot.arms)
    figure["yaxis"] |= {"range": [lowest - 0.1, 1.2 * chance]}
    return {"data": data, "layout": figure}


def degradation_sentence(snapshot: Snapshot) -> str:
    """What came out: the deeper plain net against the shallower, and the same with the plus sign."""
    plain = _shallow_to_deep(snapshot, is_plain=True)
    residual = _shallow_to_deep(snapshot, is_plain=False)
    return f"{_pair(plain)} With the plus sign, {_pair(residual)} {_price(_cost(plain), _cost(residual))}"


def _shallow_to_deep(snapshot: Snapshot, *, is_plain: bool) -> list[ArmView]:
    return sorted((arm for arm in snapshot.arms if arm.net.is_plain == is_plain), key=lambda arm: arm.net.depth)


def long_run_sentence() -> str:
    """How the same nets end after the paper's own training, read off its Figure 6: means over the last iterations."""
    train, test = (
        {net: curves.curve(net, part).mean(curves.LAST) for net in ("plain-20", "plain-56", "ResNet-20", "ResNet-56")}
        for part in ("train", "test")
    )
    return (
        f"The recording is short, a few hundred steps. After the {curves.END},000 of the paper (CIFAR-10, Figure 6), "
        f"its plain-56 has {train['plain-56']:.1f} % training error, its plain-20 {train['plain-20']:.1f} %: behind, "
        f"not stuck. And there, depth pays with the plus sign: {test['ResNet-56']:.1f} % test error with 56 layers, "
        f"{test['ResNet-20']:.1f} % with 20."
    )


def _cost(arms: list[ArmView]) -> float:
    """Nats that the deepest net is behind the shallowest; below zero when it is ahead."""
    shallow, deep = arms[0].last_loss, arms[-1].last_loss
    assert shallow is not None
    assert deep is not None
    return deep - shallow


def _price(plain: float, residual: float) -> str:
    if residual >= plain:
        return "The plus sign made depth no cheaper here."
    return f"The price of depth went from {plain:.2f} to {residual:.2f} nats."


def _pair(arms: list[ArmView]) -> str:
    shallow, deep = arms[0], arms[-1]
    low, high = shallow.last_loss, deep.last_loss
    assert low is not None
    assert high is not None
    verb = "worse" if high > low else "better"
    return (
        f"**{deep.label} is {abs(high - low):.2f} nats {verb} than {shallow.label}** on the images that both were "
        f"trained on ({high:.2f} against {low:.2f})."
    )
