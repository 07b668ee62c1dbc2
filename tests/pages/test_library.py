"""The page of the library, without a browser."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.engine import groups
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.recorded import recorded
from resnet_viz.engine.store import NoSuchRun, Store, StoreError
from resnet_viz.records import Finished
from resnet_viz.ui.library_table import CHOICE
from tests.engine.fakes import TINY, FakeLauncher
from tests.factories import at, epoch, step
from tests.pages.test_race import texts

RACE = "The default race"  # a recording


@pytest.fixture
def library(app: AppTest, manager: Manager) -> AppTest:
    return app.switch_page("library.py")


@pytest.fixture
def store(manager: Manager) -> Iterator[Store]:
    """The same store as the page's, as another program has it open."""
    opened = Store()
    yield opened
    opened.close()


def over(store: Store, name: str = "", *, seconds: float = 20.0) -> str:
    """A run of two steps that is over."""
    run = store.create(TINY, "cli").id
    said = [*(at(2.0, step(1, 2.0, arm=arm)) for arm in (0, 1)), *(at(9.0, step(2, 1.0, arm=arm)) for arm in (0, 1))]
    said += [at(10.0, epoch(1, 0.5, 0.625, arm=1)), at(seconds, Finished(reason="completed", step=2))]
    store.append(record.model_copy(update={"run": run, "seq": seq}) for seq, record in enumerate(said))
    store.set_status(run, "finished")
    store.describe(run, "name", name)
    return run


def show(app: AppTest, *runs: str) -> None:
    app.query_params["runs"] = ".".join(runs)
    app.run()
    assert not app.exception


def figures(app: AppTest) -> dict[str, dict[str, Any]]:
    """The charts of the page by what they show."""
    told = [json.loads(component.proto.json) for component in app.get("bidi_component")]
    return {data["alt"].split(".")[0]: data["figure"] for data in told if data.get("figure")}


def points(app: AppTest) -> int:
    """Steps on the chart of the loss."""
    return len(figures(app)["Training loss against step"]["data"][0]["x"])


def button(app: AppTest, key: str):
    return next(one for one in app.button if one.key == key)


def listed(app: AppTest) -> list[str]:
    """Names in the table."""
    return list(app.dataframe[0].value["run"])


def test_a_new_library_has_the_recordings_and_says_what_to_do(library: AppTest) -> None:
    library.run()
    assert not library.exception
    assert "only the recordings" in texts(library)
    assert "Nothing is chosen yet" in texts(library)
    assert listed(library)[-2:] == ["Degradation", RACE]
    assert set(library.dataframe[0].value["from"]) == {"recording"}
    assert list(library.dataframe[0].value["training loss, running mean (nats)"])[-1] == "1.96 / 1.39"


def test_every_run_is_listed_and_searched(library: AppTest, store: Store) -> None:
    over(store, "Ada's")
    over(store)
    library.run()
    assert f"2 runs of this machine, and {len(recorded())} that come with the project" in texts(library)
    assert listed(library)[1] == "Ada's"
    assert listed(library)[0].startswith("run ")
    library.text_input(key="library_search").set_value("ada plain-8").run()
    assert listed(library) == ["Ada's"]
    library.text_input(key="library_search").set_value("nowhere").run()
    assert "No run has all of these words" in texts(library)
    assert not library.dataframe
    assert not library.exception


def test_a_choice_stands_in_the_address_and_outlives_a_search(library: AppTest) -> None:
    library.run()
    library.multiselect(key=CHOICE).set_value(["default"]).run()
    assert library.query_params["runs"] == "default"
    assert library.subheader[0].value.startswith(RACE)
    library.text_input(key="library_search").set_value("nowhere").run()
    assert library.subheader[0].value.startswith(RACE)
    library.text_input(key="library_search").set_value("").run()
    library.multiselect(key=CHOICE).set_value([]).run()
    assert "runs" not in library.query_params
    assert not library.subheader


def test_a_choice_is_found_again_on_the_way_back(library: AppTest) -> None:
    show(library, "default")
    library.switch_page("race.py").run()
    del library.query_params["runs"]
    library.switch_page("library.py").run()
    assert library.subheader[0].value.startswith(RACE)
    assert library.query_params["runs"] == "default"


@pytest.mark.parametrize("runs", ["nosuchrun", "../../etc/passwd", "<b>x</b>", ".", "default." * 40 + "x", "%00"])
def test_a_hostile_address_is_one_sentence(library: AppTest, runs: str) -> None:
    show(library, runs)
    assert "Some runs are left out: they are not here" in texts(library)
    assert library.query_params.get("runs", "default") == "default"


