"""Exports: a run in (or several, into a table), a file out. Pure functions of facts and records.

No torch, no Streamlit, no engine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from resnet_viz.exports.events import event_files
from resnet_viz.exports.report import report_html
from resnet_viz.exports.reproduce import command_text, script_text
from resnet_viz.exports.run import Exported, ExportError, file_name
from resnet_viz.exports.tables import epochs_csv, gradients_csv, json_document, steps_csv
from resnet_viz.exports.weights import weights_zip

__all__ = ["FORMATS", "ExportError", "Exported", "Format", "file_name"]


@dataclass(frozen=True)
class Format:
    """One form in which a run can be saved."""

    ending: str  # of the file's name; no two formats have the same
    mime: str
    build: Callable[[Exported], str | bytes]  # raises ExportError

    def content(self, run: Exported) -> bytes:
        """The file."""
        built = self.build(run)
        return built if isinstance(built, bytes) else built.encode()


FORMATS: Mapping[str, Format] = {
    "html": Format(".html", "text/html", report_html),
    "steps": Format("-steps.csv", "text/csv", steps_csv),
    "epochs": Format("-epochs.csv", "text/csv", epochs_csv),
    "gradients": Format("-gradients.csv", "text/csv", gradients_csv),
    "json": Format(".json", "application/json", json_document),
    "tensorboard": Format("-tensorboard.zip", "application/zip", event_files),
    "weights": Format("-weights.zip", "application/zip", weights_zip),
    "command": Format(".sh", "text/x-shellscript", command_text),
    "script": Format(".py", "text/x-python", script_text),
}
