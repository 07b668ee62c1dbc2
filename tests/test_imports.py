"""What the server loads."""

import subprocess
import sys

from resnet_viz.engine.launcher import ROOT

FORBIDDEN = ("torch", "torchvision", "captum")


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}; import sys; sys.stdout.write(' '.join(name for name in sys.modules if '.' not in name))"
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=True)
    return set(done.stdout.split())


def test_the_server_never_imports_torch() -> None:
    modules = loaded_by("import app, resnet_viz.ui.race_form, resnet_viz.ui.race_view, resnet_viz.ui.data_notice")
    assert "streamlit" in modules
    assert not modules & set(FORBIDDEN)


def test_the_command_line_imports_neither_torch_nor_streamlit() -> None:
    modules = loaded_by("import resnet_viz.__main__")
    assert "click" in modules
    assert not modules & {*FORBIDDEN, "streamlit"}
