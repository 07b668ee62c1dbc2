"""How much of what this machine can multiply the trainer uses: its floating-point operations a second, as a share of
those of a large matrix product, in the same precision and the same minute.

torch.mm and convolutions come from different libraries, and on some processors one of them multiplies much faster: the
faster one is the peak. A share can exceed it where a convolution takes fewer multiplications than are counted.

Operations of a training step are counted by PyTorch's own counter (a multiplication and an addition are two), which
counts convolutions and matrix products, forward and backward.
"""

from collections.abc import Iterator
from functools import partial
from statistics import median

import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.report import Row, noted, present_data, table
from benchmarks.speed import experiment, ours
from benchmarks.turns import Variant, interleaved
from resnet_viz.config import Precision, TrainConfig
from resnet_viz.machine import resolve, set_up_threads
from resnet_viz.net_config import NetConfig
from resnet_viz.nets import build_net

SIDE = 2048  # of the matrices: large enough that starting a product costs nothing
ROUNDS, STEPS = 3, 10
DEPTHS = (20, 56)
TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def operations(net: NetConfig) -> int:
    """Floating-point operations of one image, forward and backward."""
    counter = FlopCounterMode(display=False)
    with counter:
        scores = build_net(net)(torch.zeros(2, 3, 32, 32))
        functional.cross_entropy(scores, torch.zeros(2, dtype=torch.long)).backward()
    return counter.get_total_flops() // 2


def products(precision: Precision, *, convolution: bool) -> Iterator[None]:
    """Products of two large matrices, without end: by torch.mm, or as a 1x1 convolution of a map of as many pixels."""
    set_up_threads()
    device = resolve(TrainConfig()).device
    a, b = (torch.randn(SIDE, SIDE).to(device, TYPES[precision]) for _ in range(2))
    pixels = a.view(1, 32, -1, SIDE).permute(0, 3, 1, 2)  # (1, SIDE, 32, SIDE / 32) in channels_last, the same memory
    weight = b.view(SIDE, SIDE, 1, 1)
    while True:
        product = functional.conv2d(pixels, weight) if convolution else torch.mm(a, b)
        product.flatten()[0].item()  # waits for it
        yield


def measure(rounds: int = ROUNDS, steps: int = STEPS) -> list[Row]:
    """Run the benchmark."""
    known: tuple[Precision, ...] = ("fp32", "bf16") if resolve(TrainConfig()).precision == "bf16" else ("fp32",)
    return [row for precision in known for row in shares(precision, rounds, steps)]


def shares(precision: Precision, rounds: int, steps: int) -> list[Row]:
    """The peak, and the shares of two depths."""
    name = present_data()
    configs = {f"residual-{depth}": experiment(name, precision, probes=True, depth=depth) for depth in DEPTHS}
    ways = {
        "torch.mm": Variant(partial(products, precision, convolution=False), 1),
        "1x1 convolution": Variant(partial(products, precision, convolution=True), 1),
    }
    speeds = interleaved({**ways, **{key: ours(one) for key, one in configs.items()}}, rounds, steps)
    peak = [2 * SIDE**3 * max(both) for both in zip(*(speeds[way] for way in ways), strict=True)]
    best = max(ways, key=lambda way: median(speeds[way]))
    rows = [noted(f"product of {SIDE}x{SIDE} matrices, {precision}, by {best}", median(peak) / 1e9, "GFLOP/s", 0)]
    for key, config in configs.items():
        count = operations(config.arms[0])
        share = median(count * speed / most for speed, most in zip(speeds[key], peak, strict=True))
        rows.append(
            noted(f"{key} in {precision}, {count / 1e9:.3f} GFLOP an image: share of that", 100 * share, "%", 1)
        )
    return rows


def main() -> None:
    print(table(measure()))


if __name__ == "__main__":
    main()
