"""The form of a race: links, presets, lessons, and nets that are chosen one by one."""

from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.charts.sentences import duration
from resnet_viz.config import ExperimentConfig, default_experiment
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.recorded import recorded
from resnet_viz.net_config import NetConfig
from resnet_viz.presets import PRESETS, Preset
from resnet_viz.ui.query import read_experiment, write_experiment
from tests.pages.test_race import labels, start_button, texts

DEEP = NetConfig(depth=1202, shortcut="A", width=4)
FOUR = "plain:20,plain:56~nobn,residual:56:16~gate-2~skipinit,residual-b:29~bottleneck"
# Addresses with every field of the configuration, at values that no widget offers by itself.
ODD = (
    {"data": "shapes", "arms": "residual:110:64~torch~tanh~scale0.123456789~survival1e-05~zeronorm", "seed": "9999999"},
    {"data": "shapes", "arms": FOUR, "classes": "disc,ring", "augment": "0", "probe": "0", "threads": "3", "test": "1"},
    {"data": "shapes", "depth": "8", "bn": "0", "init": "torch", "act": "sigmoid", "batch": "17", "lr": "1e-07",
     "momentum": "0.999", "decay": "1", "schedule": "paper", "warmup": "1", "precision": "bf16", "epochs": "200"},
    {"data": "shapes", "arms": "plain:11:4~bottleneck~nobn,plain:8~preact", "size": "1000", "probe": "77"},
)  # fmt: skip


def open_at(app: AppTest, **parameters: str) -> AppTest:
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def started(app: AppTest, manager: Manager) -> ExperimentConfig:
    start_button(app).click().run()
    assert not app.exception
    return manager.library.newest()[0].config


def links(app: AppTest) -> list[dict[str, str]]:
    """Parameters of the links that the page hands out: form, run, lesson."""
    return [dict(parse_qsl(code.value.partition("?")[2])) for code in app.code]


@pytest.mark.parametrize("parameters", ODD, ids=range(len(ODD)))
def test_a_link_gives_the_form_that_is_run_and_the_same_link_again(
    app: AppTest, manager: Manager, parameters: dict[str, str]
) -> None:
    expected, seeds, problem = read_experiment(parameters, "cifar10")
    assert problem is None
    open_at(app, **parameters)
    assert not app.warning
    assert links(app)[0] == write_experiment(expected, seeds)
    assert started(app, manager) == expected


@pytest.mark.parametrize("chosen", PRESETS.values(), ids=PRESETS)
def test_a_preset_fills_the_form_with_one_click_and_says_what_to_look_for(
    app: AppTest, manager: Manager, chosen: Preset
) -> None:
    open_at(app, data="shapes", seed="5")
    assert chosen.look_for not in texts(app)
    app.button_group(key="preset").set_value(chosen.name).run()
    assert chosen.look_for in texts(app)
    recording = recorded().get(chosen.name)
    measured = "" if recording is None else f"It took {duration(recording.seconds or 0)} minutes"
    assert measured in texts(app)  # with the machine; nothing where nothing was measured
    assert ("It took" in texts(app)) == (recording is not None)
    assert started(app, manager) == chosen.experiment("shapes")


def test_a_preset_can_be_seen_as_it_was_recorded(app: AppTest, manager: Manager) -> None:
    open_at(app, data="shapes")
    assert "See the recording" not in [button.label for button in app.button]
    app.button_group(key="preset").set_value("bad-init").run()
    app.button(key="recording_bad-init").click().run()
    assert app.query_params["run"] in ("bad-init", ["bad-init"])
    assert not app.warning
    assert "A recording that comes with the project" in texts(app)


