import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from resnet_viz import machine as module
from resnet_viz.config import TrainConfig
from resnet_viz.machine import Machine, bf16_speed_up, resolve, set_up_threads, versions
from resnet_viz.places import CACHE_VARIABLE

CPU = torch.device("cpu")
AUTO = TrainConfig(precision="auto")


class Trial:
    """Stands for the measured seconds of a step, and counts how often it is asked."""

    def __init__(self, fp32: float = 2.0, bf16: float = 1.0) -> None:
        self.seconds = {"fp32": fp32, "bf16": bf16}
        self.count = 0

    def __call__(self, _device: torch.device, precision: str) -> float:
        self.count += 1
        return self.seconds[precision]


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> Trial:
    """A CPU with native bf16 that is twice as fast with it."""
    stand_in = Trial()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(module, "_capabilities", lambda: {"avx512_bf16": True})
    monkeypatch.setattr(module, "_step_seconds", stand_in)
    return stand_in


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "precision.json"


@pytest.fixture
def threads_restored() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
    torch.set_flush_denormal(False)


@pytest.mark.parametrize(("fp32", "bf16", "precision"), [(2, 1, "bf16"), (1, 2, "fp32"), (1, 1, "fp32")])
def test_auto_is_bf16_only_where_it_is_faster(trial: Trial, fp32: float, bf16: float, precision: str) -> None:
    trial.seconds = {"fp32": fp32, "bf16": bf16}
    assert resolve(AUTO) == Machine(CPU, torch.get_num_threads(), precision)
    assert trial.count == 2


@pytest.mark.parametrize("known", [{}, {"avx512_bf16": False, "avx512_f": True}])
def test_auto_is_fp32_without_a_trial_where_bf16_is_emulated(
    trial: Trial, known: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_capabilities", lambda: known)
    assert resolve(AUTO).precision == "fp32"
    assert trial.count == 0


@pytest.mark.parametrize("name", ["avx512_bf16", "amx_bf16", "bf16", "sve_bf16"])
def test_any_native_bf16_makes_auto_try_it(trial: Trial, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_capabilities", lambda: {name: True})
    assert resolve(AUTO).precision == "bf16"
    assert trial.count == 2


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_precision_that_was_asked_for_is_not_tried(trial: Trial, precision: Any) -> None:
    assert resolve(TrainConfig(precision=precision)).precision == precision
    assert trial.count == 0


def test_the_trial_is_remembered(trial: Trial, memory: Path) -> None:
    assert (bf16_speed_up(CPU), trial.count) == (2.0, 2)
    trial.seconds = {"fp32": 1.0, "bf16": 2.0}
    assert (bf16_speed_up(CPU), trial.count) == (2.0, 2)
    assert list(json.loads(memory.read_text()).values()) == [2.0]
    assert [path.name for path in memory.parent.iterdir()] == ["precision.json"]
    memory.unlink()
    assert (bf16_speed_up(CPU), trial.count) == (0.5, 4)


@pytest.mark.usefixtures("threads_restored")
def test_another_number_of_threads_is_tried_anew_and_the_first_is_kept(trial: Trial, memory: Path) -> None:
    torch.set_num_threads(1)
    assert bf16_speed_up(CPU) == 2.0
    torch.set_num_threads(2)
    trial.seconds = {"fp32": 3.0, "bf16": 1.0}
    assert bf16_speed_up(CPU) == 3.0
    torch.set_num_threads(1)
    assert bf16_speed_up(CPU) == 2.0
    assert len(json.loads(memory.read_text())) == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[]", b"null", b"1", b'{"a": null}', b'{"a": "fast"}', b'{"a": [1]}'],
)
def test_a_damaged_memory_is_ignored_and_replaced(
    trial: Trial, memory: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    memory.parent.mkdir()
    memory.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert bf16_speed_up(CPU) == 2.0
        assert "precision.json is ignored" in caplog.text
        caplog.clear()
        assert (bf16_speed_up(CPU), trial.count) == (2.0, 2)
        assert caplog.text == ""


def test_a_memory_that_can_not_be_written_is_no_error(
    trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file" / "cache"))
    with caplog.at_level(logging.WARNING):
        assert (bf16_speed_up(CPU), bf16_speed_up(CPU), trial.count) == (2.0, 2.0, 4)
    assert "can't be written" in caplog.text


def test_the_trial_itself_gives_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRIAL_BATCH", 2)
    monkeypatch.setattr(module, "TRIAL_STEPS", 1)
    assert 0 < bf16_speed_up(CPU) < 1000


@pytest.mark.usefixtures("threads_restored")
def test_threads_are_set_and_denormals_are_flushed() -> None:
    tiny = torch.tensor([1e-40])
    torch.set_flush_denormal(False)
    assert (tiny * 1).item() > 0
    set_up_threads(2)
    assert torch.get_num_threads() == 2
    assert (tiny * 1).item() == 0
    set_up_threads(1)
    assert torch.get_num_threads() == 1


@pytest.mark.usefixtures("threads_restored")
def test_threads_are_those_of_the_environment_or_one_for_each_core(monkeypatch: pytest.MonkeyPatch) -> None:
    for asked, expected in (("3", 3), ("", 5), ("many", 5), ("0", 5)):
        monkeypatch.setenv("OMP_NUM_THREADS", asked)
        monkeypatch.setattr(os, "cpu_count", lambda: 5)
        set_up_threads()
        assert torch.get_num_threads() == expected


def test_the_precision_is_that_of_the_forward_pass() -> None:
    matrix = torch.ones(2, 2)
    for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        with Machine(CPU, 1, precision).autocast:
            assert (matrix @ matrix).dtype == dtype


def test_the_machine_and_its_versions_have_names() -> None:
    assert Machine(CPU, 1, "fp32").device_name
    assert versions()["torch"] == torch.__version__
    assert set(versions()) == {"resnet_viz", "torch", "python"}
