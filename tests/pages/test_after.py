import json

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.engine.manager import Manager
from resnet_viz.ui.lessons import BY_KEY
from tests.pages.honest import HonestLauncher
from tests.pages.test_race import texts

TOPICS = (
    "Pre-activation", "Highway gates", "Paths", "Stochastic depth", "Wide nets", "Concatenation", "Add & Norm",
    "ViT and Mamba", "Why degradation?",
)  # fmt: skip
FIGURES = {
    "Pre-activation": 1, "Highway gates": 1, "Paths": 1, "Stochastic depth": 1, "Wide nets": 1, "Concatenation": 1,
    "Add & Norm": 1, "ViT and Mamba": 0, "Why degradation?": 0,
}  # fmt: skip

SYMBOLS = {
    "Highway gates": ("x", "y", "H", "T", "V", "b"),
    "ViT and Mamba": ("z_l", "z'_l", "r", "h", r"\mathrm{Mixer}", r"\mathrm{LN}"),
    "Wide nets": (r"\text{depth}", "n", "w", "N"),
    "Concatenation": ("x_l", "x_0", "H_l"),
    "Add & Norm": ("x_l", "x_{l+1}", "F"),
}


@pytest.fixture
def after(app: AppTest, explaining: Manager) -> AppTest:
    app.default_timeout = 60
    app.run()
    return app.switch_page("after.py").run()


def choose(app: AppTest, topic: str) -> AppTest:
    return app.button_group(key="after_topic").set_value(topic).run()


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_opens_with_its_formula_figure_and_sources(after: AppTest, topic: str) -> None:
    choose(after, topic)
    assert not after.exception
    assert after.subheader[0].value == topic
    assert len(after.get("latex")) >= 1
    for symbol in SYMBOLS.get(topic, ()):
        assert f"${symbol}$:" in captions(after)
    assert "Sources." in texts(after)
    parts = after.get("bidi_component")
    figures = [json.loads(part.proto.json, parse_constant=pytest.fail)["figure"] for part in parts]
    assert sum(figure is not None for figure in figures) == FIGURES[topic]
    links = [link.proto.label for link in after.get("page_link")]
    assert "Next: Explain an image" in links


def test_the_scale_that_was_moved_is_measured(after: AppTest, honest: HonestLauncher) -> None:
    assert "log λ = **+0.0000**; measured with F(x) = 0: **+0.0000**" in texts(after)
    after.slider(key="after_scale").set_value(0.9).run()
    after.slider(key="after_blocks").set_value(4).run()
    assert "log λ = **-0.1054**; measured with F(x) = 0: **-0.1054**" in texts(after)
    assert "random gradient sent back" in captions(after)
    assert honest.workers == []  # no worker that trains is asked


def test_a_question_is_answered_without_waiting(after: AppTest) -> None:
    after.radio(key="quiz_after_slope").set_value("grows").run()
    assert "shrinks" in after.warning[0].value
    assert "0.15 of it is left" in after.warning[0].value
    after.radio(key="quiz_after_slope").set_value("shrinks").run()
    assert after.success[0].value.startswith("Yes.")
    assert not after.warning


def test_gates_show_both_sides_of_the_dispute(after: AppTest) -> None:
    choose(after, "Highway gates")
    assert "They harm" in texts(after)
    assert "They need not" in texts(after)
    (table,) = after.table
    assert len(table.value) == 11
    errors = dict(zip(table.value["sum"], table.value["error (%)"], strict=True))
    assert (errors["x + F(x)"], errors["F(x)"]) == ("6.61", "fail")
    assert "93.96 % against 93.75 % test accuracy" in texts(after)
    after.slider(key="after_bias").set_value(0.0).run()
    assert "6.1e-17 of the input is left" in texts(after)


