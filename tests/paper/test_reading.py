from resnet_viz.paper import curves, reading
from resnet_viz.paper.curves import BEFORE_DROP, LAST


def test_the_sentence_says_what_depth_does_in_a_window() -> None:
    before = reading.order_sentence("train", BEFORE_DROP)
    assert "plain-20 < plain-32 < plain-44 < plain-56 (the deeper, the worse)" in before
    assert "ResNet-56 < ResNet-44 < ResNet-32 < ResNet-20 (the deeper, the better)" in before
    end = reading.order_sentence("train", LAST)
    assert "plain-32 < plain-20 < plain-44 < plain-56 (depth does not order them)" in end
    assert "the deeper, the worse" not in end
    assert reading.order_sentence("test", LAST).startswith("Test error from 60k to 64k: plain-20 < plain-32")


def test_nets_outside_the_frame_are_named_and_not_ordered() -> None:
    early = reading.order_sentence("train", (10, 12))
    assert (
        "plain-20 < plain-32; not drawn in all of it, since the frame ends at 20 % and some curves end early" in early
    )
    assert "end early: plain-44, plain-56;" in early
    assert "the deeper, the worse" not in early


def test_the_end_is_read_with_care() -> None:
    sentence = reading.end_sentence()
    assert "plain-32 has the lowest training error of the plain nets: 1.27 %, before plain-20 with 1.39 %" in sentence
    assert "plain-110 is not drawn at all: its error is “higher than 60%”" in sentence


def test_curves_that_end_early_are_named() -> None:
    sentence = reading.early_sentence()
    assert "drawn: ResNet-44 (train) at 63k, ResNet-1202 (train) at 63k, ResNet-1202 (test) at 63k." in sentence
    assert "plain" not in sentence


def test_the_deepest_net_is_told_with_the_papers_reading_and_a_repetition() -> None:
    sentence = reading.deepest_sentence()
    assert "ResNet-1202 came to **7.93 %** test error, after **6.43 %** with 110 layers (best of 5 runs" in sentence
    assert "With a training error below 0.1 % (section 4.2), the authors see no difficulty of optimisation" in sentence
    assert "overfitting: 19.4 million parameters" in sentence
    assert "their reading, not something they tested" in sentence
    assert "Idelbayev's repetition, 1202 layers came to 6.18 %, after 6.32 % with 110" in sentence


def test_the_check_of_the_method_is_computed() -> None:
    sentence = reading.check_sentence()
    assert "ResNet-20 8.78 / 8.75" in sentence
    assert "largest difference 0.04 points" in sentence


def test_means_follow_the_window() -> None:
    rows = {row["net"]: row for row in reading.window_rows(BEFORE_DROP)}
    assert rows["plain-56"]["train, 26k to 31k, %"] == "17.01"
    assert rows["ResNet-1202"]["train, 26k to 31k, %"] == reading.NOT_THERE
    moved = {row["net"]: row for row in reading.window_rows((40, 45))}
    assert moved["plain-56"]["train, 40k to 45k, %"] != "17.01"
    assert moved["plain-56"]["test, last point, %"] == rows["plain-56"]["test, last point, %"] == "13.23"


def test_statistics_of_layers() -> None:
    rows = {row["net"]: row for row in reading.response_rows(list(curves.responses("original").values()))}
    assert (rows["ResNet-56"]["mean"], rows["plain-56"]["mean"]) == ("1.13", "1.51")
    assert rows["plain-20"]["layers read"] == "18 of 19"
    assert "0 of 9 blocks of the third stage" in reading.second_sentence(curves.responses("original")["ResNet-56"])


def test_reproductions_stand_beside_the_paper_with_their_caveats() -> None:
    rows = {row["net"]: row for row in reading.reproduction_rows()}
    assert rows["ResNet-20"]["parameters, option A"] == "269,722"
    assert rows["ResNet-110"]["He 2015, %"] == "6.43; 6.61 ± 0.16"
    assert rows["ResNet-1202"]["Wilber 2016, %"] == "none"
    assert rows["ResNet-1202"]["parameters, option A"] == "19,421,274"
    assert "6.61" not in rows["ResNet-110"]["Idelbayev 2018, %"]
    assert not any(column.startswith(("Sun", "Srivastava", "Zagoruyko", "He 2016")) for column in rows["ResNet-20"])
    said = dict(reading.caveats())
    assert len(said) == 4
    assert any("best epoch on test" in caveat for caveat in said.values())
    assert any("not the paper's net" in caveat for caveat in said.values())
