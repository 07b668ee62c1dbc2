"""The sections of the page of results: claims, curves, responses, CIFAR-10 and its followers, all numbers."""

from typing import get_args

import streamlit as st

from resnet_viz.charts import results as charts
from resnet_viz.paper import curves, reading, results, selection
from resnet_viz.paper.claims import CLAIMS, Verdict, circulating_gap, claim_rows, like_for_like
from resnet_viz.sources import SOURCES
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.quizzes import Quiz, quiz

BADGES: dict[Verdict, tuple[str, str]] = {
    "supported": ("check", "green"),
    "right number, other protocol": ("sync_problem", "orange"),
    "wrong label": ("label_off", "red"),
    "unsupported": ("close", "red"),
}
FIRST_NETS = ("plain-20", "plain-56", "ResNet-20", "ResNet-56")
FIRST_RESPONSES = ("plain-56", "ResNet-56")
FIRST_PROTOCOL = "10-crop"
EMPTY = "a filter left empty lets all through."
OFFERED = ("plain-44", "plain-20", "plain-56", "plain-32")  # in no order
PARTS: dict[str, tuple[curves.Part, ...]] = {"training": ("train",), "test": ("test",), "both": ("train", "test")}


def pair_quiz() -> None:
    """Which numbers may be compared."""
    said = {claim.net: f"{claim.value:.2f}" for claim in CLAIMS}
    pair = like_for_like()[1]
    right = f"{pair.plain.number} and {pair.residual.number}"
    options = (
        f"{said['plain-34']} and {said['ResNet-34']}",
        right,
        f"{pair.plain.number} and {said['ResNet-34']}",
        f"{said['VGG-19']} and {said['ResNet-152']}",
    )
    asked = "Which two top-5 errors may be compared to see what the shortcut does at depth 34?"
    because = f"Both {pair.plain.protocol}, {pair.plain.split} set, {pair.plain.place}: {pair.difference:+.2f} points."
    quiz(Quiz("results", "pair", asked, options), right, because)


def order_quizzes() -> None:
    """How depth orders the plain nets before the first drop of the learning rate, and at the end."""
    order = curves.best_first(curves.plain_nets(), "train", curves.BEFORE_DROP)
    asked = "Order the plain nets by their training error before the first drop of the learning rate, lowest first."
    because = reading.order_sentence("train", curves.BEFORE_DROP)
    quiz(Quiz("results", "order", asked, OFFERED, ordered=True), order, because)
    best = curves.best_first(curves.plain_nets(), "train", curves.LAST)[0]
    asked = "And at the end of the training: which plain net has the lowest training error?"
    quiz(Quiz("results", "end", asked, OFFERED), best, reading.end_sentence())


def claims_view() -> None:
    """The circulating table beside the paper, a verdict on each number, and the pair that may be compared."""
    st.dataframe(claim_rows(), hide_index=True)
    for claim in CLAIMS:
        icon, colour = BADGES[claim.verdict]
        badge = f":{colour}-badge[:material/{icon}: {claim.verdict}]"
        printed = ", ".join(f"{r.number} ({r.net}, {r.place}, {r.protocol}, {r.split})" for r in claim.family_printed)
        st.markdown(f"**{claim.net}, {claim.value:.2f} %** {badge} {claim.why}")
        st.caption(f"All that the paper prints of such nets, top-5 error in percent: {printed}.")
    st.markdown("**Like for like:** the same depth, parameters, images and protocol (ten crops, validation set).")
    st.dataframe(
        [
            {
                "metric": pair.plain.metric,
                f"{pair.plain.net}, %": pair.plain.number,
                f"{pair.residual.net}, %": pair.residual.number,
                "difference, points": f"{pair.difference:+.2f}",
                "source": pair.plain.quoted,
            }
            for pair in like_for_like()
        ],
        hide_index=True,
    )
    st.caption(f"The circulating pair would make it {circulating_gap():+.2f} points of top-5 error, of two protocols.")


def curves_view() -> None:
    """Figure 6, with a window of iterations that moves the band, the means and the sentence."""
    shown = st.multiselect("Nets", curves.nets(), default=FIRST_NETS, key="results_nets")
    with st.container(horizontal=True, gap="medium"):
        part = st.segmented_control("Error on", list(PARTS), default="training", required=True, key="results_part")
        axis = st.segmented_control("Axis", ["linear", "log"], default="linear", required=True, key="results_axis")
    window = st.slider(
        "Mean over these thousand iterations", 5, curves.END, curves.BEFORE_DROP, key="results_window",
        help="The learning rate falls at the dotted lines. Begin a window where the net is drawn already.",
    )  # fmt: skip
    drawn = [curves.curve(net, split) for net in shown for split in PARTS[part]]
    sentence = " ".join(reading.order_sentence(split, window) for split in PARTS[part])
    if drawn:
        figure = charts.curves_figure(drawn, window, log=axis == "log")
        live_plot(figure, key="results_curves", alt=f"Error along the iterations. {sentence}", height=440)
    else:
        st.info("Choose at least one net to draw its curve.")
    st.markdown(f"**{sentence}**")
    st.dataframe(reading.window_rows(window), hide_index=True)
    st.markdown(reading.end_sentence())
    file = curves.digitised()
    note = f"{file.edition}. {file.how} {file.figure_6.note}"
    st.caption(
        f"Not measured here: Figure 6 of He et al. 2015, {note} {reading.early_sentence()} {reading.check_sentence()}"
    )


