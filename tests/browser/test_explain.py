"""The page Explain in a real browser: a picture goes in, maps come out, files are taken home."""

from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from resnet_viz.places import sample_picture
from tests.browser.phone import overhang
from tests.browser.rest import rest

WAIT_MS = 60_000  # the worker that explains starts with the first visitor
TOP = "[class*='st-key-top'] .live-plot"


def open_page(page: Page, server: str) -> None:
    page.goto(f"{server}/explain")
    expect(page.get_by_text("What the model saw")).to_be_visible(timeout=WAIT_MS)


def drawn(page: Page, caption: str) -> Locator:
    """The picture with a caption that begins so."""
    return page.locator("[data-testid=stImage]").filter(has_text=caption).locator("img")


def content(picture: Locator) -> np.ndarray[Any, Any]:
    """Pixels of a picture on the page, (H, W, 3); its address holds the file."""
    with urlopen(picture.get_attribute("src") or "") as answer:
        return np.asarray(Image.open(answer).convert("RGB"))


def download(page: Page, kind: str, folder: Path) -> Path:
    rest(page)
    with page.expect_download(timeout=WAIT_MS) as started:
        page.get_by_role("button", name=kind, exact=True).first.click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def test_an_uploaded_picture_is_explained_and_both_files_are_taken_home(
    page: Page, server: str, console: list[str], tmp_path: Path
) -> None:
    open_page(page, server)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(sample_picture("camera man"))
    expect(page.get_by_text("EfficientNet-Lite0 says tripod")).to_be_visible(timeout=WAIT_MS)
    page.wait_for_function(f'document.querySelector("{TOP}")?.data?.[0].y.length === 5', timeout=WAIT_MS)
    coarse = drawn(page, "What was measured: 7 x 7")
    expect(coarse).to_be_visible(timeout=WAIT_MS)
    before = content(drawn(page, "Grad-CAM for tripod"))

    slider = page.get_by_role("slider", name="Layer, from the picture to the class").first
    for _ in range(6):
        slider.press("ArrowLeft")
    expect(drawn(page, "What was measured: 14 x 14")).to_be_visible(timeout=WAIT_MS)
    after = content(drawn(page, "Grad-CAM for tripod"))
    assert before.shape == after.shape == (224, 224, 3)
    assert (before != after).mean() > 0.5

    with Image.open(download(page, "PNG", tmp_path)) as overlay:
        np.testing.assert_array_equal(np.asarray(overlay), after)
    with np.load(download(page, "NPZ", tmp_path), allow_pickle=False) as arrays:
        assert (arrays["map"].shape, arrays["grid"].shape, arrays["view"].shape) == (
            (224, 224),
            (14, 14),
            (224, 224, 3),
        )
    assert console == []


@pytest.mark.thorough
def test_a_bad_file_is_one_sentence_and_nothing_breaks(
    page: Page, server: str, console: list[str], tmp_path: Path
) -> None:
    open_page(page, server)
    bad = tmp_path / "bad.png"
    bad.write_text("<svg onload='alert(1)'/>")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(bad)
    expect(page.get_by_text("no JPEG, PNG or WEBP")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert console == []


@pytest.mark.thorough
def test_a_pasted_picture_is_explained(page: Page, server: str) -> None:
    open_page(page, server)
    picture = sample_picture("rocket").read_bytes()
    page.get_by_test_id("stChatInputTextArea").evaluate(
        """(area, bytes) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "pasted.jpg", { type: "image/jpeg" }));
            area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        list(picture),
    )
    page.get_by_test_id("stChatInputSubmitButton").click()
    expect(page.get_by_role("button", name="Forget pasted pictures")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("EfficientNet-Lite0 says missile")).to_be_visible(timeout=WAIT_MS)


@pytest.mark.thorough
def test_what_takes_long_shows_how_far_it_is(page: Page, server: str) -> None:
    open_page(page, server)
    page.get_by_role("button", name="Make this map").first.click()
    expect(page.get_by_text("images through the net").first).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("Integrated Gradients for espresso")).to_be_visible(timeout=WAIT_MS)


@pytest.mark.thorough
def test_the_page_fits_a_phone(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, server)
    assert overhang(page) <= 0
