from html.parser import HTMLParser

from resnet_viz.charts.summary import Note, summary_html

TITLES = {"block": "One block", "race": "Race", "family": "The family"}


class Reader(HTMLParser):
    """Tags and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def summary(*notes: Note) -> Reader:
    return Reader(summary_html(notes, TITLES, "2026-01-02", "an abacus"))


def test_every_note_stands_under_its_lesson_in_the_order_of_the_path() -> None:
    page = summary(Note("race", "Which?", "plain", "residual", "It was lower."), Note("block", "What?", "x", "x"))
    assert page.text.index("One block") < page.text.index("Race")
    assert "The family" not in page.text
    assert "2 questions answered, 1 of 2 as measured" in " ".join(page.text.split())
    assert "(not so: residual)" in page.text
    assert "It was lower." in page.text
    assert "2026-01-02" in page.text
    assert "an abacus" in page.text


def test_what_is_not_yet_measured_is_neither_right_nor_wrong() -> None:
    page = summary(Note("race", "Which?", "plain"))
    assert "1 question answered, 0 of 0" in " ".join(page.text.split())
    assert "(right)" not in page.text
    assert "not so" not in page.text


def test_once_the_right_answer_was_shown_the_first_one_counts() -> None:
    asked, answered = Note("race", "Which?", "a"), Note("race", "Which?", "b", "c")
    assert answered.following(asked) == answered  # nothing was shown yet
    third = Note("race", "Which?", "c", "c").following(answered)
    assert (third.said, third.later, third.is_right) == ("b", ("c",), False)
    assert Note("race", "Which?", "c", "c").following(third) == third  # the page was drawn again
    assert "b, then c" in " ".join(summary(third).text.split())


def test_what_was_measured_is_no_answer() -> None:
    page = summary(Note("race", "A race", "It ended.", is_question=False), Note("race", "Which?", "x", "x"))
    assert "1 question answered, 1 of 1" in " ".join(page.text.split())
    assert "It ended." in page.text


def test_markup_in_a_note_stays_text() -> None:
    page = summary(Note("race", "<script>alert(1)</script>", "<img src=x onerror=y>", "&", "<b>"))
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert "b" not in page.tags
    assert "<script>alert(1)</script>" in page.text
