"""The weights of a run: a zip of safetensors files, one for each arm that was kept."""

import io
import zipfile

from resnet_viz.exports.run import Exported, ExportError, Facts
from resnet_viz.records import ACTIVE


def weights_zip(run: Exported) -> bytes:
    """All files of weights of the run.

    Raises:
        ExportError: there are none, or they can't be read.
    """
    if not run.weights:
        raise ExportError(no_weights_sentence(run.facts))
    packed = io.BytesIO()
    try:
        with zipfile.ZipFile(packed, "w") as archive:  # stored as they are: noise does not compress
            for path in run.weights:
                archive.write(path, path.name)
    except OSError as error:
        raise ExportError("The weights can't be read. They may have just been deleted.") from error
    return packed.getvalue()


def no_weights_sentence(facts: Facts) -> str:
    """Why a run has none."""
    if facts.origin == "recorded":
        return "Runs that ship with the project come without weights. Run it again to have them."
    if facts.status in ACTIVE:
        return "Weights are kept when a run has come to its end, or is stopped."
    return "No weights of this run are kept: only one that came to its end, or was stopped, leaves any."