def test_the_form_begins_with_two_nets_and_gives_each_its_own(app: AppTest, manager: Manager) -> None:
    open_at(app, data="shapes")
    assert "Add a net" not in labels(app)
    app.select_slider(key="depth").set_value(20).run()
    app.toggle(key="separate").set_value(True).run()
    app.select_slider(key="depth_False_shapes_1").set_value(8)
    app.toggle(key="batch_norm_shapes_0").set_value(False)
    app.selectbox(key="shortcut_shapes_1").set_value("C")
    app.run()
    assert "orange, dash-dot" in texts(app)
    assert "violet, dotted" in texts(app)
    plain, residual = started(app, manager).arms
    assert (plain.depth, plain.batch_norm, plain.shortcut) == (20, False, "none")
    assert (residual.depth, residual.batch_norm, residual.shortcut) == (8, True, "C")


def test_nets_are_added_up_to_four_and_removed_down_to_one(app: AppTest, manager: Manager) -> None:
    open_at(app, data="shapes", arms="plain:8,residual:20")
    for _ in range(2):
        app.button(key="add").click().run()
    assert app.button(key="add").disabled
    assert [arm.depth for arm in started(app, manager).arms] == [8, 20, 20, 20]
    for number in (0, 2, 1):
        app.button(key=f"remove_{number}").click().run()
    assert app.button(key="remove_3").disabled
    assert [arm.depth for arm in started(app, manager).arms] == [20]
    assert not app.button(key="add").disabled


def test_a_bottleneck_offers_its_own_depths_and_a_gate_its_bias(app: AppTest, manager: Manager) -> None:
    open_at(app, data="shapes", arms="residual:56")
    app.selectbox(key="block_shapes_0").set_value("bottleneck").run()
    assert list(app.select_slider(key="depth_True_shapes_0").options)[:2] == ["11", "20"]
    app.toggle(key="gate_shapes_0").set_value(True).run()
    assert "Srivastava (2025)" in texts(app)
    (net,) = started(app, manager).arms
    assert (net.block, net.depth, net.gate_bias) == ("bottleneck", 56, -2.0)


def test_impossible_nets_are_one_sentence_and_can_not_be_started(app: AppTest, manager: Manager) -> None:
    open_at(app, data="shapes", arms="residual:56~zeronorm")
    app.toggle(key="batch_norm_shapes_0").set_value(False).run()
    assert start_button(app).disabled
    (error,) = app.error
    assert error.value == "branch_init zero-norm needs batch_norm; without it, choose skipinit"
    assert app.code == []  # no link to what can't be


def test_together_again_the_twins_keep_what_they_can(app: AppTest, manager: Manager) -> None:
    open_at(app, data="shapes", arms="plain:29~bottleneck~nobn,residual-b:56,residual:8")
    app.toggle(key="separate").set_value(False).run()
    plain, residual = started(app, manager).arms
    assert (plain.shortcut, residual.shortcut) == ("none", "B")
    assert {(arm.depth, arm.batch_norm, arm.block) for arm in (plain, residual)} == {(26, False, "basic")}


def test_another_data_set_brings_its_budget_and_keeps_the_nets(app: AppTest, manager: Manager) -> None:
    open_at(app, data="cifar10", arms="plain:8:5,residual:20:5", epochs="3", seed="4")
    assert start_button(app).disabled  # it is not here
    app.selectbox(key="data").set_value("shapes").run()
    config = started(app, manager)
    assert [(arm.depth, arm.width) for arm in config.arms] == [(8, 8), (20, 8)]
    assert (config.train, config.seed) == (default_experiment("shapes").train, 4)


def address(app: AppTest) -> dict[str, str]:
    return {name: "".join(value) for name, value in app.query_params.items()}


