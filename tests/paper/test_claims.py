import pytest

from resnet_viz.paper import claims
from resnet_viz.paper.claims import CLAIMS


def test_the_like_for_like_pair_shares_all_but_the_net() -> None:
    top1, top5 = claims.like_for_like()
    for pair in (top1, top5):
        assert pair.plain.axis == pair.residual.axis
        assert pair.plain.depth == pair.residual.depth == 34
        assert (pair.plain.shortcut, pair.residual.shortcut) == ("none", "A")
    assert top1.difference == pytest.approx(-3.51)
    assert top5.difference == pytest.approx(-2.26)


def test_the_circulating_pair_does_not_share_a_protocol() -> None:
    assert claims.circulating_gap() == pytest.approx(-1.82)
    said = {claim.net: claim for claim in CLAIMS}
    assert said["plain-34"].printed == []
    assert {r.protocol for r in said["ResNet-34"].printed if r.net.startswith("ResNet-34")} == {"multi-scale"}


def test_every_verdict_follows_from_what_is_printed() -> None:
    for claim in CLAIMS:
        own = [r for r in claim.printed if r.net.startswith(claim.family)]
        if claim.verdict == "unsupported":
            assert claim.printed == []
        elif claim.verdict == "wrong label":
            assert own
            assert all(claim.net not in r.net for r in own)
            assert {r.split for r in own} == {"test"}
        elif claim.verdict == "supported":
            assert [r.split for r in own] == ["validation"]
        else:
            assert own
            assert not {r.axis for r in own} & {pair.plain.axis for pair in claims.like_for_like()}


def test_the_table_has_a_row_for_each_place_of_a_number() -> None:
    rows = claims.claim_rows()
    assert [row["net"] for row in rows].count("ResNet-34") == 3
    assert [row["printed for"] for row in rows if row["net"] == "plain-34"] == ["nothing"]
    (ensemble,) = (row for row in rows if row["circulates, %"] == "3.57")
    assert (ensemble["table"], ensemble["protocol"], ensemble["split"]) == ("Table 5", "ensemble", "test")


def test_all_that_the_paper_prints_of_plain_34_is_one_top_5_error() -> None:
    (claim,) = (claim for claim in CLAIMS if claim.net == "plain-34")
    assert [r.printed for r in claim.family_printed] == ["10.02"]
