"""TensorBoard event files: a folder for each arm, so that TensorBoard lays the arms over each other.

What goes in is chosen here; tensorboardX writes it, in a process of its own: it imports torch where it can, and the
server never does. Step is the step and wall time the real time. A value that was not finite is a NaN, which TensorBoard
marks. Of the gradient norms, four are curves and all blocks are one histogram: a curve a block would be hundreds.
"""

import io
import json
import logging
import math
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from resnet_viz.exports.run import Exported, ExportError
from resnet_viz.records import Epoch, Gradients, Started, Step

LIMIT_S = 600.0
MISSING = (
    "TensorBoard's event files are written by tensorboardX, which is not installed here. "
    'Install it with: pip install "tensorboardX>=2.6.4,<3"'
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """What one record says of one arm: values by tag, and perhaps the values of a histogram."""

    arm: int
    step: int
    wall_time: float  # seconds since 1970
    values: dict[str, float | None]
    histogram: dict[str, list[float]] = field(default_factory=dict)


def can_write() -> bool:
    """Whether the package that writes event files is installed."""
    return find_spec("tensorboardX") is not None


def events(run: Exported) -> Iterator[Event]:
    """What TensorBoard shall show, in the order of the records."""
    began = began_at(run)
    for record in run.records:
        if isinstance(record, Step | Epoch | Gradients):
            histogram = _histogram(record) if isinstance(record, Gradients) else {}
            yield Event(record.arm, record.step, began + record.wall_s, _values(record), histogram)


def began_at(run: Exported) -> float:
    """The moment from which its records count their seconds; seconds since 1970."""
    if run.facts.started is None:
        return datetime.fromisoformat(run.facts.created).timestamp()
    preparing = next((record.wall_s for record in run.records if isinstance(record, Started)), 0.0)
    return datetime.fromisoformat(run.facts.started).timestamp() - preparing


def event_files(run: Exported) -> bytes:
    """A zip of event files, a folder for each arm.

    Raises:
        ExportError: tensorboardX is not installed, or could not write.
    """
    if not can_write():
        raise ExportError(MISSING)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / str(arm) for arm in range(len(run.facts.config.arms))]
        _write(run, files)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for place, (label, file) in enumerate(zip(run.facts.config.labels, files, strict=True), start=1):
                name = re.sub(r"[^A-Za-z0-9.()#_-]+", "_", label)
                archive.write(file, f"{place}_{name}/events.out.tfevents.{run.facts.id}")  # names no host
    return packed.getvalue()


def _write(run: Exported, files: list[Path]) -> None:
    """Let a process write the events of each arm into its file."""
    lines = "".join(json.dumps(asdict(event)) + "\n" for event in events(run))
    command = [sys.executable, "-m", "resnet_viz.exports.event_writer", str(began_at(run)), *map(str, files)]
    root = Path(__file__).parents[2]
    try:
        subprocess.run(command, input=lines, text=True, cwd=root, timeout=LIMIT_S, check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        said = (error.stderr if isinstance(error, subprocess.CalledProcessError) else "").strip() or str(error)
        log.error("event files of run %s: %s", run.facts.id, said)
        reason = said.splitlines()[-1]
        raise ExportError(
            f"TensorBoard's event files could not be written ({reason}). The log has the details."
        ) from error


def _values(record: Step | Epoch | Gradients) -> dict[str, float | None]:
    match record:
        case Step():
            return {
                "batch/loss_nats": record.loss,
                "batch/error_percent": _percent(record.error),
                "learning_rate": record.learning_rate,
                "images_per_s": record.images_per_s,
            }
        case Epoch():
            return {
                "epoch/train_loss_nats": record.train_loss,
                "epoch/train_error_percent": _percent(record.train_error),
                "epoch/test_loss_nats": record.test_loss,
                "epoch/test_error_percent": _percent(record.test_error),
            }
        case Gradients():
            stem, *blocks, classifier = record.grad_w
            ends = {"2_first_block": blocks[0], "3_last_block": blocks[-1]} if blocks else {}
            named = {"1_stem": stem, **ends, "4_classifier": classifier}
            return {f"gradient_norm/{name}": norm for name, norm in named.items()}


def _histogram(record: Gradients) -> dict[str, list[float]]:
    """Norms span many powers of ten, so their logarithms; a norm of zero has none."""
    powers = [math.log10(norm) for norm in record.grad_w[1:-1] if norm]
    return {"gradient_norm/5_all_blocks_log10": powers} if powers else {}


def _percent(error: float | None) -> float | None:
    return None if error is None else 100 * error
