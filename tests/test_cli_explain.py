"""`explain`: results on stdout, one line for each error, files that hold what was found, and no worker left.

Most tests share one real worker: the program is called in this process, with an explainer that stays open.
"""

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray
from PIL import Image

from resnet_viz.__main__ import main
from resnet_viz.charts import overlay
from resnet_viz.cli import explain as module
from resnet_viz.cli import pictures as pictures_module
from resnet_viz.cli.choices import choose_class, choose_model
from resnet_viz.cli.pictures import find_pictures
from resnet_viz.engine.explainer import Asking, Explainer
from resnet_viz.engine.launcher import ROOT, LocalLauncher
from resnet_viz.engine.store import Store
from resnet_viz.nets import build_net
from resnet_viz.places import CACHE_VARIABLE, WEIGHTS_VARIABLE, cache_folder, sample_picture
from resnet_viz.questions import Attribute, Description, Question
from resnet_viz.weights import save_weights
from tests.factories import experiment
from tests.waiting import until, workers

LITE = ["--model", "efficientnet-lite0"]
COFFEE, CAT = str(sample_picture("coffee")), str(sample_picture("cat"))
ESPRESSO = {"index": 967, "name": "espresso"}


class Shared(Explainer):
    """An explainer that outlives a command, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(LocalLauncher())
        self.asked: list[Question] = []
        self.closed = 0

    def ask(self, question: Question) -> Asking:
        self.asked.append(question)
        return super().ask(question)

    def close(self) -> None:
        self.closed += 1

    @property
    def batches(self) -> list[int]:
        return [len(question.images) for question in self.asked if isinstance(question, Attribute)]


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        patch.delenv(WEIGHTS_VARIABLE, raising=False)
        opened = Shared()
        opened.warm()
    yield opened
    Explainer.close(opened)
    until(lambda: not workers(), 10)


@pytest.fixture
def shared(warm: Shared, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shared]:
    """The commands of this test use the shared worker; every command that opens it closes it."""
    opened = 0

    def give(_launcher: object) -> Shared:
        nonlocal opened
        opened += 1
        return warm

    monkeypatch.setattr(module, "Explainer", give)
    warm.asked.clear()
    before = warm.closed
    yield warm
    assert warm.closed - before == opened


@pytest.fixture(autouse=True)
def no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, a file that is none, and what is not to be looked at."""
    made = tmp_path / "folder"
    (made / "below.png").mkdir(parents=True)
    shutil.copy(COFFEE, made / "c.PNG")
    shutil.copy(sample_picture("rocket"), made / "a.Jpg")
    (made / "b.webp").write_text("no picture")
    (made / "notes.txt").write_text("no picture either")
    return made


def run(*arguments: str) -> int:
    return main(["explain", *arguments])


def program(*arguments: str, **options: Any) -> "subprocess.Popen[str]":
    """The real program, which hears Ctrl-C: tests that run in the background pass on that they do not."""
    command = [sys.executable, "-m", "resnet_viz", "explain", *arguments]
    hears = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, **pipes, **hears, **options)


def the_error(err: str) -> str:
    """The only line on stderr."""
    (line,) = err.splitlines()
    assert line.startswith("error: ")
    return line


def objects(out: str) -> list[dict[str, Any]]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return [json.loads(line, parse_constant=refuse) for line in out.splitlines()]


# --- results


