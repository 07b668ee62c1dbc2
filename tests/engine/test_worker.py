"""Real worker processes: what they do when all goes well, and when it does not. Every wait has a limit."""

import json
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from resnet_viz.engine.launcher import KEEP_MEMORY, ROOT, LocalLauncher, LocalWorker
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.protocol import READY_LINE, Purpose, Steer, TrainJob, parse_line
from resnet_viz.engine.store import Store
from resnet_viz.interventions import Change, Planned, read_plan, write_plan
from resnet_viz.records import Failed, Paused, Record, Resumed, Step, without_times
from resnet_viz.runlog import RunLog
from resnet_viz.schedules import learning_rate
from tests.engine.fakes import TINY, endless
from tests.waiting import until, workers

pytestmark = pytest.mark.usefixtures("no_data")


def said(worker: LocalWorker) -> list[Record]:
    """All records of a worker, to its end."""
    return [record for record in map(parse_line, worker.lines()) if record.kind != "ready"]


def run_to_end(job: TrainJob) -> list[Record]:
    worker = LocalLauncher().start()
    worker.send(job)
    records = said(worker)
    assert worker.close(5) == 0
    return records


def status(manager: Manager, run: str) -> str:
    snapshot = manager.snapshot(run)
    assert snapshot is not None
    return snapshot.status


def going(manager: Manager) -> str:
    """A run that goes on until it is stopped, three steps in."""
    run = manager.submit(endless(), "endless")
    until(lambda: manager.snapshot(run).step >= 3)
    return run


@pytest.mark.thorough
def test_two_workers_give_equal_records_but_for_the_time(tmp_path: Path) -> None:
    first, second = (run_to_end(TrainJob(run=name, config=TINY, weights_folder=tmp_path / name)) for name in "ab")
    assert list(map(without_times, first)) == list(map(without_times, second))
    assert [record.seq for record in first] == list(range(len(first)))
    assert first[-1].kind == "finished"
    weights = [(tmp_path / name / "arm1.safetensors").read_bytes() for name in "ab"]
    assert weights[0] == weights[1]


@pytest.mark.thorough
def test_a_run_ends_its_worker_and_another_one_is_warmed(real_manager: Manager, store: Store) -> None:
    until(lambda: real_manager.warm)
    pid = workers()[0].pid
    run = real_manager.submit(TINY, "t")
    until(lambda: store.run(run).status == "finished")
    assert (store.folder / run / "arm0.safetensors").exists()
    until(lambda: real_manager.warm)
    assert pid not in {worker.pid for worker in workers()}


def test_pause_step_resume_and_stop(real_manager: Manager, store: Store) -> None:
    run = going(real_manager)
    real_manager.steer(run, "pause")
    until(lambda: status(real_manager, run) == "paused")
    before = real_manager.snapshot(run).step
    real_manager.steer(run, "step")
    until(lambda: real_manager.snapshot(run).step > before and status(real_manager, run) == "paused")
    assert real_manager.snapshot(run).step == before + 1
    real_manager.steer(run, "resume")
    until(lambda: real_manager.snapshot(run).step >= before + 3)
    start = time.monotonic()
    real_manager.steer(run, "stop")
    until(lambda: status(real_manager, run) == "stopped", 1.5)
    assert time.monotonic() - start < 1.5
    until(lambda: store.run(run).status == "stopped")


def changed_live() -> list[Record]:
    """The records of a run that was paused, slowed down, stepped once, extended, and let go on."""
    worker = LocalLauncher().start()
    worker.send(TrainJob(run="live", config=TINY))
    worker.send(Steer(action="pause"))
    records: list[Record] = []
    answers = {
        "paused": [Change(learning_rate_factor=0.25), Change(extend_epochs=1)],
        "intervention": ["step", "resume"],
    }
    for record in map(parse_line, worker.lines()):
        if record.kind != "ready":
            records.append(record)
        if answers.get(record.kind):
            worker.send(Steer(action=answers[record.kind].pop(0)))
    assert worker.close(5) == 0
    return records


def numbers(records: list[Record]) -> list[dict[str, object]]:
    """All but times and pauses."""
    kept = [record for record in records if not isinstance(record, Paused | Resumed)]
    return [without_times(record) | {"seq": None} for record in kept]


