from math import inf

import pytest
from pydantic import ValidationError

from resnet_viz.paper import results
from resnet_viz.paper.results import PROTOCOLS, NoSuchResult, Result, one, printed_in
from resnet_viz.sources import SOURCES

# Typed from the paper a second time, apart from the file: net, top-1, top-5.
TABLE_3 = """
VGG-16 28.07 9.33
GoogLeNet - 9.15
PReLU-net 24.27 7.38
plain-34 28.54 10.02
ResNet-34 (A) 25.03 7.76
ResNet-34 (B) 24.52 7.46
ResNet-34 (C) 24.19 7.40
ResNet-50 (B) 22.85 6.71
ResNet-101 (B) 21.75 6.05
ResNet-152 (B) 21.43 5.71
"""
TABLE_4 = """
VGG (ILSVRC'14) - 8.43
GoogLeNet (ILSVRC'14) - 7.89
VGG (v5) 24.4 7.1
PReLU-net 21.59 5.71
BN-inception 21.99 5.81
ResNet-34 (B) 21.84 5.71
ResNet-34 (C) 21.53 5.60
ResNet-50 (B) 20.74 5.25
ResNet-101 (B) 19.87 4.60
ResNet-152 (B) 19.38 4.49
"""
TABLE_5 = """
VGG (ILSVRC'14) - 7.32
GoogLeNet (ILSVRC'14) - 6.66
VGG (v5) - 6.8
PReLU-net - 4.94
BN-inception - 4.82
ResNet (ILSVRC'15) - 3.57
"""
FAIR = """
ResNet-18 (B) 30.43 10.76
ResNet-34 (B) 26.73 8.74
ResNet-50 (B) 24.01 7.02
ResNet-101 (B) 22.44 6.21
ResNet-152 (B) 22.16 6.16
"""
CIFAR = {  # depth 20, 32, 44, 56, 110, 1202
    "he2015": "8.75 7.51 7.17 6.97 6.43 6.61 7.93",
    "akamaster2018": "8.27 7.37 6.90 6.61 6.32 6.18",
    "gcr2016": "8.29 7.63 7.14 6.94 6.73",
    "keras2017": "7.84 7.54 7.50 7.29 7.35",
    "chenyaofo2021": "7.40 6.47 5.99 5.63",
}
COSTS = {  # billions
    "ResNet-18": "1.8", "ResNet-34": "3.6", "ResNet-50": "3.8", "ResNet-101": "7.6", "ResNet-152": "11.3",
    "plain-34": "3.6", "VGG-16": "15.3", "VGG-19": "19.6",
}  # fmt: skip
SUMS = {  # y = …, He et al. 2016, Table 1
    "x + F(x)": "6.61", "F(x)": "fail", "0.5 x + F(x)": "fail", "0.5 x + 0.5 F(x)": "12.35",
    "(1 - g) x + g F(x), bias 0 to -5": "fail", "(1 - g) x + g F(x), bias -6": "8.70",
    "(1 - g) x + g F(x), bias -7": "9.81", "(1 - g) x + F(x), bias 0": "12.86", "(1 - g) x + F(x), bias -6": "6.91",
    "1x1 convolution of x, + F(x)": "12.22", "dropout 0.5 of x, + F(x)": "fail",
}  # fmt: skip
WIDE = """
pre-activation ResNet-164 5.46 24.33
pre-activation ResNet-1001 4.92 22.71
WRN-28-10 4.00 19.25
WRN-28-10 with dropout 3.89 18.85
"""


def printed(source: str, place: str) -> set[tuple[str, str, str]]:
    return {(r.net, r.metric, r.printed) for r in results.results() if (r.source, r.place) == (source, place)}


def typed(table: str, *columns: str) -> set[tuple[str, str, str]]:
    found, columns = set(), columns or ("top-1 error", "top-5 error")
    for line in table.strip().splitlines():
        net, *values = line.rsplit(maxsplit=2)
        found |= {
            (net, metric, value) for metric, value in zip(columns, values, strict=True)
            if value != "-"
        }  # fmt: skip
    return found