def test_pictures_are_described_drawn_and_kept(
    shared: Shared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "not" / "yet"
    assert run(COFFEE, CAT, "--out", str(out)) == 0
    said, err = capsys.readouterr()
    assert err.splitlines() == [
        "The weights of ResNet-50 are not on this machine (python -m resnet_viz models download fetches them): "
        "EfficientNet-Lite0 answers."
    ]
    assert f"{COFFEE}: espresso 9" in said
    assert "Grad-CAM of espresso (9" in said
    assert f"bn2: {out}/coffee-grad-cam.png, {out}/coffee-grad-cam.npz\n" in said
    assert sorted(path.name for path in out.iterdir()) == [
        "chelsea-grad-cam.npz", "chelsea-grad-cam.png", "coffee-grad-cam.npz", "coffee-grad-cam.png",
    ]  # fmt: skip
    with np.load(out / "coffee-grad-cam.npz") as file:
        kept = {name: file[name] for name in file.files}
    assert {name: array.shape for name, array in kept.items()} == {
        "map": (224, 224), "view": (224, 224, 3), "grid": (7, 7), "probabilities": (1000,),
    }  # fmt: skip
    assert kept["probabilities"].argmax() == ESPRESSO["index"]
    with Image.open(out / "coffee-grad-cam.png") as picture:
        drawn = np.asarray(picture)
    assert not np.array_equal(drawn, kept["view"])
    np.testing.assert_array_equal(
        drawn, overlay.overlay(kept["view"], kept["map"], opacity=0.55, signed=False, colour_map="Viridis")
    )


def test_json_is_one_object_a_picture_and_nothing_else(
    shared: Shared, folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(str(folder), *LITE, "--json") == 1
    out, err = capsys.readouterr()
    assert err == ""
    first, second, third = objects(out)
    assert (first["image"], third["image"]) == (str(folder / "a.Jpg"), str(folder / "c.PNG"))
    assert second == {
        "image": str(folder / "b.webp"),
        "error": "This file is no JPEG, PNG or WEBP, and only these are read: save the picture as one of them.",
    }
    probabilities = [one["probability"] for one in third["top5"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert third["top5"][0] == ESPRESSO | {"probability": probabilities[0]}
    del third["top5"], third["image"]
    assert third == {
        "model": "efficientnet-lite0", "method": "grad-cam", "layer": "bn2", "target": ESPRESSO, "overlay": None,
        "map": None,
    }  # fmt: skip
    assert run(COFFEE, *LITE, "--json", "--out", str(tmp_path)) == 0
    (told,) = objects(capsys.readouterr().out)
    assert Path(told["overlay"]).read_bytes().startswith(b"\x89PNG")
    assert Path(told["map"]) == tmp_path / "coffee-grad-cam.npz"


def test_a_bad_file_is_named_and_the_others_are_done(
    shared: Shared, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(str(folder), COFFEE, *LITE, "--out", str(out)) == 1
    said, err = capsys.readouterr()
    assert the_error(err).startswith(f"error: {folder / 'b.webp'}: This file is no JPEG")
    names = [line.partition(": ")[0] for line in said.splitlines() if not line.startswith(" ")]
    assert names == [str(folder / "a.Jpg"), str(folder / "c.PNG"), COFFEE]
    assert sorted(path.name for path in out.glob("*.png")) == [f"{name}-grad-cam.png" for name in ("a", "c", "coffee")]


def test_a_target_is_a_number_or_a_name_of_any_case(shared: Shared, capsys: pytest.CaptureFixture[str]) -> None:
    for target in ("550", "Espresso MAKER"):
        assert run(CAT, *LITE, "--json", "--target", target, "--layer", "blocks.4.2") == 0
        (told,) = objects(capsys.readouterr().out)
        assert told["target"] == {"index": 550, "name": "espresso maker"}
        assert told["layer"] == "blocks.4.2"
        assert told["top5"][0]["name"].endswith("cat")


def test_the_next_batch_is_asked_before_the_last_is_drawn_and_nothing_is_kept(
    shared: Shared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copies = [shutil.copy(COFFEE, tmp_path / f"{name}.png") for name in "abcde"]
    Path(copies[2]).write_text("no picture")
    drawn: list[int] = []

    def png(picture: NDArray[np.uint8]) -> bytes:
        drawn.append(len(shared.batches))
        return b""

    monkeypatch.setattr(module, "BATCH", 2)
    monkeypatch.setattr(pictures_module.overlay, "png", png)
    assert run(*map(str, copies), *LITE, "--out", str(tmp_path)) == 1
    assert shared.batches == [2, 2, 1]
    assert drawn == [2, 2, 3, 3]
    assert [shared.known(question) for question in shared.asked] == [None] * 4
    assert "c.png" in the_error(capsys.readouterr().err)


def test_pictures_with_one_name_have_files_of_their_own(
    shared: Shared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / "one" / "a.png", tmp_path / "two" / "A.png", tmp_path / "two" / "a-2.png"]
    for file, sample in zip(files, (COFFEE, CAT, CAT), strict=True):
        file.parent.mkdir(exist_ok=True)
        shutil.copy(sample, file)
    out = tmp_path / "out"
    out.mkdir()
    (out / "a-grad-cam.png").write_text("of an earlier time")
    assert run(*map(str, files), str(files[0]), *LITE, "--out", str(out), "--json") == 0
    told = objects(capsys.readouterr().out)
    assert [Path(one["map"]).name for one in told] == ["a-grad-cam.npz", "A-2-grad-cam.npz", "a-2-2-grad-cam.npz"]
    assert [one["target"]["name"] for one in told] == ["espresso", "tiger cat", "tiger cat"]
    assert (out / "a-grad-cam.png").read_bytes().startswith(b"\x89PNG")
    assert len(list(out.iterdir())) == 6


def test_the_net_of_a_stored_run_answers(shared: Shared, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store()
    stored = store.create(experiment("none", "A"), "cli")
    about = {"classes": ["cat", "dog", "crane", "crane"], "mean": [0.5] * 3, "std": [0.2] * 3}
    config = stored.config.arms[1].model_copy(update={"num_classes": 4})
    save_weights(build_net(config), store.folder / stored.id, 1, {"net": config.model_dump(), **about})
    store.close()
    out = ["--out", str(tmp_path), "--json"]
    assert run(COFFEE, CAT, "--run", f"{stored.id}:1", "--method", "occlusion", "--target", "DOG", *out) == 0
    assert shared.batches == [1, 1]  # what takes many passes goes picture by picture
    told, _ = objects(capsys.readouterr().out)
    assert (told["model"], told["layer"], len(told["top5"])) == (f"{stored.id}:1", None, 4)
    assert told["target"] == {"index": 1, "name": "dog"}
    with np.load(told["map"]) as file:
        assert {name: file[name].shape for name in file.files} == {
            "map": (32, 32), "view": (32, 32, 3), "probabilities": (4,),
        }  # fmt: skip
    for arm, code, sentence in [
        (":1", 2, "'crane' may be the classes 2 (crane) and 3 (crane): give the number."),
        (":2", 2, f"--run {stored.id}:2: the arms of this run are 0 to 1."),
        ("", 1, f"The run {stored.id} has no weights of arm 0: only a finished run keeps them."),
    ]:
        assert run(COFFEE, "--run", f"{stored.id}{arm}", "--target", "crane") == code
        assert the_error(capsys.readouterr().err) == f"error: {sentence}"


def test_results_go_to_stdout_while_a_terminal_shows_the_bar(
    shared: Shared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # to Rich, stderr is a terminal then; stdout still is a file
    monkeypatch.setenv("TERM", "xterm")
    bad = tmp_path / "bad.png"
    bad.touch()
    assert run(COFFEE, str(bad), *LITE) == 1
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert "\x1b" not in out
    assert "2/2" in err
    assert "\x1b[2Kerror: " in err  # the bar makes way for it
    assert run(COFFEE, str(bad), *LITE, "--json") == 1
    assert capsys.readouterr().err == ""


# --- errors


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "IMAGE"),
        (["no/such.png"], "There is no file or folder 'no/such.png': correct the name."),
        ([COFFEE, ""], "There is no file or folder '': correct the name."),
        (["."], "The folder . holds no picture: no .jpg, .jpeg, .png, .webp."),
        ([COFFEE, "--method", "magic"], "--method"),
        ([COFFEE, "--model", "cifar-net"], "--model"),
        ([COFFEE, "--method", "saliency", "--layer", "bn2"], "Gradient looks at no layer: leave out --layer."),
        ([COFFEE, "--run", "abc", *LITE], "--run brings a net with its weights: leave out --model and --weights."),
    ],
)
def test_a_bad_option_is_one_line_before_any_worker_is_asked(
    arguments: list[str],
    says: str,
    shared: Shared,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "letter.txt").touch()
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    out, err = capsys.readouterr()
    assert says in the_error(err)
    assert out == ""
    assert shared.asked == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--target", "expresso"], "EfficientNet-Lite0 has no class 'expresso'; near it: espresso, espresso maker."),
        (["--target", "qqqq"], "no class 'qqqq'; give a number from 0 to 999."),
        (["--target", "1000"], "EfficientNet-Lite0 has the classes 0 to 999, not 1000."),
        (["--target", "CARDIGAN"], "may be the classes 264 (Cardigan) and 474 (cardigan): give the number."),
        (["--layer", "layer4"], "EfficientNet-Lite0 has no layer 'layer4'; choose from bn1, blocks.0.0, blocks.1.0, "),
        (["--method", "deep-lift"], "DeepLIFT is not offered for EfficientNet-Lite0: it has no rule for ReLU6"),
    ],
)
def test_what_the_net_does_not_have_is_one_line_before_any_picture_is_read(
    arguments: list[str], says: str, shared: Shared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(COFFEE, *LITE, *arguments, "--out", str(tmp_path / "out")) == 2
    out, err = capsys.readouterr()
    assert says in the_error(err)
    assert out == ""
    assert shared.batches == []
    assert not (tmp_path / "out").exists()


def test_what_is_not_here_or_does_not_fit_is_one_line_and_exit_code_1(
    shared: Shared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / save_weights(build_net(experiment().arms[0]), tmp_path, 0, {})
    for arguments, says in [
        (["--model", "resnet18"], "The weights of ResNet-18 are not on this machine. Fetch them with `python -m"),
        (["--run", "abc"], "There is no run 'abc' in the store. It may have been deleted."),
        (["--weights", str(tmp_path / "none.pth")], f"There is no file {tmp_path}/none.pth. Correct the name."),
        ([*LITE, "--weights", str(other)], "arm0.safetensors is not of EfficientNet-Lite0: it has no tensor conv_stem"),
    ]:
        assert run(COFFEE, *arguments) == 1
        out, err = capsys.readouterr()
        assert the_error(err).startswith(f"error: {says}")
        assert out == ""


def test_what_can_not_be_written_is_one_line_and_exit_code_1(
    shared: Shared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = tmp_path / "letter"
    letter.touch()
    (tmp_path / "coffee-grad-cam.png").mkdir()
    for out, says in [
        (letter, f"{letter} can't be written: File exists. Check it and start again."),
        (letter / "below", f"{letter}/below can't be written: Not a directory. Check it and start again."),
        (tmp_path, f"{tmp_path}/coffee-grad-cam.png can't be written: Is a directory. Check it and start again."),
    ]:
        assert run(COFFEE, CAT, *LITE, "--out", str(out)) == 1
        said, err = capsys.readouterr()
        assert the_error(err) == f"error: {says}"
        assert said == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file that is always full")
def test_a_full_disk_is_one_line_and_an_earlier_file_stays(
    shared: Shared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = tmp_path / "coffee-grad-cam.png"
    earlier.write_text("of an earlier time")
    (tmp_path / "coffee-grad-cam.png.part").symlink_to("/dev/full")
    assert run(COFFEE, CAT, *LITE, "--out", str(tmp_path)) == 1
    said, err = capsys.readouterr()
    assert the_error(err) == f"error: The disk is full: {earlier} can't be written. Free some space and start again."
    assert said == ""
    assert list(tmp_path.glob("coffee*")) == [earlier]
    assert earlier.read_text() == "of an earlier time"


@pytest.mark.thorough
def test_a_worker_that_is_killed_is_one_line_and_exit_code_1(
    shared: Shared, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The next command has a fresh one."""

    def kill(question: Question) -> Asking:
        asking = Shared.ask(shared, question)
        if isinstance(question, Attribute):
            for worker in workers():
                worker.kill()
        return asking

    with monkeypatch.context() as patch:
        patch.setattr(shared, "ask", kill)
        assert run(COFFEE, *LITE, "--method", "occlusion") == 1
    assert "ended in the middle of this" in the_error(capsys.readouterr().err)
    assert run(COFFEE, *LITE) == 0


def test_a_name_that_is_no_text_is_shown_so_and_skipped(
    shared: Shared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, lines, long = tmp_path / "\udcff.png", tmp_path / "two\nlines\x1b[2J.png", tmp_path / f"{'x' * 250}.png"
    try:
        for path in (broken, lines, long):
            shutil.copy(COFFEE, path)
    except OSError:
        pytest.skip("this file system takes no such names")
    assert run(str(tmp_path), *LITE, "--out", str(tmp_path / "out")) == 1
    out, err = capsys.readouterr()
    assert the_error(err) == f"error: {tmp_path}/?.png: Its name is not in UTF-8: rename the file."
    assert f"{tmp_path}/two?lines?[2J.png: espresso" in out
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == [
        "two\nlines\x1b[2J-grad-cam.png", f"{'x' * 200}-grad-cam.png",
    ]  # fmt: skip


# --- the real program: its worker, its logs, its end


class Opens:
    """A pickle of this makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.path), "w")


def test_code_in_a_file_of_weights_is_not_run_and_no_trace_is_shown(tmp_path: Path) -> None:
    (tmp_path / "bad.pth").write_bytes(pickle.dumps({"weight": Opens(tmp_path / "trap")}))
    with program(COFFEE, *LITE, "--weights", str(tmp_path / "bad.pth")) as running:
        out, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert the_error(err).startswith("error: bad.pth is no file of weights that can be read safely")
    assert out == ""
    assert not (tmp_path / "trap").exists()


@pytest.mark.thorough
def test_ctrl_c_keeps_what_was_written_and_leaves_no_worker(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    files = [shutil.copy(COFFEE, tmp_path / f"{place}.png") for place in range(50)]
    arguments = [*map(str, files), *LITE, "--method", "occlusion", "--json", "--out", str(tmp_path / "out")]
    with program(*arguments, env={**os.environ, "TMPDIR": str(home)}) as running:
        assert running.stdout is not None
        (told,) = objects(running.stdout.readline())
        (worker,) = psutil.Process(running.pid).children()
        running.send_signal(signal.SIGINT)
        rest, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert err.strip() == ""
    assert not worker.is_running()
    assert len(objects(rest)) < 10
    with Image.open(told["overlay"]) as picture:
        assert picture.size == (224, 224)
    assert not list((tmp_path / "out").glob("*.part"))
    assert list(home.glob("resnet-viz-*")) == []


@pytest.mark.thorough
def test_a_reader_that_has_enough_ends_it_quietly(tmp_path: Path) -> None:
    files = [shutil.copy(COFFEE, tmp_path / f"{place}.png") for place in range(40)]
    with program(*map(str, files), *LITE) as running:
        assert running.stdout is not None
        (worker,) = (found for found in _children(running.pid))
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr is not None
        err = running.stderr.read()
        running.wait(30)
    assert running.returncode == 1
    assert err == ""
    assert not worker.is_running()


def _children(pid: int) -> list[psutil.Process]:
    until(lambda: psutil.Process(pid).children())
    return psutil.Process(pid).children()


# --- without a worker


def test_resnet_50_answers_where_its_weights_are(capsys: pytest.CaptureFixture[str]) -> None:
    def tell(_question: Question) -> dict[str, Any]:
        return {"models": {"resnet50": {"file": "resnet50.pth"}}}

    assert choose_model(tell, None, None, None)[1] == "efficientnet-lite0"
    assert len(capsys.readouterr().err.splitlines()) == 1
    weights = cache_folder() / "weights"
    weights.mkdir(parents=True)
    (weights / "resnet50.pth").touch()
    assert choose_model(tell, None, None, None)[1] == "resnet50"
    assert choose_model(tell, "resnet18", None, None)[1] == "resnet18"
    model, name = choose_model(tell, None, Path("own.pth"), None)
    assert (model.name, model.weights, name) == ("resnet50", Path("own.pth"), "resnet50")
    assert capsys.readouterr().err == ""


def test_a_name_in_its_own_case_is_the_class_of_that_case() -> None:
    names = ("Cardigan", "cardigan", "wheaten terrier")
    net = Description(
        title="a net", source="", facts={}, categories=names, resolution=32, layers=(), refused={}, forward_s=0.1
    )
    assert [choose_class(net, name) for name in ("Cardigan", "cardigan", " Wheaten Terrier ", "2")] == [0, 1, 2, 2]


def test_a_folder_gives_its_pictures_in_order_and_each_file_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    found = find_pictures(["notes.txt", ".", "./c.PNG", "c.PNG"])
    assert [picture.given for picture in found] == ["notes.txt", "./a.Jpg", "./b.webp", "c.PNG"]
    assert [picture.name for picture in found] == ["notes", "a", "b", "c"]
