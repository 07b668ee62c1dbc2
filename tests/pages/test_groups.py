"""The race page over several seeds."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.engine import groups
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import Store, StoreError
from resnet_viz.records import Epoch, Started, Step
from tests.engine.fakes import TINY, FakeLauncher, FakeWorker
from tests.pages.test_race import labels, start_button, texts
from tests.waiting import until


def worker_of(launcher: FakeLauncher, run: str) -> FakeWorker:
    until(lambda: launcher.worker_of(run))
    worker = launcher.worker_of(run)
    assert worker is not None
    return worker


def race(launcher: FakeLauncher, run: str, *losses: float) -> None:
    """Let a seed come to its end, at these losses."""
    worker = worker_of(launcher, run)
    worker.start()
    worker.step(1)
    for arm, loss in enumerate(losses):
        place: dict[str, Any] = {"arm": arm, "epoch": 2, "step": 8, "images": 128}
        worker.say(Epoch(**place, train_loss=loss, train_error=0.5, test_loss=loss, test_error=0.5 + arm / 10))
    worker.finish()


def open_group(app: AppTest, group: str) -> AppTest:
    app.query_params["group"] = group
    app.run()
    assert not app.exception
    return app


def progress(app: AppTest) -> str:
    return "\n".join(str(bar.proto.text) for bar in app.get("progress"))


@pytest.fixture
def group(manager: Manager) -> str:
    return groups.submit(manager, TINY, "t", 3)


@pytest.fixture
def seeds(manager: Manager, group: str) -> list[str]:
    return [run.id for run in groups.members(manager, group)]


def test_start_over_three_seeds_shows_the_group_and_names_it_in_the_address(app: AppTest, manager: Manager) -> None:
    app.run()
    app.select_slider(key="depth").set_value(8)
    app.number_input(key="seeds").set_value(3)
    app.run()
    token = app.session_state["start_token"]
    start_button(app).click().run()
    assert not app.exception
    found = manager.library.newest()
    assert sorted(run.config.seed for run in found) == [0, 1, 2]
    assert len({run.group_id for run in found}) == 1
    group = str(found[0].group_id)
    assert app.query_params["group"] in (group, [group])
    tables = [one.proto.label for one in app.get("download_button") if one.key.endswith(group)]
    assert tables == ["Steps CSV", "Epochs CSV", "Gradients CSV"]
    assert "plain-8 against residual-8, 3 seeds" in texts(app)
    assert app.number_input(key="seeds").value == 3
    app.session_state["start_token"] = token  # as if the page had not been drawn again in between
    start_button(app).click().run()
    assert len(manager.library.newest()) == 3


def test_the_page_says_which_seed_runs_how_many_are_done_and_what_they_say_so_far(
    app: AppTest, manager: Manager, launcher: FakeLauncher, group: str, seeds: list[str]
) -> None:
    race(launcher, seeds[0], 1.5, 1.0)
    worker = worker_of(launcher, seeds[1])
    worker.start()
    worker.step(1)
    until(lambda: manager.snapshot(seeds[1]).step == 1)
    open_group(app, group)
    assert "seed 1, number 2 of 3, is running: step 1 of 8; 1 of 3 seeds done" in progress(app)
    assert "**Verdict.** So far, 1 of 3 seeds." in texts(app)
    assert "plain-8 is worse by 0.50 nats in the only seed, so there is no interval" in texts(app)
    drawn = [str(component.key).rpartition("_")[0] for component in app.get("bidi_component")]
    assert drawn == ["seeds_loss", "seeds_error", ""]  # and what hears the keys


def test_when_all_are_done_the_verdict_has_an_interval_and_the_table_every_number(
    app: AppTest, manager: Manager, launcher: FakeLauncher, group: str, seeds: list[str]
) -> None:
    for run, losses in zip(seeds, ((1.9, 1.0), (2.0, 1.0), (2.1, 1.0)), strict=True):
        race(launcher, run, *losses)
    until(lambda: [run.status for run in groups.members(manager, group)] == ["finished"] * 3)
    open_group(app, group)
    # mean 1, s = 0.1, 4.303 * 0.1 / sqrt(3) = 0.248
    assert "plain-8 is worse by 1.00 ± 0.25 nats over 3 seeds" in texts(app)
    assert "95 % t-intervals of the paired differences" in texts(app)
    (table,) = app.dataframe
    assert table.value["training loss, eval mode (nats)"].tolist() == [1.9, 1.0, 2.0, 1.0, 2.1, 1.0]
    assert "in each of seeds 0 to 2, all arms see the same images" in texts(app)
    assert "Stop all seeds" not in labels(app)
    asked = next(one for one in app.radio if "Whose training loss" in one.label)
    asked.set_value(asked.options[0]).run()
    assert "Choose one seed above" in texts(app)  # the question is about one race
    app.button_group(key=f"seed_{group}").set_value(seeds[0]).run()
    assert "Choose one seed above" not in texts(app)


def test_one_net_over_seeds_has_a_verdict_without_comparison(
    app: AppTest, manager: Manager, launcher: FakeLauncher
) -> None:
    group = groups.submit(manager, TINY.model_copy(update={"arms": TINY.arms[:1]}), "alone", 2)
    runs = [run.id for run in groups.members(manager, group)]
    for run in runs:
        worker = worker_of(launcher, run)
        worker.say(
            Started(
                device="cpu", device_name="test", threads=1, precision="fp32", versions={}, parameters=(1,),
                rows=(("stem",),),
            ),
            Step(arm=0, epoch=1, step=1, images=16, loss=2.0, error=0.5, learning_rate=0.1, images_per_s=1.0),
            Epoch(arm=0, epoch=2, step=8, images=128, train_loss=1.0, train_error=0.5, test_loss=1.0, test_error=0.5),
        )  # fmt: skip
        worker.finish()
    until(lambda: [run.status for run in groups.members(manager, group)] == ["finished"] * 2)
    open_group(app, group)
    assert "- One net is alone: there is nothing to compare it with." in texts(app)
    assert "t-intervals" not in texts(app)


def test_one_button_stops_the_seed_that_runs_and_drops_the_others(
    app: AppTest, manager: Manager, launcher: FakeLauncher, group: str, seeds: list[str]
) -> None:
    worker = worker_of(launcher, seeds[0])
    worker.start()
    until(lambda: manager.snapshot(seeds[0]).status == "running")
    open_group(app, group)
    next(button for button in app.button if button.label == "Stop all seeds").click().run()
    assert not app.exception
    assert worker.actions == ["stop"]
    assert [manager.snapshot(run).status for run in seeds[1:]] == ["stopped", "stopped"]


def test_each_seed_can_be_looked_at_by_itself_and_knows_its_group(
    app: AppTest, manager: Manager, launcher: FakeLauncher, group: str, seeds: list[str]
) -> None:
    worker_of(launcher, seeds[0]).start()
    until(lambda: manager.snapshot(seeds[0]).status == "running")
    open_group(app, group)
    app.button_group(key=f"seed_{group}").set_value(seeds[0]).run()
    assert {"Pause", "Stop", "Stop all seeds"} <= set(labels(app))
    assert "Verdict" not in texts(app)
    app.query_params.clear()
    app.query_params["run"] = seeds[1]
    app.run()
    app.button(key=f"group_of_{seeds[1]}").click().run()
    assert app.query_params["group"] in (group, [group])
    assert "run" not in app.query_params
    assert "**Verdict.**" in texts(app)


def test_a_single_race_is_repeated_by_a_click_that_fills_the_form_and_starts_nothing(
    app: AppTest, manager: Manager
) -> None:
    run = manager.submit(TINY.model_copy(update={"seed": 6}), "t")
    app.query_params["run"] = run
    app.run()
    next(button for button in app.button if button.label == "Repeat over 5 seeds").click().run()
    assert not app.exception
    assert len(manager.library.newest()) == 1
    values = {number.label: number.value for number in app.number_input}
    assert (values["Seed"], values["Seeds"], values["Training images"]) == (6, 5, 64)
    assert next(slider for slider in app.select_slider if slider.label == "Depth").value == 8


@pytest.mark.parametrize("named", ["nobody", "![x](//evil.test/x.png)", "a" * 33, "../../etc/passwd"])
def test_a_group_that_does_not_exist_is_one_sentence(app: AppTest, manager: Manager, named: str) -> None:
    open_group(app, named)
    assert len(app.warning) == 1
    assert "no group" in app.warning[0].value
    assert "](//" not in texts(app)
    assert "Press **Start**" in texts(app)


def test_a_running_group_is_shown_again_and_a_run_in_the_address_wins(
    app: AppTest, manager: Manager, launcher: FakeLauncher, group: str, seeds: list[str]
) -> None:
    open_group(app, group)
    app.query_params.clear()
    app.run()
    assert "**Verdict.**" in texts(app)
    other = manager.submit(TINY, "another race")
    app.query_params["run"] = other
    app.query_params["group"] = group
    app.run()
    assert "**Verdict.**" not in texts(app)
    assert "Queued behind" in texts(app)


def test_earlier_races_list_a_group_once(app: AppTest, manager: Manager, group: str) -> None:
    app.run()
    shown = [label for label in labels(app) if "plain-8 / residual-8" in label]
    assert len(shown) == 1
    assert shown[0].startswith("3 seeds · ")
    app.button(key=f"show_{group}").click().run()
    assert "**Verdict.**" in texts(app)
    assert not [label for label in labels(app) if label.startswith("3 seeds · ")]


def test_a_group_of_another_program_is_followed_and_can_not_be_stopped_here(app: AppTest, manager: Manager) -> None:
    elsewhere = Store()
    for place in range(2):
        elsewhere.create(TINY.model_copy(update={"seed": place}), "cli", "f00d")
    open_group(app, "f00d")
    assert "0 of 2 seeds done" in progress(app)
    assert "Another program runs these races" in texts(app)
    assert "Stop all seeds" not in labels(app)
    elsewhere.close()


def test_a_store_that_breaks_leaves_the_run_on_the_page(
    app: AppTest, manager: Manager, launcher: FakeLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = manager.submit(TINY, "t")
    worker_of(launcher, run).start()
    app.query_params["run"] = run
    app.run()
    assert "Repeat over 5 seeds" in labels(app)

    def broken(_: str) -> None:
        raise StoreError("The store is locked. Close the other program.")

    monkeypatch.setattr(manager.library, "run", broken)
    app.run()
    assert not app.exception
    assert "Repeat over 5 seeds" not in labels(app)
    assert "plain-8 against residual-8" in texts(app)
