"""The table of results as it circulates, and what He et al. 2015 print."""

from dataclasses import dataclass
from typing import Literal

from resnet_viz.paper.results import Result, one, results

Verdict = Literal["supported", "right number, other protocol", "wrong label", "unsupported"]


@dataclass(frozen=True)
class Claim:
    """One row: a top-5 error on the validation set of ImageNet, it is said."""

    net: str
    value: float  # percent
    verdict: Verdict
    why: str
    family: str  # how the names of such nets begin in the paper's tables

    @property
    def printed(self) -> list[Result]:
        """Where the paper prints this number as a top-5 error."""
        return [
            result
            for result in results()
            if (result.source, result.metric, result.value) == ("he2015", "top-5 error", self.value)
        ]

    @property
    def family_printed(self) -> list[Result]:
        """All top-5 errors of such nets that the paper prints."""
        return [
            result
            for result in results()
            if (result.source, result.metric) == ("he2015", "top-5 error") and result.net.startswith(self.family)
        ]


CLAIMS = (
    Claim(
        "VGG-19", 7.32, "wrong label",
        "The paper gives no error of VGG-19: it names that net for its architecture and cost only. The number is that "
        "of the VGG team's ensemble of 2014, and on the test set.",
        "VGG",
    ),
    Claim(
        "plain-34", 7.53, "unsupported",
        "“7.53” occurs nowhere in the paper. Its plain-34 was tested once with top-5 errors: with ten crops.",
        "plain-34",
    ),
    Claim(
        "ResNet-34", 5.71, "right number, other protocol",
        "It is the multi-scale error with option B. Plain-34 was never tested at several scales, so the two cannot be "
        "compared; and two other entries of the paper are 5.71 as well.",
        "ResNet-34",
    ),
    Claim(
        "ResNet-152", 4.49, "supported",
        "One model on the validation set; what the circulating table does not say: at several scales.",
        "ResNet-152",
    ),
    Claim(
        "ensemble of ResNets", 3.57, "right number, other protocol",
        "Six models together, and on the test set, not on the validation set that the table names.",
        "ResNet (ILSVRC",
    ),
)  # fmt: skip


def claim_rows() -> list[dict[str, str]]:
    """The circulating table beside the paper, a row each time that the paper prints a claimed number."""
    rows = []
    for claim in CLAIMS:
        said = {"net": claim.net, "circulates, %": f"{claim.value:.2f}"}
        verdict = {"verdict": claim.verdict}
        if not claim.printed:
            rows.append({**said, "printed for": "nothing", "table": "", "protocol": "", "split": "", **verdict})
        for result in claim.printed:
            stands = {"table": result.place, "protocol": result.protocol, "split": result.split}
            rows.append({**said, "printed for": result.net, **stands, **verdict})
    return rows


@dataclass(frozen=True)
class Pair:
    """One metric of two nets under one protocol."""

    plain: Result
    residual: Result

    @property
    def difference(self) -> float:
        """Residual minus plain, in points of percent."""
        return self.residual.value - self.plain.value


def like_for_like() -> list[Pair]:
    """Plain-34 and ResNet-34 with as many parameters (option A), ten crops: top-1, then top-5."""
    return [
        Pair(one("plain-34", metric, "10-crop"), one("ResNet-34 (A)", metric, "10-crop"))
        for metric in ("top-1 error", "top-5 error")
    ]


def circulating_gap() -> float:
    """What the circulating table makes of the shortcut at depth 34, in points of percent."""
    said = {claim.net: claim.value for claim in CLAIMS}
    return said["ResNet-34"] - said["plain-34"]