def test_paths_are_counted_for_any_number_of_blocks(after: AppTest) -> None:
    choose(after, "Paths")
    assert "**98.0%** enter 19 to 35 blocks" in texts(after)
    assert "more than 95 %" in captions(after)
    after.slider(key="after_path_blocks").set_value(1).run()
    assert not after.exception
    assert "Of the 2 paths" in texts(after)
    assert "more than 95 %" not in captions(after)


def test_stochastic_depth_counts_the_blocks_that_are_kept(after: AppTest) -> None:
    choose(after, "Stochastic depth")
    assert "On average **40.25 of 54** blocks are kept" in texts(after)
    after.slider(key="after_survival").set_value(1.0).run()
    assert "**54 of 54** blocks are kept; in 100% of the steps 54 to 54" in texts(after)


def test_a_deep_net_is_traded_for_a_wide_one(after: AppTest) -> None:
    choose(after, "Wide nets")
    assert "20 layers of width **41** have 1.76 million parameters" in texts(after)
    after.select_slider(key="after_depth").set_value(110).run()
    assert "110 layers of width **16** have 1.73 million" in texts(after)


def test_only_densenet_concatenates(after: AppTest) -> None:
    choose(after, "Concatenation")
    assert "has made 160 channels of 16, over 78 direct connections" in texts(after)
    after.radio(key="quiz_after_concatenates").set_value("Transformer").run()
    assert "DenseNet" in after.warning[0].value


def test_both_norms_are_measured_and_compared_with_the_paper(after: AppTest) -> None:
    choose(after, "Add & Norm")
    after.slider(key="after_layers").set_value(2).run()
    assert "Last layer over first, mean of 6 seeds" in texts(after)
    assert "nothing to learn" in captions(after)
    assert "2010.11929" in texts(after)  # vision transformers are named, so they are cited


def test_mambas_order_changes_no_number(after: AppTest) -> None:
    choose(after, "ViT and Mamba")
    assert "**197 tokens**" in texts(after)
    after.slider(key="after_mamba_blocks").set_value(64).run()
    assert "Largest difference after 64 blocks: **0**" in texts(after)


def test_the_years_are_put_in_order(after: AppTest) -> None:
    choose(after, "ViT and Mamba")
    order = ["Highway Networks", "ResNet", "DenseNet", "Transformer", "ViT", "Mamba"]
    after.multiselect(key="quiz_after_years").set_value(order).run()
    assert "May 2015" in after.success[0].value


def test_no_explanation_of_degradation_stands_without_what_it_leaves_open(after: AppTest) -> None:
    choose(after, "Why degradation?")
    assert texts(after).count("*Left open:*") == 7
    assert "unlikely" in texts(after)
    assert "what a net can be, not whether training finds it" in texts(after)


def test_links_between_the_lessons_take_along_what_was_tried(after: AppTest) -> None:
    after.radio(key="quiz_after_slope").set_value("shrinks").run()
    choose(after, "Why degradation?")
    links = [link.proto for link in after.get("page_link")]
    assert {BY_KEY[key].title for key in ("race", "highway", "shattered")} <= {link.label for link in links}
    assert all("done=after" in link.query_string for link in links)


def test_numbers_of_papers_come_with_their_protocol(after: AppTest) -> None:
    choose(after, "Stochastic depth")
    assert "**5.25 %** test error on CIFAR-10 (about 60 s an epoch" in texts(after)
    assert "**6.41 %** without skipping" in texts(after)
    assert "lowest validation error" in texts(after)
    choose(after, "Wide nets")
    (table,) = after.table
    rows = table.value.set_index("net")
    assert list(rows.loc["WRN-28-10"]) == ["4.00", "19.25"]
    assert list(rows.columns) == ["CIFAR-10, error (%)", "CIFAR-100, error (%)"]


def test_what_a_reader_doubts_has_its_source_at_the_end(after: AppTest) -> None:
    choose(after, "Paths")
    *said, cited = (element.value for element in after.markdown)
    assert "bibbase.org" not in "".join(said)
    assert "bibbase.org" in cited