def responses_view() -> None:
    """Figure 7 in either order."""
    orders = get_args(curves.Order)
    order = st.segmented_control("Order of the layers", orders, default="original", required=True, key="results_order")
    nets = st.multiselect("Nets", list(curves.responses(order)), default=FIRST_RESPONSES, key="results_responses")
    shown = [curves.responses(order)[net] for net in nets]
    if not shown:
        st.info("Choose at least one net to draw its layers.")
        return
    rows = reading.response_rows(shown)
    said = "; ".join(f"{row['net']}: mean {row['mean']}" for row in rows)
    live_plot(
        charts.responses_figure(shown), key="results_layers", alt=f"Response of each layer. {said}", height=360
    )  # fmt: skip
    st.dataframe(rows, hide_index=True)
    if order == "original":
        whole = [net for net in curves.responses(order).values() if net.shortcut == "A" and not net.missing]
        st.markdown(
            "Open marks are the second convolution of a residual block, the one whose output is added to the "
            f"shortcut. {' '.join(map(reading.second_sentence, whole))}"
        )
    st.caption(f"Not measured here: Figure 7 of He et al. 2015. {curves.digitised().figure_7.note}")


def reproductions_view() -> None:
    """Table 6 and those who trained its nets again."""
    st.dataframe(reading.reproduction_rows(), hide_index=True)
    st.caption(
        "The parameters are counted here; plain-N has exactly as many. The paper's ResNet-110 has the best of five "
        "runs, then their mean and standard deviation; the best was chosen on the test set, the mean was not."
    )
    for title, caveat in reading.caveats():
        st.markdown(f"- {title}: {caveat}")


def deepest_view() -> None:
    """The net that is too deep, or too large."""
    st.markdown(reading.deepest_sentence())


def all_numbers_view() -> None:
    """Everything that is quoted, to be filtered; a chart for each protocol, none for a mixture."""
    every = results.results()
    first, second = st.columns(2)
    with first:
        data = st.multiselect("Data set", get_args(results.Data), key="results_data")
        known = list(results.PROTOCOLS)
        protocols = st.multiselect("Protocol", known, default=[FIRST_PROTOCOL], key="results_protocol")
    with second:
        keys = list(dict.fromkeys(result.source for result in every))
        sources = st.multiselect("Source", keys, format_func=lambda key: _source_name(key), key="results_source")
        text = st.text_input("Words or a number", placeholder="5.71, plain-34, Table 4 …", key="results_text")
    found = selection.selected(every, data=data, protocols=protocols, sources=sources, text=text)
    if not found:
        st.info(f"No quoted number fits all of this. Take a word or a filter away: {EMPTY}")
        return
    st.markdown(f"{len(found)} of {len(every)} numbers: {EMPTY}")
    st.dataframe(
        selection.rows(found), hide_index=True,
        column_config={
            "net": st.column_config.TextColumn(width="medium"),
            "link": st.column_config.LinkColumn(display_text="open"),
        },
    )  # fmt: skip
    present = dict.fromkeys(result.protocol for result in found)
    st.caption("; ".join(f"**{protocol}:** {results.PROTOCOLS[protocol]}" for protocol in present) + ".")
    _dots(found)


def _source_name(key: str) -> str:
    return f"{SOURCES[key].authors} {SOURCES[key].year}"


def _dots(found: list[results.Result]) -> None:
    if mixed := selection.mixed(found):
        st.warning(
            f"These numbers mix {', '.join(mixed)}: they do not belong on one axis. Each chart below has one data "
            "set, one metric, one split and one protocol.",
            icon=":material/balance:",
        )
    axes = {axis: members for axis, members in selection.by_axis(found).items() if len(members) > 1}
    columns = st.columns(2, gap="medium")
    for place, (axis, members) in enumerate(axes.items()):
        with columns[place % 2]:
            st.markdown(f"**{axis.title}**")
            alt = f"{axis.title}: first is {members[0].net} with {members[0].number} {axis.unit}."
            height = charts.dots_height(members)
            live_plot(charts.dots_figure(axis, members), key=f"dots_{axis.title}", alt=alt, height=height)
    if sum(map(len, axes.values())) < len(found):
        st.caption(
            "An axis with one number only, or with nets that each have a protocol of their own, has no chart, and a "
            "net whose source says “fail” no mark."
        )
