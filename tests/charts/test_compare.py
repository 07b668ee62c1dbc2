"""Several runs on one chart: by images seen, no two curves alike."""

from dataclasses import replace

import plotly.graph_objects as go
import pytest

from resnet_viz.charts import compare
from resnet_viz.charts.compare import RUN_MARKS, Compared
from resnet_viz.config import ExperimentConfig
from resnet_viz.records import Diverged, Finished, Intervention
from tests.factories import epoch, experiment, snapshot, started, step


def run(title: str, config: ExperimentConfig, losses: tuple[float, ...] = (2.0, 1.0)) -> Compared:
    records = [started(config)]
    for place, loss in enumerate(losses, start=1):
        records += [step(place, loss, arm=arm) for arm in range(len(config.arms))]
    return Compared(title, snapshot(config, [*records, epoch(1, 0.5, 0.75), Finished(reason="stopped", step=2)]))


SMALL = run("small", experiment())
LARGE = run("large", experiment(batch_size=32))


@pytest.mark.parametrize("is_log", [True, False])
def test_curves_meet_where_as_many_images_were_seen(is_log: bool) -> None:
    figure = compare.loss_figure([SMALL, LARGE], is_log=is_log)
    go.Figure(figure)
    assert [trace["x"] for trace in figure["data"]] == [[16, 32], [16, 32], [32, 64], [32, 64]]
    assert figure["data"][0]["y"] == [2.0, 1.5]
    assert figure["layout"]["xaxis"]["type"] == ("log" if is_log else "linear")
    assert figure["layout"]["annotations"][0]["text"] == "chance 2.30"


def test_errors_stand_at_the_images_of_their_epochs() -> None:
    figure = compare.error_figure([SMALL, LARGE], is_log=False)
    go.Figure(figure)
    assert [(trace["x"], trace["y"]) for trace in figure["data"]] == [
        ([64], [75.0]),
        ([], []),
        ([64], [75.0]),
        ([], []),
    ]


def test_no_two_of_many_curves_look_alike_and_hue_says_the_shortcut() -> None:
    nets = experiment("none", "A", "none", "A")
    deep = tuple(arm.model_copy(update={"depth": 56}) for arm in nets.arms[2:])
    config = nets.model_copy(update={"arms": (*nets.arms[:2], *deep)})
    runs = [run(f"run {place}", config) for place in range(len(RUN_MARKS))]
    traces = compare.loss_figure(runs, is_log=False)["data"]
    looks = {
        (one["line"]["color"], one["line"]["dash"], one["line"]["width"], one["marker"]["symbol"]) for one in traces
    }
    assert len(looks) == len(traces) == 4 * len(RUN_MARKS)
    assert len({one["name"] for one in traces}) == len(traces)
    assert len({one["line"]["color"] for one in traces}) == 2
    marks_of_a_run = {one["marker"]["symbol"] for one in traces if one["name"].startswith("run 1:")}
    assert len(marks_of_a_run) == 1


def test_another_chance_level_is_not_drawn() -> None:
    few = experiment()
    few = ExperimentConfig(
        arms=tuple(arm.model_copy(update={"num_classes": 2}) for arm in few.arms),
        data=few.data.model_copy(update={"classes": ("disc", "ring")}), train=few.train,
    )  # fmt: skip
    figure = compare.loss_figure([SMALL, run("few", few)], is_log=False)
    assert "annotations" not in figure["layout"]
    assert "They learnt from different images" in (compare.caution([SMALL, run("few", few)]) or "")
    assert "disc, ring" in (compare.caution([SMALL, run("few", few)]) or "")
    assert compare.caution([SMALL, LARGE]) is None


def test_only_what_differs_is_listed() -> None:
    other = experiment("none", "B", batch_size=32, learning_rate=0.5)
    rows = compare.differences([SMALL, run("other", other)])
    assert {row["setting"]: (row["small"], row["other"]) for row in rows} == {
        "nets": ("plain-8 / residual-8", "plain-8 / residual-8 (B)"),
        "shortcut": ("none / A", "none / B"),
        "batch size": ("16", "32"),
        "learning rate": ("0.1", "0.5"),
    }
    assert compare.differences([SMALL, replace(SMALL, title="again")]) == []


def test_a_name_is_no_markup_and_no_column_of_another() -> None:
    (trace, _) = compare.loss_figure([replace(SMALL, title="<b>p<0.05 & q")], is_log=False)["data"]
    assert trace["name"] == "&lt;b&gt;p&lt;0.05 &amp; q: plain-8"
    rows = compare.differences([replace(SMALL, title="setting"), run("other", experiment("none", "A", batch_size=32))])
    assert rows == [{"setting": "batch size", "setting (run)": "16", "other": "32"}]


def test_while_one_goes_on_nothing_is_at_its_end_and_an_empty_chart_says_why() -> None:
    config = experiment()
    going = Compared("going", snapshot(config, [started(config), step(1, 2.0)]))
    assert compare.compared_sentence([SMALL, going]).startswith("So far: ")
    (note,) = compare.error_figure([going], is_log=False)["layout"]["annotations"]
    assert note["text"] == "measured at the end of each epoch"
    assert "annotations" not in compare.error_figure([SMALL, going], is_log=False)["layout"]


def test_a_change_while_it_ran_is_a_difference() -> None:
    config = experiment()
    records = [started(config), step(1, 2.0), Intervention(step=1, learning_rate_factor=0.5)]
    (row,) = compare.differences([SMALL, Compared("steered", snapshot(config, records))])
    assert row["setting"] == "changed while it ran"
    assert row["small"] == "nothing"
    assert "0.5 times" in row["steered"]


def test_the_ends_are_told_in_words() -> None:
    config = experiment()
    fell = Diverged(arm=0, epoch=1, step=1, images=16)
    records = [started(config), step(1, None), fell, step(1, 1.5, arm=1), Finished(reason="completed", step=1)]
    told = compare.compared_sentence([SMALL, Compared("bad", snapshot(config, records))])
    assert told == (
        "At their ends: small, after 32 images: plain-8 1.50 nats, residual-8 1.50 nats; "
        "bad, after 16 images: plain-8 diverged, residual-8 1.50 nats."
    )


def test_a_run_that_said_nothing_has_a_chart_all_the_same() -> None:
    nothing = Compared("nothing", snapshot(experiment(), []))
    for figure in (compare.loss_figure([SMALL, nothing], is_log=True), compare.error_figure([nothing], is_log=True)):
        go.Figure(figure)
    assert "nothing measured" in compare.compared_sentence([nothing])
    assert {row["setting"] for row in compare.differences([SMALL, nothing])} >= {"device", "torch"}


def test_the_numbers_name_the_run_and_the_images() -> None:
    (row,) = compare.numbers([SMALL])
    assert (row["run"], row["net"], row["images seen"], row["test error (%)"]) == ("small", "plain-8", 64, 75.0)
