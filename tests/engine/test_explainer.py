"""The explainer with fake workers, and with a real one."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from resnet_viz.engine import explainer as module
from resnet_viz.engine.explainer import Asking, Explainer
from resnet_viz.engine.launcher import LocalLauncher
from resnet_viz.engine.protocol import AskJob, Steer
from resnet_viz.places import SAMPLES, sample_picture
from resnet_viz.questions import OFFLINE_MODEL, Attribute, Catalogue, Describe, Look, Model, Question, Sweep
from resnet_viz.records import Answered, Failed, Finished, Progress, Record
from tests.engine.fakes import FakeLauncher, FakeWorker
from tests.waiting import until, workers

MODEL = Model(name=OFFLINE_MODEL)
LIMIT_S = 60.0


def look(name: str = "a-picture") -> Look:
    return Look(model=MODEL, image=Path(name))


@pytest.fixture
def launcher() -> FakeLauncher:
    return FakeLauncher()


@pytest.fixture
def explainer(launcher: FakeLauncher) -> Iterator[Explainer]:
    opened = Explainer(launcher)
    yield opened
    opened.close()


def worker_of(launcher: FakeLauncher) -> FakeWorker:
    return launcher.explainers[-1]


def asked(worker: FakeWorker) -> list[AskJob]:
    return [command for command in worker.sent if isinstance(command, AskJob)]


def reply(worker: FakeWorker, record: Record) -> None:
    """Say something about the question in hand."""
    worker.say_line(record.model_copy(update={"run": asked(worker)[-1].run}).model_dump_json() + "\n")


def answer(worker: FakeWorker, size: int = 3, **told: object) -> None:
    job = asked(worker)[-1]
    path = job.folder / f"{job.run}.npz"
    np.savez(path, values=np.arange(size))
    reply(worker, Answered(told=told, arrays=str(path)))


def test_no_worker_is_started_before_somebody_asks(explainer: Explainer, launcher: FakeLauncher) -> None:
    assert launcher.explainers == []
    explainer.warm()
    explainer.warm()
    assert len(launcher.explainers) == 1
    assert not explainer.ready
    worker_of(launcher).say_ready()
    until(lambda: explainer.ready)


def test_an_answer_comes_with_its_arrays_whose_file_is_gone(explainer: Explainer, launcher: FakeLauncher) -> None:
    asking = explainer.ask(look())
    assert asking.active
    assert not asking.answered
    folder = asked(worker_of(launcher))[0].folder
    answer(worker_of(launcher), note="well")
    asking = explainer.wait(asking.id, LIMIT_S)
    assert asking.told == {"note": "well"}
    assert asking.arrays["values"].tolist() == [0, 1, 2]
    assert list(folder.glob("*.npz")) == []


def test_a_question_that_was_answered_is_not_asked_again(explainer: Explainer, launcher: FakeLauncher) -> None:
    first = explainer.ask(look())
    assert explainer.ask(look()).id == first.id  # in hand
    answer(worker_of(launcher))
    explainer.wait(first.id, LIMIT_S)
    assert explainer.ask(look()).answered
    assert len(asked(worker_of(launcher))) == 1
    assert explainer.known(look("another")) is None


def test_questions_are_answered_one_at_a_time_in_their_order(explainer: Explainer, launcher: FakeLauncher) -> None:
    askings = [explainer.ask(look(name)) for name in ("first", "second", "third")]
    assert [asking.behind for asking in askings] == [0, 1, 2]
    worker = worker_of(launcher)
    for asking in askings:
        assert asked(worker)[-1].run == asking.id
        answer(worker)
        assert explainer.wait(asking.id, LIMIT_S).answered


def test_progress_is_seen(explainer: Explainer, launcher: FakeLauncher) -> None:
    asking = explainer.ask(look())
    reply(worker_of(launcher), Progress(done=3, total=9))
    until(lambda: (explainer.known(look()) or asking).done == 3)
    known = explainer.known(look())
    assert known is not None
    assert (known.total, known.active) == (9, True)


def test_a_failure_is_kept_until_it_is_forgotten(explainer: Explainer, launcher: FakeLauncher) -> None:
    asking = explainer.ask(look())
    reply(worker_of(launcher), Failed(message="This is no picture."))
    asking = explainer.wait(asking.id, LIMIT_S)
    assert (asking.message, asking.answered) == ("This is no picture.", False)
    assert explainer.ask(look()).message == "This is no picture."
    explainer.forget(asking.id)
    assert explainer.ask(look()).active


def test_a_question_in_hand_is_not_forgotten(explainer: Explainer, launcher: FakeLauncher) -> None:
    asking = explainer.ask(look())
    explainer.forget(asking.id)
    assert explainer.known(look()) is not None


def test_a_crash_is_one_sentence_and_the_next_question_has_a_fresh_worker(
    explainer: Explainer, launcher: FakeLauncher
) -> None:
    first, second = explainer.ask(look("first")), explainer.ask(look("second"))
    worker_of(launcher).end(-9)
    assert "ended in the middle" in (explainer.wait(first.id, LIMIT_S).message or "")
    until(lambda: len(launcher.explainers) == 2)
    assert [job.run for job in asked(worker_of(launcher))] == [second.id]
    answer(worker_of(launcher))
    assert explainer.wait(second.id, LIMIT_S).answered


def test_a_worker_that_dies_idle_is_not_replaced_before_it_is_needed(
    explainer: Explainer, launcher: FakeLauncher
) -> None:
    explainer.warm()
    worker_of(launcher).say_ready()
    until(lambda: explainer.ready)
    worker_of(launcher).end(-9)
    until(lambda: not explainer.ready)
    assert len(launcher.explainers) == 1
    explainer.ask(look())
    assert len(launcher.explainers) == 2


def test_a_line_that_breaks_off_ends_the_worker(explainer: Explainer, launcher: FakeLauncher) -> None:
    asking = explainer.ask(look())
    worker_of(launcher).say_line('{"run": "half')
    assert explainer.wait(asking.id, LIMIT_S).message is not None


def test_cancel_stops_the_question_in_hand_and_drops_one_that_waits(
    explainer: Explainer, launcher: FakeLauncher
) -> None:
    first, second = explainer.ask(look("first")), explainer.ask(look("second"))
    explainer.cancel(second.id)
    assert explainer.wait(second.id, LIMIT_S).message == "This was stopped."
    assert worker_of(launcher).actions == []
    explainer.cancel(first.id)
    assert Steer(action="stop") in worker_of(launcher).sent
    reply(worker_of(launcher), Finished(reason="stopped", step=0))
    assert explainer.wait(first.id, LIMIT_S).message == "This was stopped."


def test_a_wait_has_a_limit(explainer: Explainer, launcher: FakeLauncher) -> None:
    assert explainer.wait(explainer.ask(look()).id, 0.01).active


def test_memory_is_bounded_and_the_oldest_answers_go_first(
    explainer: Explainer, launcher: FakeLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_BYTES", 3 * 8 * 1000)
    for name in "abcdef":
        asking = explainer.ask(look(name))
        answer(worker_of(launcher), 1000)
        assert explainer.wait(asking.id, LIMIT_S).answered
    assert [explainer.known(look(name)) is not None for name in "abcdef"] == [False] * 3 + [True] * 3


def test_a_picture_is_a_file_named_by_its_content(explainer: Explainer) -> None:
    path = explainer.picture(b"some bytes")
    assert path.read_bytes() == b"some bytes"
    assert explainer.picture(b"some bytes") == path
    assert explainer.picture(b"other bytes") != path
    path.unlink()
    assert explainer.picture(b"some bytes").read_bytes() == b"some bytes"


def test_pictures_on_the_disk_are_bounded(explainer: Explainer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_PICTURE_BYTES", 25)
    paths = [explainer.picture(bytes([place]) * 10) for place in range(4)]
    assert [path.exists() for path in paths] == [False, False, True, True]


def test_nothing_of_the_visitors_is_left_when_it_is_closed(launcher: FakeLauncher) -> None:
    opened = Explainer(launcher)
    path = opened.picture(b"some bytes")
    opened.close()
    assert not path.parent.exists()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explainer]:
    """An explainer with a real worker; none is left afterwards."""
    opened = Explainer(LocalLauncher())
    yield opened
    opened.close()
    until(lambda: not workers(), 10)


def ask(explainer: Explainer, question: Question) -> Asking:
    return explainer.wait(explainer.ask(question).id, LIMIT_S)


def test_a_real_worker_answers_question_after_question(real: Explainer) -> None:
    told = ask(real, Catalogue()).told
    assert told is not None
    assert told["models"]["resnet50"]["parameters"] == 25_557_032
    assert (ask(real, Describe(model=MODEL)).told or {})["title"] == "EfficientNet-Lite0"
    seen = ask(real, Look(model=MODEL, image=sample_picture("coffee")))
    assert seen.arrays["view"].shape == (224, 224, 3)
    assert len(workers()) == 1


def test_a_real_worker_refuses_in_one_sentence_and_goes_on(real: Explainer, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    refused = ask(real, Look(model=MODEL, image=bad))
    assert refused.told is None
    assert "JPEG, PNG or WEBP" in (refused.message or "")
    assert "\n" not in (refused.message or "")
    assert ask(real, Look(model=MODEL, image=sample_picture("cat"))).answered


def test_a_real_question_can_be_stopped_and_the_worker_goes_on(real: Explainer) -> None:
    question = Attribute(model=MODEL, images=(sample_picture("cat"),), method="occlusion", target=1)
    asking = real.ask(question)
    until(lambda: (real.known(question) or asking).done > 0)
    real.cancel(asking.id)
    assert real.wait(asking.id, 10).message == "This was stopped."
    assert ask(real, Look(model=MODEL, image=sample_picture("rocket"))).answered
    assert len(workers()) == 1


@pytest.mark.thorough
def test_ten_sessions_at_once_get_each_their_own_right_answer(real: Explainer) -> None:
    questions: list[Question] = [
        Attribute(model=MODEL, images=(sample_picture(name),), layer=layer, target=target)
        for name, layer, target in zip(
            [*SAMPLES, *SAMPLES],
            ["bn2", "blocks.5.3", "blocks.4.2"] * 4,
            [967, 281, 872, 657, 670, 652] * 2,
            strict=True,
        )
    ][:10]
    alone = [ask(real, question).arrays["maps"] for question in questions]
    for question in questions:
        real.forget(ask(real, question).id)
    together: dict[int, Asking] = {}

    def session(place: int) -> None:
        together[place] = ask(real, questions[place])

    threads = [threading.Thread(target=session, args=(place,)) for place in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT_S)
    for place, values in enumerate(alone):
        np.testing.assert_array_equal(together[place].arrays["maps"], values)
    assert not np.array_equal(alone[0], alone[1])


@pytest.mark.thorough
def test_a_killed_real_worker_is_one_sentence_and_a_fresh_worker(real: Explainer) -> None:
    question = Attribute(model=MODEL, images=(sample_picture("rocket"),), method="occlusion", target=1)
    asking = real.ask(question)
    until(lambda: (real.known(question) or asking).done > 0)
    (worker,) = workers()
    worker.kill()
    assert "ended in the middle" in (real.wait(asking.id, 10).message or "")
    assert ask(real, Sweep(model=MODEL, image=sample_picture("coffee"), target=967)).answered
    assert [process.pid for process in workers()] != [worker.pid]
