"""The race page, without a browser."""

import sqlite3
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.engine.downloads import Download
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.store import Store, StoreError
from resnet_viz.places import ARCHIVES, CACHE_VARIABLE, STORE_VARIABLE
from resnet_viz.records import Diverged, Gradients, Step
from resnet_viz.runlog import Snapshot
from resnet_viz.ui import engine
from tests.engine.fakes import TINY, FakeLauncher
from tests.waiting import until


def texts(app: AppTest) -> str:
    """All that the page says."""
    kinds = (app.markdown, app.caption, app.error, app.warning, app.info)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def start_button(app: AppTest):
    return next(button for button in app.button if button.label == "Start")


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def test_an_empty_page_says_what_to_do(app: AppTest, manager: Manager) -> None:
    app.run()
    assert not app.exception
    assert "Press **Start**" in texts(app)
    assert "Pause" not in labels(app)


def test_without_data_the_page_says_so_and_races_on_shapes(
    app: AppTest, manager: Manager, launcher: FakeLauncher
) -> None:
    app.run()
    assert "CIFAR-10 is not on this machine" in texts(app)
    assert app.selectbox(key="data").value == "shapes"
    start_button(app).click().run()
    assert manager.library.newest()[0].config.data.name == "shapes"
    assert "Synthetic" in texts(app)


