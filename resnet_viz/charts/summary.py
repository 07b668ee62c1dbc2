"""What a visitor tried, as one HTML page that stands alone: for a teacher, or for a folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from jinja2 import Environment


@dataclass(frozen=True)
class Note:
    """One thing that was tried: a question that was answered, or something that was measured."""

    lesson: str  # key
    asked: str  # the question, or what was measured
    said: str  # what the visitor chose first, or what came out
    truth: str | None = None  # the right answer, once it is known
    because: str = ""
    is_question: bool = True
    later: tuple[str, ...] = ()  # what the visitor chose afterwards, having seen the right answer

    @property
    def is_right(self) -> bool:
        """Whether the first answer was."""
        return self.said == self.truth

    @property
    def latest(self) -> str:
        return self.later[-1] if self.later else self.said

    def following(self, before: "Note | None") -> "Note":
        """This answer, given after another one: once the right answer was shown, the first one counts."""
        if before is None or before.truth is None:
            return self
        more = () if self.said == before.latest else (self.said,)
        return replace(self, said=before.said, later=(*before.later, *more))


_PAGE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>resnet-viz: what was tried</title>
<style>
body { font: 16px/1.5 sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1b2733; }
h2 { border-bottom: 1px solid #ccd; padding-bottom: .2rem; } dt { font-weight: bold; margin-top: 1rem; }
dd { margin: 0; } .right { color: #00694b; } .wrong { color: #a04400; } footer { margin-top: 3rem; color: #556; }
</style>
</head>
<body>
<h1>What was tried</h1>
<p>{{ answered }} question{{ "" if answered == 1 else "s" }} answered, {{ right }} of {{ known }} as measured or
documented; the first answer counts. Made {{ made }}.</p>
{% for title, notes in lessons %}
<h2>{{ title }}</h2>
<dl>
{% for note in notes %}
<dt>{{ note.asked }}</dt>
<dd>{{ note.said }}{% for answer in note.later %}, then {{ answer }}{% endfor %}

{% if note.truth is not none %}
{% set mark, word = ("right", "(right)") if note.is_right else ("wrong", "(not so: " ~ note.truth ~ ")") %}
<span class="{{ mark }}">{{ word }}</span>
{% endif %}</dd>
{% if note.because %}
<dd>{{ note.because }}</dd>
{% endif %}
{% endfor %}
</dl>
{% endfor %}
<footer>{{ machine }}</footer>
</body>
</html>
""")


def summary_html(notes: Sequence[Note], titles: Mapping[str, str], made: str, machine: str) -> str:
    """One HTML page; whatever a visitor wrote or chose stands in it as text.

    Args:
        titles: key of a lesson to its title, in the order of the path.
        made: when, in words.
        machine: what measured.
    """
    lessons = [
        (title, kept) for key, title in titles.items() if (kept := [note for note in notes if note.lesson == key])
    ]
    known = [note for note in notes if note.truth is not None]
    answered = sum(note.is_question for note in notes)
    return _PAGE.render(
        lessons=lessons, answered=answered, known=len(known), right=sum(note.is_right for note in known), made=made,
        machine=machine,
    )  # fmt: skip