def test_only_so_many_are_compared(library: AppTest, store: Store) -> None:
    many = [over(store) for _ in range(7)]
    show(library, *many)
    assert library.multiselect(key=CHOICE).value == many[:6]
    assert "more than 6" in texts(library)


def test_two_runs_are_compared_by_images_seen(library: AppTest, store: Store) -> None:
    run = over(store, "small")
    show(library, "default", run)
    assert library.subheader[0].value == f"{RACE} against small"
    loss = figures(library)["Training loss against images seen"]
    assert [trace["name"] for trace in loss["data"]][1:] == [
        f"{RACE}: residual-56", "small: plain-8", "small: residual-8",
    ]  # fmt: skip
    assert loss["data"][2]["x"] == [16, 32]
    assert loss["layout"]["xaxis"]["type"] == "linear"
    assert "They learnt from different images" in texts(library)
    settings = library.dataframe[1].value.set_index("setting")
    assert settings.loc["batch size"].to_list() == ["128", "16"]
    assert "seed" not in settings.index
    library.toggle(key="library_log").set_value(True).run()
    assert figures(library)["Training loss against images seen"]["layout"]["xaxis"]["type"] == "log"


def test_equal_runs_of_one_name_are_told_apart_and_differ_in_nothing(library: AppTest, store: Store) -> None:
    runs = [over(store, "twin"), over(store, "twin")]
    show(library, *runs)
    assert [run[:6] in library.subheader[0].value for run in runs] == [True, True]
    assert "In nothing that is recorded" in texts(library)


def test_a_run_is_named_and_noted(library: AppTest, store: Store) -> None:
    run = over(store)
    show(library, run)
    library.text_input(key=f"name_{run}").set_value("# **big** [x](y) $a$ ")
    library.text_area(key=f"note_{run}").set_value("one\n<b>two</b>")
    button(library, f"save_{run}").click().run()
    assert not library.exception
    assert (store.run(run).name, store.run(run).note) == ("# **big** [x](y) $a$", "one\n<b>two</b>")
    assert library.subheader[0].value.startswith(r"\# \*\*big\*\* \[x\]\(y\) \$a\$ ")  # shown, not obeyed
    assert library.text[0].value == "one\n<b>two</b>"
    assert "# **big** [x](y) $a$" in listed(library)


def test_a_run_is_deleted_only_after_a_second_press(library: AppTest, manager: Manager, store: Store) -> None:
    run, other = over(store, "gone"), over(store, "kept")
    show(library, run)
    assert "can't be undone" in texts(library)
    assert store.run(run).name == "gone"
    button(library, f"delete_{run}").click().run()
    assert not library.exception
    assert listed(library)[0] == "kept"
    assert "gone" not in listed(library)
    assert "Nothing is chosen yet" in texts(library)
    with pytest.raises(NoSuchRun):
        store.run(run)
    assert store.run(other).name == "kept"


def test_a_run_that_another_program_just_deleted_is_one_sentence(library: AppTest, store: Store) -> None:
    run = over(store)
    show(library, run)
    store.delete(run)
    button(library, f"save_{run}").click().run()
    assert not library.exception
    assert "Nothing is chosen yet" in texts(library)


def test_a_recording_can_be_neither_named_nor_deleted(library: AppTest) -> None:
    show(library, "default")
    popovers = {popover.proto.popover.label: popover.proto.popover for popover in library.get("popover")}
    assert popovers["Name and note"].disabled
    assert popovers["Delete"].disabled
    assert not popovers["Export"].disabled
    assert "recording" in library.subheader[0].value


def test_a_run_that_goes_on_is_watched_in_the_race_and_stays(
    library: AppTest, manager: Manager, launcher: FakeLauncher
) -> None:
    run = manager.submit(TINY, "t")
    launcher.workers[0].start()
    show(library, run)
    assert "still going" in texts(library)
    (deletion,) = (one.proto.popover for one in library.get("popover") if one.proto.popover.label == "Delete")
    assert deletion.disabled
    assert not [one for one in library.button if one.label == "Play"]


def test_a_run_of_another_program_is_only_watched(library: AppTest, store: Store) -> None:
    show(library, store.create(TINY, "cli").id)
    assert "another program runs it" in texts(library)