@pytest.mark.thorough
def test_a_run_that_was_changed_can_be_made_again_from_a_file_of_the_changes() -> None:
    live = changed_live()
    plan = tuple(RunLog("live", TINY, live).interventions)
    assert plan == (Planned(step=0, learning_rate_factor=0.25), Planned(step=1, extend_epochs=1))
    rates = [record.learning_rate for record in live if isinstance(record, Step) and record.arm == 1]
    assert rates == [0.25 * learning_rate(TINY, step) for step in range(1, 13)]
    assert [record.kind for record in live].count("paused") == 2
    again = run_to_end(TrainJob(run="again", config=TINY, plan=read_plan(write_plan(plan).encode())))
    assert numbers(again) == numbers(live)
    assert [record.kind for record in again].count("paused") == 0


@pytest.mark.parametrize("purpose", ["train", "explain"])
def test_a_worker_keeps_the_memory_of_one_step_for_the_next(purpose: Purpose) -> None:
    worker = LocalLauncher().start(purpose)
    try:
        assert KEEP_MEMORY.items() <= psutil.Process(worker.pid).environ().items()
    finally:
        worker.kill()
        assert list(worker.lines()) == []
        worker.close(5)


def test_a_killed_worker_loses_no_run(real_manager: Manager, store: Store) -> None:
    earlier = real_manager.submit(TINY, "earlier")
    until(lambda: store.run(earlier).status == "finished")
    kept = list(store.records(earlier))
    run = going(real_manager)
    workers()[0].kill()
    until(lambda: store.run(run).status == "interrupted")
    assert sum(isinstance(record, Step) for record in store.records(run)) >= 3
    assert list(store.records(earlier)) == kept
    assert status(real_manager, run) == "interrupted"
    until(lambda: real_manager.warm)  # and the next Start finds a worker


def test_a_worker_ends_in_mid_run_when_stdin_closes() -> None:
    worker = LocalLauncher().start()
    worker.send(TrainJob(run="r", config=endless()))
    lines = worker.lines()
    until(lambda: '"step"' in next(lines))
    start = time.monotonic()
    assert worker.close(5) == 0
    assert time.monotonic() - start < 5


@pytest.mark.thorough
def test_a_worker_survives_ctrl_c(tmp_path: Path) -> None:
    worker = LocalLauncher().start()
    lines = worker.lines()
    until(lambda: next(lines).strip() == READY_LINE)
    psutil.Process(worker.pid).send_signal(signal.SIGINT)
    worker.send(TrainJob(run="r", config=TINY, weights_folder=tmp_path))
    assert json.loads(list(lines)[-1])["kind"] == "finished"
    assert worker.close(5) == 0


def test_no_worker_outlives_a_parent_that_is_killed() -> None:
    parent_code = """
        from resnet_viz.engine.launcher import LocalLauncher
        worker = LocalLauncher().start()
        print(worker.pid, flush=True)
        list(worker.lines())
    """
    command = [sys.executable, "-c", textwrap.dedent(parent_code)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert psutil.pid_exists(pid)
        parent.kill()
    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE, 15)


def test_a_stray_print_does_not_reach_the_records() -> None:
    code = """
        from resnet_viz.engine.worker import take_stdout
        records = take_stdout()
        print("stray")
        records.write("record\\n")
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=30, check=True)
    assert done.stdout == "record\n"
    assert "stray" in done.stderr


def test_missing_data_is_one_sentence_of_the_run() -> None:
    config = TINY.model_copy(update={"data": TINY.data.model_copy(update={"name": "cifar10"})})
    (record,) = run_to_end(TrainJob(run="r", config=config))
    assert isinstance(record, Failed)
    assert "CIFAR-10 is not on this machine" in record.message
    assert "Traceback" not in record.message


def test_weights_that_can_not_be_written_are_one_sentence(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    records = run_to_end(TrainJob(run="r", config=TINY, weights_folder=in_the_way / "weights"))
    assert isinstance(records[-1], Failed)
    assert str(in_the_way) in records[-1].message
    assert any(isinstance(record, Step) for record in records)  # what was measured is kept


@pytest.mark.thorough
def test_a_stop_that_comes_before_the_first_step_ends_the_run() -> None:
    worker = LocalLauncher().start()
    worker.send(TrainJob(run="r", config=endless()))
    worker.send(Steer(action="stop"))
    kinds = [record.kind for record in said(worker)]
    assert kinds == ["started", "finished"]
    assert worker.close(5) == 0
