import pytest
from pydantic import ValidationError

from resnet_viz.paper import results
from resnet_viz.paper.results import OWN_PROTOCOL, PROTOCOLS, Axis, NoSuchResult, Result, one
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


def printed(source: str, place: str) -> set[tuple[str, str, str]]:
    return {(r.net, r.metric, r.printed) for r in results.results() if (r.source, r.place) == (source, place)}


def typed(table: str) -> set[tuple[str, str, str]]:
    found = set()
    for line in table.strip().splitlines():
        net, *values = line.rsplit(maxsplit=2)
        found |= {
            (net, metric, value) for metric, value in zip(("top-1 error", "top-5 error"), values, strict=True)
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


def test_every_number_has_a_source_a_place_and_a_protocol_that_is_explained() -> None:
    every = results.results()
    assert len(every) > 100
    for result in every:
        assert SOURCES[result.source].url.startswith("https://")
        assert result.place
        assert PROTOCOLS[result.protocol]
        assert 0 < result.value < 100
    assert set(PROTOCOLS) == {result.protocol for result in every}  # and none is explained that does not occur


def test_errors_are_errors_and_torchvision_gives_accuracies() -> None:
    for result in results.results():
        assert result.metric.endswith("accuracy") == (result.source == "torchvision")
        assert (result.value > 50) == result.metric.endswith("accuracy")  # no error of a trained net is that large
    assert one("ResNet-50 (B)", "top-1 accuracy", "1 crop, 256 to 224", "torchvision").printed == "76.130"


def test_seven_fifty_three_is_nowhere() -> None:
    assert not [result for result in results.results() if result.value == 7.53]
    assert len(results.selected(results.results(), text="5.71")) == 3


def test_one_number_is_found_and_what_does_not_exist_is_named() -> None:
    assert one("plain-34", "top-5 error", "10-crop").value == 10.02
    with pytest.raises(NoSuchResult, match="0 results of he2015 for plain-34, top-5 error, multi-scale"):
        one("plain-34", "top-5 error", "multi-scale")


def test_filters_narrow_and_empty_ones_do_not() -> None:
    every = results.results()
    assert results.selected(every) == list(every)
    found = results.selected(every, data=["ImageNet"], protocols=["10-crop"], sources=["he2015"], text="PLAIN table")
    assert [(r.net, r.value) for r in found] == [("plain-18", 27.94), ("plain-34", 28.54), ("plain-34", 10.02)]
    assert results.selected(every, data=["CIFAR-10"], protocols=["10-crop"]) == []


def test_an_axis_has_one_protocol_and_no_paper_s_own() -> None:
    axes = results.by_axis(results.results())
    for axis, members in axes.items():
        assert {result.axis for result in members} == {axis}
    assert OWN_PROTOCOL not in {axis.protocol for axis in axes}
    assert axes[Axis("ImageNet", "top-5 error", "test", "ensemble")][0].net == "ResNet (ILSVRC'15)"
    best = axes[Axis("ImageNet", "top-1 accuracy", "validation", "1 crop, 256 to 224")][0]
    assert best.net == "ResNet-152 (B)"  # of accuracies, the highest is the best


def test_what_is_mixed_is_named() -> None:
    pair = [one("plain-34", "top-5 error", "10-crop"), one("ResNet-34 (A)", "top-5 error", "10-crop")]
    assert results.mixed(pair) == []
    pair[1] = one("ResNet-34 (B)", "top-5 error", "multi-scale")
    assert results.mixed(pair) == ["protocols"]
    pair[1] = one("ResNet (ILSVRC'15)", "top-5 error", "ensemble")
    assert results.mixed(pair) == ["splits", "protocols"]


def test_a_spread_stands_beside_its_number() -> None:
    result = one("ResNet-110", "error", "single view, mean of 5 runs")
    assert result.number == "6.61 ± 0.16"
    (row,) = results.rows([result])
    assert (row["value"], row["unit"]) == (6.61, "%")
    assert str(row["note"]).startswith("± 0.16")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("source", "nobody2020", "not in SOURCES"),
        ("protocol", "12-crop", "not in PROTOCOLS"),
        ("printed", "0.3 %", "pattern"),
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
    assert cited["he2015"] == "Table 2; Table 3; Table 4; Table 5; Table 6"