def test_the_address_follows_the_form_from_its_first_change_on(app: AppTest, manager: Manager) -> None:
    open_at(app)
    assert address(app) == {}
    app.selectbox(key="data").set_value("shapes").run()
    app.select_slider(key="depth").set_value(20).run()
    assert address(app) == {"data": "shapes", "arms": "plain:20,residual:20"} == links(app)[0]
    app.number_input(key="seeds").set_value(3).run()
    assert address(app)["seeds"] == "3"
    app.button_group(key="preset").set_value("bad-init").run()
    assert address(app) == write_experiment(PRESETS["bad-init"].experiment("shapes"))
    run = manager.submit(default_experiment("shapes"), "another")
    app.query_params.clear()
    app.query_params["run"] = run
    app.run()
    app.select_slider(key="depth_1").set_value(8).run()
    assert address(app) == {"run": run}  # what is shown, not what the form says beside it


def test_the_address_that_was_opened_stays_as_it_is_until_something_is_changed(app: AppTest, manager: Manager) -> None:
    opened = {"data": "shapes", "depth": "56", "go": "1", "utm": "letter"}
    open_at(app, **opened)
    app.run()
    assert address(app) == opened
    app.select_slider(key="depth").set_value(8).run()
    assert "plain-8 against" in texts(app)
    assert address(app) == {"data": "shapes", "arms": links(app)[0]["arms"], "go": "1"}
    app.query_params["arms"] = "plain:20,residual:20"  # as "back" does
    app.run()
    assert app.select_slider(key="depth_1").value == 20


def test_a_broken_address_is_mended_with_the_first_change_and_not_by_an_impossible_one(
    app: AppTest, manager: Manager
) -> None:
    open_at(app, data="shapes", arms="plain:21")
    assert len(app.warning) == 1
    assert address(app)["arms"] == "plain:21"
    app.number_input(key="momentum").set_value(1.0).run()
    assert len(app.error) == 1
    assert address(app)["arms"] == "plain:21"
    app.number_input(key="momentum").set_value(0.9)
    app.number_input(key="seed").set_value(7).run()
    assert address(app) == links(app)[0]
    assert address(app)["seed"] == "7"
    assert not app.warning


def test_a_link_that_asks_to_run_starts_after_one_press_and_never_before(app: AppTest, manager: Manager) -> None:
    open_at(app, data="shapes", depth="8", go="1")
    assert manager.library.newest() == []
    assert "This link asks to train plain-8 against residual-8" in texts(app)
    run_it = next(button for button in app.button if button.label == "Run it")
    run_it.click().run()
    (run,) = manager.library.newest()
    assert run.config == default_experiment("shapes", depth=8)
    assert app.query_params["run"] in (run.id, [run.id])
    assert "go" not in app.query_params


def test_such_a_link_can_be_declined_and_a_broken_one_asks_nothing(app: AppTest, manager: Manager) -> None:
    open_at(app, data="shapes", depth="8", go="1")
    next(button for button in app.button if button.label == "Not now").click().run()
    assert "asks to train" not in texts(app)
    assert "Press **Start**" in texts(app)
    assert app.select_slider(key="depth").value == 8
    open_at(app, depth="21", go="1")
    assert len(app.warning) == 1
    assert "asks to train" not in texts(app)
    assert manager.library.newest() == []


def test_a_lesson_shows_one_slider_and_stays_one_while_it_runs(app: AppTest, manager: Manager) -> None:
    open_at(app, data="shapes", epochs="3")
    form, run, lesson = links(app)
    assert form | {"go": "1"} == run
    open_at(app, **{**lesson, "hide": lesson["hide"] + ".nonsense.<script>"})
    assert [slider.label for slider in app.select_slider] == ["Depth"]
    assert [*app.number_input, *app.selectbox, *app.code, *app.button_group] == []
    app.select_slider[0].set_value(14).run()
    assert started(app, manager) == default_experiment("shapes", depth=14, epochs=3)
    assert list(app.selectbox) == []
    assert "script" in "".join(app.query_params["hide"])  # kept as names only
    assert "<" not in "".join(app.query_params["hide"])
    next(button for button in app.button if button.label == "Show all controls").click().run()
    assert "hide" not in app.query_params
    assert app.number_input(key="epochs_shapes").value == 3


