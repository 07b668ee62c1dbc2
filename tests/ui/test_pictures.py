from pathlib import Path

import pytest

from resnet_viz.ui.pictures import MAX_NAME, Shown


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("my dog-2.png", "my dog-2.png"),
        ("![x](//evil.test/x.png)", "xevil.testx.png"),
        ("**_`$:red[a]", "reda"),
        ("<b>", "b"),
        ("???", "a picture"),
    ],
)
def test_a_name_within_a_sentence_has_no_marks(name: str, plain: str) -> None:
    assert Shown(name, Path("a")).plain_name == plain


def test_a_long_name_is_cut() -> None:
    assert len(Shown("x" * 500, Path("a")).plain_name) == MAX_NAME