def test_its_settings_fill_the_form_of_the_race_and_start_nothing(
    library: AppTest, manager: Manager, store: Store
) -> None:
    run = over(store)
    show(library, run)
    button(library, f"use_{run}").click().run()
    assert not library.exception
    assert any(one.label == "Start" for one in library.button)
    (epochs,) = (one for one in library.number_input if one.label == "Epochs")
    assert epochs.value == TINY.train.epochs
    assert len(manager.library.newest()) == 1


def test_a_replay_is_held_until_play_grows_and_ends(library: AppTest, store: Store) -> None:
    run = over(store)
    show(library, run)
    assert points(library) == 2
    assert "0:20 of 0:20, held" in texts(library)
    player = library.session_state["player"]
    clock = [0.0]
    player.clock = lambda: clock[0]
    library.run()
    assert points(library) == 2  # it does not begin by itself

    button(library, f"play_{run}").click().run()
    assert "0:00 of 0:20, at 10 times its pace" in texts(library)
    assert points(library) == 0
    assert library.slider(key=f"position_{run}").disabled
    clock[0] = 0.3
    library.run()
    assert points(library) == 1
    library.selectbox(key=f"speed_{run}").set_value(50).run()
    clock[0] = 0.45
    library.run()
    assert "0:10 of 0:20, at 50 times its pace" in texts(library)
    assert points(library) == 2
    clock[0] = 60.0
    library.run()
    assert "0:20 of 0:20, held" in texts(library)
    assert button(library, f"play_{run}").label == "Play"


def test_a_replay_is_moved_and_paused(library: AppTest, store: Store) -> None:
    run = over(store)
    show(library, run)
    clock = [0.0]
    library.session_state["player"].clock = lambda: clock[0]
    library.slider(key=f"position_{run}").set_value(5.0).run()
    assert points(library) == 1
    button(library, f"play_{run}").click().run()
    clock[0] = 0.2
    button(library, f"play_{run}").click().run()
    assert "0:07 of 0:20, held" in texts(library)
    clock[0] = 9.0
    library.run()
    assert "0:07 of 0:20, held" in texts(library)


def test_what_took_no_time_or_said_nothing_is_not_replayed(library: AppTest, store: Store) -> None:
    run = store.create(TINY, "cli").id
    store.set_status(run, "stopped")
    show(library, run)
    assert "ended before its first step" in texts(library)
    store.append([step(1, 1.0).model_copy(update={"run": run})])
    other = store.create(TINY, "cli").id
    store.append([step(1, 1.0).model_copy(update={"run": other})])
    store.set_status(other, "interrupted")
    show(library, other)
    assert "took no time" in texts(library)
    assert not [one for one in library.button if one.label == "Play"]


def test_a_store_that_can_not_be_read_is_one_sentence(
    library: AppTest, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str = "") -> None:
        raise StoreError("The store is locked.")

    monkeypatch.setattr(manager.library, "runs", refuse)
    library.run()
    assert [error.value for error in library.error] == ["The store is locked."]
    assert not library.exception


def test_a_store_that_is_locked_for_a_moment_is_looked_at_again(
    library: AppTest, manager: Manager, launcher: FakeLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager.submit(TINY, "t")
    runs = manager.library.runs()

    def refuse(_: int = 0) -> None:
        raise StoreError("The store is locked.")

    monkeypatch.setattr(manager.library, "runs", lambda: runs)
    monkeypatch.setattr(manager.library, "newest", refuse)
    library.run()
    assert not library.exception
    assert not library.error


def test_a_run_of_a_group_says_its_seed_and_leads_to_all_of_them(library: AppTest, manager: Manager) -> None:
    group = groups.submit(manager, TINY, "t", 2)
    _, second = groups.members(manager, group)
    library.run()
    assert list(library.dataframe[0].value["seed"])[:2] in ([0, 1], [1, 0])
    show(library, second.id)
    (link,) = (one.proto for one in library.get("page_link") if one.proto.label == "All its seeds")
    assert f"group={group}" in link.query_string
    show(library, "default")
    assert not [one for one in library.get("page_link") if one.proto.label == "All its seeds"]


def test_the_race_leads_to_the_library_and_knows_names(app: AppTest, manager: Manager, store: Store) -> None:
    run = over(store, "_mine_")
    app.run()
    assert button(app, f"show_{run}").label.startswith(r"\_mine\_ ")
    assert any("in the library" in link.proto.label for link in app.get("page_link"))
