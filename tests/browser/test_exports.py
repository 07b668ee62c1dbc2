"""Each export as a visitor has it: asked for on the page, saved by the browser, opened by what it is made for."""

import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page
from safetensors import safe_open
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from resnet_viz.ui.export_view import BUTTONS
from tests.browser.rest import rest
from tests.browser.test_every_page import problems
from tests.browser.test_race import STEPS, WAIT_MS, start, stop
from tests.waiting import until

pytestmark = pytest.mark.thorough

CHARTS = "document.querySelectorAll('.chart .main-svg').length >= 8"  # two layers in each of the four


@pytest.fixture(scope="module")
def files(browser: Browser, server: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every file that the menu of a race offers, by the name of its format."""
    page = browser.new_page(viewport={"width": 1280, "height": 1100})
    start(page, server)
    page.wait_for_function(f"({STEPS})() >= 3", timeout=3 * WAIT_MS)
    stop(page)
    rest(page)
    page.get_by_role("button", name="Export").click()
    folder = tmp_path_factory.mktemp("exports")
    saved = {}
    for name, (label, *_) in BUTTONS.items():
        with page.expect_download(timeout=WAIT_MS) as download:
            page.get_by_role("button", name=label).click()
        saved[name] = folder / download.value.suggested_filename
        download.value.save_as(saved[name])
    assert problems(page) == []  # with the menu open
    page.close()
    return saved


def test_files_have_the_name_of_the_run(files: dict[str, Path]) -> None:
    run = files["json"].stem
    assert run.startswith("resnet-viz-")
    assert {path.name.removeprefix(run) for path in files.values()} == {
        ".html", "-steps.csv", "-epochs.csv", "-gradients.csv", ".json", "-tensorboard.zip", "-weights.zip",
    }  # fmt: skip


def test_tables_open_in_pandas(files: dict[str, Path]) -> None:
    steps, epochs, gradients = (pd.read_csv(files[name]) for name in ("steps", "epochs", "gradients"))
    assert set(steps.net) == {"plain-14", "residual-14"}
    assert steps.groupby("net").step.apply(list).map(lambda numbers: numbers == list(range(1, len(numbers) + 1))).all()
    assert steps.loss_nats.between(0, 100).all()
    assert gradients.block.nunique() == 8
    assert list(epochs.columns)[-1] == "test_error_fraction"


def test_event_files_open_in_tensorboard(files: dict[str, Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(files["tensorboard"]) as archive:
        archive.extractall(tmp_path)
    arms = sorted(path.name for path in tmp_path.iterdir())
    assert arms == ["1_plain-14", "2_residual-14"]
    for arm in arms:
        losses = EventAccumulator(str(tmp_path / arm)).Reload().Scalars("batch/loss_nats")
        assert [event.step for event in losses] == pd.read_csv(files["steps"]).step.unique().tolist()


def test_weights_are_safetensors(files: dict[str, Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(files["weights"].read_bytes())) as archive:
        archive.extractall(tmp_path)
    for arm in (0, 1):
        with safe_open(tmp_path / f"arm{arm}.safetensors", "numpy") as tensors:
            assert len(list(tensors.keys())) > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_stands_alone(files: dict[str, Path], page: Page, console: list[str], scheme: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.set_offline(True)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(files["html"].as_uri())
    until(lambda: page.evaluate(CHARTS))  # no wait_for_function: the page's policy forbids what it does
    assert page.title() == "plain-14 against residual-14 · resnet-viz"
    assert [address for address in asked if not address.startswith(("file:", "data:", "blob:"))] == []
    assert problems(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    until(lambda: page.evaluate("document.documentElement.scrollWidth <= 390"))  # charts take their new width in turn
    assert console == []
