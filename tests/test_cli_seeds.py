"""`train --seeds N`, with workers that do as they are told: order, verdict, exit codes."""

import os
import signal
import threading
from typing import ClassVar

import pytest
from pydantic import BaseModel

from resnet_viz.__main__ import main
from resnet_viz.engine import manager as manager_module
from resnet_viz.engine.protocol import Purpose, TrainJob
from resnet_viz.engine.store import Store
from resnet_viz.records import Epoch, parse
from tests.engine.fakes import FakeWorker
from tests.waiting import until

TRAIN = ["train", "--data", "shapes", "--arm", "plain:8:4", "--arm", "residual:8:4", "--train-size", "64"]
TRAIN += ["--test-size", "20", "--batch-size", "16", "--epochs", "2", "--seed", "5"]


def press_ctrl_c() -> None:
    """As soon as the program follows its runs."""
    until(lambda: signal.getsignal(signal.SIGINT) is not signal.default_int_handler)
    os.kill(os.getpid(), signal.SIGINT)


class Racer(FakeWorker):
    """Races as soon as it is given something to race; the plain net ends higher, by 1 nat and a tenth of its seed."""

    end_of: ClassVar[dict[int, str]] = {}  # what happens instead, by seed

    def send(self, command: BaseModel) -> None:
        super().send(command)
        if not isinstance(command, TrainJob):
            return
        seed = command.config.seed
        self.start()
        self.step(1)
        match self.end_of.get(seed):
            case "killed":
                self.end(-9)
            case "interrupted":
                threading.Thread(target=press_ctrl_c).start()  # this worker does not end by itself
            case _:
                for arm, loss in enumerate((2 + seed / 10, 1.0)):
                    place = {"arm": arm, "epoch": 2, "step": 8, "images": 128}
                    self.say(Epoch(**place, train_loss=loss, train_error=0.5, test_loss=loss, test_error=0.5))
                self.finish()


class Racers:
    """A launcher of them."""

    def start(self, purpose: Purpose = "train") -> Racer:
        return Racer()


@pytest.fixture(autouse=True)
def raced_by_fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manager_module, "LocalLauncher", Racers)
    monkeypatch.setattr(manager_module, "STOP_GRACE_S", 0.05)
    monkeypatch.setattr(Racer, "end_of", {})


def test_every_seed_has_its_result_and_then_comes_the_verdict(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN, "--seeds", "3"]) == 0
    out = capfd.readouterr().out
    places = [out.index(f"seed {seed}, finished") for seed in (5, 6, 7)]
    assert places == sorted(places)
    assert out.index("Over all 3 seeds.") > places[-1]
    # 1.5, 1.6 and 1.7: mean 1.6, s = 0.1, 4.303 * 0.1 / sqrt(3) = 0.248
    assert "Training loss: plain-8 is worse by 1.60 ± 0.25 nats over 3 seeds" in out
    assert "95 % t-intervals of the paired differences" in out
    runs = Store().list()
    assert sorted(run.config.seed for run in runs) == [5, 6, 7]
    assert len({run.group_id for run in runs}) == 1


def test_one_seed_is_no_group_and_has_no_verdict(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN, "--seeds", "1"]) == 0
    assert "t-interval" not in capfd.readouterr().out
    (run,) = Store().list()
    assert run.group_id is None


def test_json_streams_the_records_of_all_seeds_and_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN, "--seeds", "2", "--json"]) == 0
    out, err = capfd.readouterr()
    records = [parse(line) for line in out.splitlines()]
    runs = list(dict.fromkeys(record.run for record in records))
    assert runs == [run.id for run in sorted(Store().list(), key=lambda run: run.config.seed)]
    for run in runs:
        assert [record.seq for record in records if record.run == run] == list(range(6))
    assert [record.kind for record in records].count("finished") == 2
    assert err == ""


def test_a_seed_whose_worker_is_killed_does_not_keep_the_others(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Racer, "end_of", {6: "killed"})
    assert main([*TRAIN, "--seeds", "3"]) == 1
    out, err = capfd.readouterr()
    assert "seed 6, interrupted" in out
    assert "seed 7, finished" in out
    assert "Over 2 of 3 seeds: the others did not come to their end." in out
    assert "ended from outside" in err


def test_ctrl_c_stops_the_seed_that_runs_and_drops_the_others(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Racer, "end_of", {6: "interrupted"})
    assert main([*TRAIN, "--seeds", "4"]) == 130
    out = capfd.readouterr().out
    assert "seed 5, finished" in out
    assert all(f"seed {seed}, stopped" in out for seed in (6, 7, 8))
    assert "Over 1 of 4 seeds" in out
    assert sorted(run.status for run in Store().list()) == ["finished", "stopped", "stopped", "stopped"]


@pytest.mark.parametrize("seeds", ["0", "11", "many"])
def test_impossible_numbers_of_seeds_are_bad_options(capfd: pytest.CaptureFixture[str], seeds: str) -> None:
    assert main([*TRAIN, "--seeds", seeds]) == 2
    assert "--seeds" in capfd.readouterr().err
    assert Store().list() == []


def test_seeds_beyond_the_last_one_are_a_bad_option(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN[:-1], str(2**31 - 1), "--seeds", "2"]) == 2
    assert "seed must be at most" in capfd.readouterr().err