def test_seeds_are_in_the_links_and_in_the_question_to_run(app: AppTest, manager: Manager) -> None:
    open_at(app, data="shapes", depth="8", seeds="3", seed="4", go="1")
    assert app.number_input(key="seeds").value == 3
    assert all(link["seeds"] == "3" for link in links(app))
    assert "3 times, one after another: seeds 4 to 6" in texts(app)
    next(button for button in app.button if button.label == "Run it").click().run()
    assert not app.exception
    assert sorted(run.config.seed for run in manager.library.newest()) == [4, 5, 6]
    assert "go" not in app.query_params


def test_hidden_seeds_are_run_as_the_lesson_says(app: AppTest, manager: Manager) -> None:
    open_at(app, data="shapes", depth="8", seeds="2", hide="seeds")
    assert not [number for number in app.number_input if number.label == "Seeds"]
    start_button(app).click().run()
    assert len(manager.library.newest()) == 2
    assert "Repeat over" not in "".join(labels(app))


def test_more_seeds_than_there_are_can_not_be_started(app: AppTest, manager: Manager) -> None:
    open_at(app, data="shapes", depth="8", seed=str(2**31 - 1))
    app.number_input(key="seeds").set_value(2).run()
    assert start_button(app).disabled
    assert "seed must be at most 2147483646 for 2 seeds" in texts(app)


def test_hidden_nets_are_run_as_the_lesson_says(app: AppTest, manager: Manager) -> None:
    open_at(app, data="shapes", arms=FOUR, hide="nets.more.data")
    assert not [toggle for toggle in app.toggle if toggle.label == "Choose each net on its own"]
    assert started(app, manager) == read_experiment({"data": "shapes", "arms": FOUR}, "shapes")[0]


def test_the_form_of_a_shown_run_says_that_run(app: AppTest, manager: Manager) -> None:
    config = default_experiment("shapes", depth=8, epochs=2, seed=9)
    run = manager.submit(config, "t")
    open_at(app, run=run)
    assert app.select_slider(key="depth").value == 8
    assert links(app)[0] == write_experiment(config)


def test_a_run_that_the_form_can_not_say_leaves_it_as_it_is(app: AppTest, manager: Manager) -> None:
    config = default_experiment("shapes").model_copy(update={"arms": (DEEP,)})
    open_at(app, run=manager.submit(config, "t"))
    assert "residual-1202" in texts(app)
    assert app.select_slider(key="depth").value == 56


@pytest.mark.parametrize("separate", [False, True])
def test_the_form_is_as_it_was_left_when_another_page_was_visited(app: AppTest, separate: bool) -> None:
    open_at(app, data="shapes", depth="8")
    if separate:
        next(toggle for toggle in app.toggle if toggle.label == "Choose each net on its own").set_value(True).run()
    next(one for one in app.number_input if one.label == "Epochs").set_value(5).run()
    app.number_input(key="seeds").set_value(4).run()
    app.switch_page("library.py").run()
    app.switch_page("race.py").run()
    assert not app.exception
    assert next(one for one in app.number_input if one.label == "Epochs").value == 5
    assert app.number_input(key="seeds").value == 4
    next(one for one in app.number_input if one.label == "Epochs").set_value(6).run()
    assert next(one for one in app.number_input if one.label == "Epochs").value == 6


def test_a_form_that_was_left_impossible_comes_back_with_its_last_possible_experiment(app: AppTest) -> None:
    open_at(app, data="shapes", depth="8")
    next(toggle for toggle in app.toggle if toggle.label == "Choose each net on its own").set_value(True).run()
    next(one for one in app.number_input if one.label == "Training images").set_value(10).run()  # less than a batch
    app.button(key="add").click().run()
    assert start_button(app).disabled
    app.switch_page("library.py").run()
    app.switch_page("race.py").run()
    assert not app.exception
    assert not start_button(app).disabled
