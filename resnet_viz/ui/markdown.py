"""What a visitor wrote, on its way into a place that reads Markdown."""

import re

_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:^=&\"'])")


def plain(text: str) -> str:
    """The text such that Markdown shows it letter by letter, on one line."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
