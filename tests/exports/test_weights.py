import io
import zipfile
from pathlib import Path

import pytest

from resnet_viz.exports import ExportError
from resnet_viz.exports.weights import weights_zip
from tests.exports.made import exported


def test_every_file_is_in_the_zip(tmp_path: Path) -> None:
    files = (tmp_path / "arm0.safetensors", tmp_path / "arm1.safetensors")
    for file in files:
        file.write_bytes(file.name.encode())
    with zipfile.ZipFile(io.BytesIO(weights_zip(exported(weights=files)))) as archive:
        assert archive.namelist() == ["arm0.safetensors", "arm1.safetensors"]
        assert archive.read("arm1.safetensors") == b"arm1.safetensors"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"origin": "recorded"}, "ship with the project come without weights"),
        ({"status": "running"}, "kept when a run has come to its end"),
        ({"status": "failed"}, "No weights of this run are kept"),
    ],
)
def test_without_weights_a_sentence_says_why(given: dict[str, str], says: str) -> None:
    with pytest.raises(ExportError, match=says):
        weights_zip(exported(**given))


def test_weights_that_were_just_deleted_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="can't be read"):
        weights_zip(exported(weights=(tmp_path / "arm0.safetensors",)))
