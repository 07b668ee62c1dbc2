"""Whether a page fits on a phone: the part of it that scrolls is not the document."""

from playwright.sync_api import Page


def overhang(page: Page) -> int:
    """Pixels by which the page is wider than the window, so that it scrolls sideways."""
    return int(
        page.evaluate(
            """() => Math.max(...[document.documentElement, document.querySelector("[data-testid=stMain]")]
                .map(part => part.scrollWidth - part.clientWidth))"""
        )
    )