@pytest.mark.parametrize(
    ("source", "place", "table"),
    [
        ("he2015", "Table 3", TABLE_3), ("he2015", "Table 4", TABLE_4), ("he2015", "Table 5", TABLE_5),
        ("fair2016", "README, trained models", FAIR),
    ],
)  # fmt: skip
def test_the_tables_of_imagenet_are_complete_and_as_printed(source: str, place: str, table: str) -> None:
    assert printed(source, place) == typed(table)


@pytest.mark.parametrize("source", CIFAR)
def test_the_residual_nets_of_cifar_are_as_printed(source: str) -> None:
    found = [r for r in results.results() if r.source == source and r.data == "CIFAR-10" and r.shortcut in ("A", "B")]
    in_order = sorted(found, key=lambda r: (r.depth or 0, r.value))
    assert [r.printed for r in in_order] == CIFAR[source].split()


def test_what_later_papers_print_is_complete_and_as_printed() -> None:
    sums = {r.net.removeprefix("ResNet-110: "): r.printed for r in printed_in("he2016", "Table 1")}
    assert sums == SUMS
    wide = {(r.net, r.data, r.printed) for r in printed_in("zagoruyko2016code", "README")}
    assert wide == {(net, data, value) for net, data, value in typed(WIDE, "CIFAR-10", "CIFAR-100")}
    costs = {r.net: r.printed for r in results.results() if r.metric == "multiply-adds"}
    assert costs == COSTS
    validated = "single view, best epoch on validation"
    for kind, error in (("stochastic", "5.25"), ("constant", "6.41")):
        assert one(f"ResNet-110, {kind} depth", "error", validated, "huang2016code").printed == error
    for net, accuracy in (("Highway-110", "93.96"), ("ResNet-110", "93.75")):
        assert one(net, "top-1 accuracy", "single view", "srivastava2025code").printed == accuracy


def test_a_net_that_failed_has_no_number() -> None:
    plain = one("ResNet-110: F(x)", "error", "single view, median of 5 runs", "he2016")
    assert (plain.failed, plain.value, plain.number) == (True, inf, "fail")
    assert not one("plain-34", "top-5 error", "10-crop").failed


def test_every_number_has_a_source_a_place_and_a_protocol_that_is_explained() -> None:
    every = results.results()
    assert len(every) > 100
    for result in every:
        assert SOURCES[result.source].url.startswith("https://")
        assert result.place
        assert PROTOCOLS[result.protocol]
        assert result.failed or 0 < result.value < 100
    assert set(PROTOCOLS) == {result.protocol for result in every}  # and none is explained that does not occur


def test_errors_are_errors_and_accuracies_are_named() -> None:
    for result in results.results():
        assert result.metric.endswith("accuracy") == (result.source in ("torchvision", "srivastava2025code"))
        large = result.value > 50 and not result.failed
        assert large == result.metric.endswith("accuracy")  # no error of a trained net is that large
    assert one("ResNet-50 (B)", "top-1 accuracy", "1 crop, 256 to 224", "torchvision").printed == "76.130"


def test_seven_fifty_three_is_nowhere() -> None:
    assert not [result for result in results.results() if result.value == 7.53]
    assert [result.printed for result in results.results()].count("5.71") == 3


def test_one_number_is_found_and_what_does_not_exist_is_named() -> None:
    assert one("plain-34", "top-5 error", "10-crop").value == 10.02
    with pytest.raises(NoSuchResult, match="0 results of he2015 for plain-34, top-5 error, multi-scale"):
        one("plain-34", "top-5 error", "multi-scale")
    with pytest.raises(NoSuchResult, match="nothing is quoted from he2016, Table 9"):
        printed_in("he2016", "Table 9")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("source", "nobody2020", "not in SOURCES"),
        ("protocol", "12-crop", "not in PROTOCOLS"),
        ("printed", "0.3 %", "pattern"),
        ("printed", "failed", "pattern"),
    ],
)
def test_a_number_without_source_or_protocol_is_refused(field: str, value: str, sentence: str) -> None:
    good = results.results()[0].model_dump()
    Result.model_validate(good)
    with pytest.raises(ValidationError, match=sentence):
        Result.model_validate(good | {field: value})


def test_all_sources_are_cited() -> None:
    cited = results.cited()
    assert set(cited) == {result.source for result in results.results()}
    assert cited["he2015"] == "Table 2; Table 3; Table 4; Table 5; Table 6; Table 1; section 3.3; section 4.1"
