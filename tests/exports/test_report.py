"""The report: everything in it, nothing from outside, and text stays text."""

import json
from html.parser import HTMLParser

import pytest

from resnet_viz import charts
from resnet_viz.exports import report
from resnet_viz.exports.report import report_html
from resnet_viz.records import Epoch
from tests.exports.made import CONFIG, SAID, exported
from tests.factories import started

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=alert(1)>{{ 7*7 }}"


class Page(HTMLParser):
    """The elements of a page, its text, and what its scripts say."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.scripts: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] == ["script"]:
            self.scripts[-1] += data
        else:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        self.tags.append("/" + tag)


@pytest.fixture(autouse=True)
def short_plotly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real one has five million characters, which a browser's test reads."""
    monkeypatch.setattr(report, "_plotly", lambda: "")


def test_it_has_sentences_charts_numbers_and_how_to_run_it_again() -> None:
    page = Page(report_html(exported(note="what I saw")))
    for words in (
        "plain-8 against residual-8", "plain-8 diverged at step 2", "what I saw", "chance is 2.30",
        "After step 1: the learning rate is 0.5 times", "all arms see the same images", "The nets differ in: shortcut",
        "a processor, 2 threads, fp32", "torch 2.9.0", "2026-01-02T03:04:06.500", "python -m resnet_viz train",
        "from resnet_viz.training import train", "Synthetic pictures", '"width": 4', "64 images of shapes",
    ):  # fmt: skip
        assert words in page.text, words
    assert json.loads(page.scripts[0]) == [
        charts.loss_figure(exported().snapshot), charts.error_figure(exported().snapshot),
        charts.gradient_now_figure(exported().snapshot), charts.gradient_heat_figure(exported().snapshot),
    ]  # fmt: skip
    assert page.tags.count("figure") == 4
    assert ("lang", "en") in page.attributes
    assert {"header", "main", "footer"} <= set(page.tags)


def test_it_asks_nothing_of_any_other_place() -> None:
    page = Page(report_html(exported()))
    assert not [name for name, _ in page.attributes if name in ("src", "href", "srcset", "action")]
    policy = next(value for name, value in page.attributes if name == "content" and "default-src" in str(value))
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "url(" not in report_html(exported())


@pytest.mark.parametrize("field", ["name", "note", "message"])
def test_what_a_person_wrote_stays_text(field: str) -> None:
    harmless, hostile = (Page(report_html(exported(**{field: text}))) for text in ("words", HOSTILE))
    assert hostile.tags == harmless.tags
    assert hostile.scripts == harmless.scripts
    assert HOSTILE in hostile.text


def test_text_within_a_figure_does_not_end_its_script(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = {"data": [], "layout": {"title": HOSTILE + "<!--"}}
    monkeypatch.setattr(report, "_CHARTS", (("title", "alt", 1, lambda _: figure),))
    page = Page(report_html(exported()))
    assert len(page.scripts) == 3
    assert "<" not in page.scripts[0]
    assert json.loads(page.scripts[0]) == [figure]


def test_a_script_can_not_end_the_element_that_it_stands_in() -> None:
    assert report.inline("'</script>' + '<!--' + '</p>'") == "'<\\/script>' + '<\\!--' + '</p>'"


def test_a_run_that_has_not_begun_has_no_charts_and_says_so() -> None:
    page = Page(report_html(exported([], status="queued", started=None, ended=None)))
    assert page.scripts == []
    assert "Nothing is measured yet" in page.text
    assert "still going (queued)" in page.text
    assert "Errors of each epoch" not in page.text


def test_a_run_without_an_evaluation_or_a_probe_has_no_empty_table() -> None:
    said = [record for record in SAID if not isinstance(record, Epoch) and record.kind != "gradients"]
    page = Page(report_html(exported(said, status="stopped")))
    assert "Numbers" not in page.text
    assert "This run is stopped." in page.text
    assert "until there its numbers are the same" in page.text


def test_a_finished_run_is_not_called_going() -> None:
    page = Page(report_html(exported()))
    assert "still going" not in page.text
    assert "goes on to its end" not in page.text


def test_only_started() -> None:
    page = Page(report_html(exported([started(CONFIG)], status="running", ended=None)))
    assert "a processor" in page.text
    assert page.scripts == []
