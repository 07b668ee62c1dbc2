"""Event files as TensorBoard's own reader reads them."""

import io
import math
import socket
import zipfile
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import HISTOGRAMS, EventAccumulator

from resnet_viz.exports import ExportError
from resnet_viz.exports import events as exports_events
from resnet_viz.exports.events import began_at, event_files, events
from tests.exports.made import SAID, exported

STARTED = 1767323046.5  # 2026-01-02T03:04:06.5 UTC


@pytest.fixture(scope="module")
def packed() -> bytes:
    return event_files(exported())


@pytest.fixture
def arms(packed: bytes, tmp_path: Path) -> list[EventAccumulator]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path)
    read = [EventAccumulator(str(folder), {HISTOGRAMS: 0}) for folder in sorted(tmp_path.iterdir())]
    return [arm.Reload() for arm in read]


def test_a_folder_for_each_arm_that_names_no_host(packed: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = archive.namelist()
    assert names == ["1_plain-8/events.out.tfevents.abc123", "2_residual-8/events.out.tfevents.abc123"]
    assert socket.gethostname().encode() not in packed


def test_values_steps_and_times_are_those_of_the_records(arms: list[EventAccumulator]) -> None:
    plain, residual = arms
    loss = residual.Scalars("batch/loss_nats")
    assert [event.step for event in loss] == [1, 2]
    assert [event.value for event in loss] == pytest.approx([1 / 3, 0.25])
    assert [event.wall_time for event in loss] == pytest.approx([STARTED + 1, STARTED + 2], abs=1e-3)
    assert residual.Scalars("epoch/train_error_percent")[0].value == 25
    assert plain.Scalars("learning_rate")[0].value == pytest.approx(0.1)
    assert "epoch/train_error_percent" not in plain.Tags()["scalars"]  # it diverged before


def test_what_was_not_finite_is_a_nan_and_not_left_out(arms: list[EventAccumulator]) -> None:
    first, second = arms[0].Scalars("batch/loss_nats")
    assert first.value == 2.25
    assert math.isnan(second.value)


def test_gradients_are_four_curves_and_one_histogram(arms: list[EventAccumulator]) -> None:
    tags = arms[0].Tags()
    curves = [tag for tag in tags["scalars"] if tag.startswith("gradient_norm/")]
    values = [arms[0].Scalars(tag)[0].value for tag in sorted(curves)]
    assert values == [1.0, 0.5, 2.0, 4.0]
    (histogram,) = tags["histograms"]
    found = arms[0].Histograms(histogram)[0]
    assert found.step == 1
    assert found.histogram_value.num == 2  # a norm of zero has no logarithm
    assert found.histogram_value.min == pytest.approx(math.log10(0.5))


def test_without_the_package_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports_events, "can_write", lambda: False)
    with pytest.raises(ExportError, match="pip install"):
        event_files(exported())


def test_a_writer_that_fails_is_one_sentence_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho Traceback >&2\necho 'OSError: No space left' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(exports_events.sys, "executable", str(program))
    with pytest.raises(ExportError, match=r"could not be written \(OSError: No space left\)"):
        event_files(exported())
    assert "Traceback" in caplog.text


def test_times_are_those_of_the_clock_also_where_the_run_took_a_while_to_prepare() -> None:
    prepared = [record.model_copy(update={"wall_s": record.wall_s + 1.25}) for record in SAID]
    assert began_at(exported(prepared)) == pytest.approx(STARTED - 1.25)
    assert next(iter(events(exported(prepared)))).wall_time == pytest.approx(STARTED + 1)
    assert began_at(exported(prepared, started=None)) == pytest.approx(STARTED - 1.5)  # when it was asked for
