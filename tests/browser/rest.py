"""When a page is at rest: what it offers to download belongs to its last run, and the files of older runs are gone."""

from playwright.sync_api import Page, expect


def rest(page: Page, timeout_ms: float = 60_000) -> None:
    """Wait until no run of the page goes on."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=timeout_ms)