def test_with_cifar_the_default_is_cifar(
    app: AppTest, manager: Manager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    (tmp_path / ARCHIVES["cifar10"]).mkdir()
    app.run()
    assert app.selectbox(key="data").value == "cifar10"
    assert "not on this machine" not in texts(app)
    start_button(app).click().run()
    config = manager.library.newest()[0].config
    assert config.labels == ("plain-56", "residual-56")
    assert (config.data.train_size, config.train.epochs, config.train.batch_size) == (5000, 8, 128)
    assert (config.arms[0].width, config.train.learning_rate, config.train.schedule) == (16, 0.1, "one-cycle")


def test_the_form_is_what_is_run(app: AppTest, manager: Manager) -> None:
    app.run()
    app.select_slider(key="depth").set_value(20)
    app.number_input(key="seed").set_value(7)
    app.toggle(key="batch_norm").set_value(False)
    app.run()
    start_button(app).click().run()
    config = manager.library.newest()[0].config
    assert (config.arms[1].depth, config.seed, config.arms[0].batch_norm) == (20, 7, False)


def test_what_stands_under_more_is_run_too(app: AppTest, manager: Manager) -> None:
    app.run()
    app.text_input(key="classes_shapes").set_value(" disc, ring ,")
    app.number_input(key="test_shapes").set_value(300)
    app.number_input(key="probe_every").set_value(7)
    app.run()
    start_button(app).click().run()
    config = manager.library.newest()[0].config
    assert (config.data.classes, config.data.test_size, config.probe_every) == (("disc", "ring"), 300, 7)
    assert [arm.num_classes for arm in config.arms] == [2, 2]


def test_one_class_is_one_sentence_and_can_not_be_started(app: AppTest, manager: Manager) -> None:
    app.run()
    app.text_input(key="classes_shapes").set_value("disc").run()
    assert start_button(app).disabled
    assert "at least two different classes" in texts(app)


def test_start_shows_the_run_and_names_it_in_the_address(app: AppTest, manager: Manager) -> None:
    app.run()
    start_button(app).click().run()
    (run,) = manager.library.newest()
    assert app.query_params["run"] in (run.id, [run.id])
    assert "plain-56 against residual-56" in texts(app)
    assert {"Pause", "Step", "Stop"} <= set(labels(app))


def test_five_clicks_make_one_run(app: AppTest, manager: Manager) -> None:
    app.run()
    token = app.session_state["start_token"]
    button = start_button(app)
    for _ in range(5):
        app.session_state["start_token"] = token  # as if the page had not been drawn again in between
        button.click().run()
    assert len(manager.library.newest()) == 1


def test_a_second_start_queues_and_says_so(app: AppTest, manager: Manager, launcher: FakeLauncher) -> None:
    app.run()
    start_button(app).click().run()
    launcher.workers[0].start()
    start_button(app).click().run()
    assert len(manager.library.newest()) == 2
    assert "Queued behind one race" in texts(app)


def test_a_run_is_drawn_from_its_records(app: AppTest, manager: Manager, launcher: FakeLauncher) -> None:
    run = manager.submit(TINY, "t")
    worker = launcher.workers[0]
    worker.start()
    worker.step(1)
    norms = {"grad_w": (1.0, 2.0, 3.0), "grad_w_scaled": (1.0, 2.0, 3.0), "grad_x": (1.0, 2.0, 3.0)}
    worker.say(*(Gradients(arm=arm, epoch=1, step=1, images=16, **norms) for arm in (0, 1)))
    until(lambda: manager.snapshot(run).seq == 4)
    app.query_params["run"] = run
    app.run()
    assert not app.exception
    assert "After 1 step, the training loss of plain-8 is 2.00 nats, chance is 2.30" in texts(app)
    drawn = [str(component.key) for component in app.get("bidi_component")]
    assert drawn == [*(f"{chart}_{run}" for chart in ("loss", "error", "now", "heat")), "shortcuts"]


def test_a_diverged_arm_is_named(app: AppTest, manager: Manager, launcher: FakeLauncher) -> None:
    run = manager.submit(TINY, "t")
    worker = launcher.workers[0]
    worker.start()
    worker.step(1)
    place = {"arm": 0, "epoch": 1, "step": 2, "images": 32}
    worker.say(Step(**place, loss=None, error=0.9, learning_rate=0.1, images_per_s=1.0), Diverged(**place))
    until(lambda: manager.snapshot(run).seq == 4)
    app.query_params["run"] = run
    app.run()
    assert not app.exception
    assert "plain-8 diverged at step 2" in texts(app)


def test_the_buttons_steer_the_worker(app: AppTest, manager: Manager, launcher: FakeLauncher) -> None:
    run = manager.submit(TINY, "t")
    launcher.workers[0].start()
    until(lambda: manager.snapshot(run).status == "running")
    app.query_params["run"] = run
    app.run()
    app.button(key=f"hold_{run}").click().run()
    app.button(key=f"stop_{run}").click().run()
    assert launcher.workers[0].actions == ["pause", "stop"]


def test_a_killed_worker_is_told_on_the_page(app: AppTest, manager: Manager, launcher: FakeLauncher) -> None:
    run = manager.submit(TINY, "t")
    launcher.workers[0].start()
    launcher.workers[0].step(1)
    launcher.workers[0].end(-9)
    until(lambda: manager.snapshot(run).status == "interrupted")
    app.query_params["run"] = run
    app.run()
    assert "Everything recorded until then is here" in texts(app)
    assert "Pause" not in labels(app)
    assert not app.exception


def test_a_full_disk_is_told_on_the_page_and_the_run_goes_on(
    app: AppTest, manager: Manager, launcher: FakeLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("The disk is full. Free some space.")

    run = manager.submit(TINY, "t")
    monkeypatch.setattr(Store, "append", full)
    launcher.workers[0].start()
    launcher.workers[0].step(1)
    until(lambda: manager.notice and manager.snapshot(run).seq == 2)
    app.query_params["run"] = run
    app.run()
    assert "The disk is full. Free some space." in texts(app)
    assert "After 1 step" in texts(app)
    assert not app.exception
    monkeypatch.undo()


def test_an_unknown_run_in_the_address_is_one_sentence(app: AppTest, manager: Manager) -> None:
    app.query_params["run"] = "nobody"
    app.run()
    assert "There is no run 'nobody'" in texts(app)
    assert "Press **Start**" in texts(app)
    assert not app.exception


def test_what_an_address_says_is_never_drawn_as_markdown(app: AppTest, manager: Manager) -> None:
    for name in ("run", "depth", "init"):
        app.query_params.clear()
        app.query_params[name] = "![x](//evil.test/x.png)"
        app.run()
        assert len(app.warning) == 1
        assert "](//" not in texts(app)


@pytest.mark.parametrize("broken", [{"depth": "nan"}, {"depth": "21"}, {"seed": "NaN"}])
def test_a_broken_address_gives_the_default_with_one_sentence(
    app: AppTest, manager: Manager, broken: dict[str, str]
) -> None:
    for name, value in broken.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    assert len(app.warning) == 1
    assert "default" in app.warning[0].value
    assert app.select_slider(key="depth").value == 56


def test_an_address_fills_the_form(app: AppTest, manager: Manager) -> None:
    app.query_params["depth"] = "20"
    app.query_params["seed"] = "5"
    app.run()
    assert (app.select_slider(key="depth").value, app.number_input(key="seed").value) == (20, 5)
    assert not app.warning


def test_a_store_that_is_no_database_is_one_sentence(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "letter").write_text("Dear reader, " * 100)
    monkeypatch.setenv(STORE_VARIABLE, f"sqlite:///{tmp_path / 'letter'}")
    engine.replace_manager(None)
    app.run()
    assert not app.exception
    assert len(app.error) == 1
    assert "is not a database" in app.error[0].value


def test_a_locked_store_refuses_a_start_and_keeps_earlier_runs(
    app: AppTest, tmp_path: Path, no_data: None, launcher: FakeLauncher
) -> None:
    store = Store(busy_timeout_s=0.1)
    manager = Manager(store, launcher)
    manager.open()
    engine.replace_manager(manager)
    earlier = store.create(TINY, "cli")
    app.run()
    other = sqlite3.connect(store.folder.parent / "runs.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # readers may read, nobody else may write
    start_button(app).click().run()
    assert "locked by another program" in texts(app)
    assert not app.exception
    other.execute("ROLLBACK")
    other.close()
    assert [run.id for run in store.list()] == [earlier.id]
    engine.replace_manager(None)
    manager.close()


def test_an_impossible_batch_is_one_sentence_and_can_not_be_started(app: AppTest, manager: Manager) -> None:
    app.run()
    app.number_input(key="size_shapes").set_value(128)
    app.select_slider(key="batch_shapes").set_value(256)
    app.run()
    assert "train_size must be at least one batch" in texts(app)
    assert start_button(app).disabled


def test_a_download_is_followed_and_can_be_cancelled(app: AppTest, manager: Manager, launcher: FakeLauncher) -> None:
    app.run()
    app.button(key="download").click().run()
    assert manager.downloads.state == Download("cifar10")
    app.button(key="cancel_download").click().run()
    assert launcher.workers[-1].actions == ["stop"]


def test_earlier_races_can_be_opened(app: AppTest, manager: Manager, launcher: FakeLauncher) -> None:
    run = manager.submit(TINY, "t")
    launcher.workers[0].start()
    launcher.workers[0].finish()
    until(lambda: manager.library.newest()[0].status == "finished")
    app.run()
    app.button(key=f"show_{run}").click().run()
    assert app.query_params["run"] in (run, [run])
    assert "plain-8 against residual-8" in texts(app)


def test_a_run_that_was_deleted_elsewhere_leaves_a_page_without_it(
    app: AppTest, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = manager.submit(TINY, "t")
    manager.steer(run, "stop")
    until(lambda: manager.library.run(run).status == "stopped")
    app.query_params["run"] = run
    app.run()
    assert "Export" in [one.proto.popover.label for one in app.get("popover")]
    snapshot, calls = manager.snapshot, []

    def deleted_while_it_is_drawn(asked: str) -> Snapshot:
        calls.append(asked)
        if len(calls) == 4:  # the page has asked for it, and now the view does
            manager.library.delete(run)
        return snapshot(asked)

    monkeypatch.setattr(manager, "snapshot", deleted_while_it_is_drawn)
    app.run()
    assert not app.exception
    assert f"There is no run '{run}' in the store" in texts(app)
    assert "Export" not in [one.proto.popover.label for one in app.get("popover")]
