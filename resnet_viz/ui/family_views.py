"""The parts of the family lesson: what nets cost, how blocks are wired, and what shortcuts and bottlenecks cost."""

from collections.abc import Iterable, Sequence

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from resnet_viz.charts import block_costs, diagrams, family
from resnet_viz.family import Counted, Diagram, Member
from resnet_viz.net_config import DEPTHS, MAX_WIDTH, MIN_WIDTH
from resnet_viz.paper.results import one
from resnet_viz.ui.live_plot import live_plot
from resnet_viz.ui.quizzes import Quiz, quiz
from resnet_viz.ui.teaching import formula

LESSON = "family"
WAIT = "The nets are being counted; the answer comes here."
DUEL = Quiz(LESSON, "duel", "Which needs more multiply-adds for one image?", ("ResNet-152", "VGG-19"))
ORDER = Quiz(
    LESSON, "order", "Order these nets by their multiply-adds for one image, the fewest first.",
    ("VGG-16", "ResNet-50", "ResNet-152"), ordered=True,
)  # fmt: skip
SAVING = Quiz(
    LESSON, "saving",
    "On 256 channels, a basic block has two 3x3 convolutions. A bottleneck goes down to 64 channels, does one 3x3 "
    "there, and goes back. How many times fewer weights has it?",
    ("about 2", "about 4", "about 9", "about 17"),
)  # fmt: skip
SAVING_CHANNELS = 256

COUNTS = """
**How they were counted.** Each net was built here, without weights and on PyTorch's *meta* device, where a tensor has a
shape but no numbers; then one image went through. *Parameters*: all that is learned. *Multiply-adds*: of convolutions
and matrix products, half of what PyTorch's flop counter says; norms, ReLUs, pools and additions are not in it.
*Activation memory*: the outputs of all convolutions, norms, ReLUs, pools and linear layers for one image, four bytes a
number (float32), in MB of 1,000,000 bytes; what training keeps differs, since an in-place ReLU overwrites its input.
*Depth*: weighted layers, as the paper counts them: convolutions and linear layers, without projections on shortcuts.
"""
PLAIN = """
plain-34 is torchvision's ResNet-34 with every shortcut removed. Its three projections went with them, so it has {:,}
parameters fewer. The CIFAR nets are those of the race (option A): plain and residual have equally many. Wide
ResNet-50-2 is ResNet-50 with twice the channels in the middle of each bottleneck (Zagoruyko, Komodakis 2016).
"""
DIFFERENCE = """
**Why they differ.** torchvision's bottlenecks shrink the map in their 3x3 convolution; the original did so in the first
1x1, as torchvision's own note says. With the stride moved there, the counts come close to the paper's. The paper's
number for VGG-16 fits its convolutions alone ({:.2f}), the one for VGG-19 the whole net ({:.2f}); it does not say what
it counts, nor how it rounds.
"""
DIAGRAMS = """
Drawn from the modules themselves, as `torch.fx` traces them, not from a picture: the first is torchvision's basic block
without its shortcut, the next two stand in ResNet-34 and ResNet-50. In the *pre-activation* block BN and ReLU come
before each convolution and nothing comes after the plus, so *x* passes from block to block unchanged (He et al. 2016,
figure 4). Convolutions have a thick frame.
"""
OPTIONS = """
Where a stage begins, the map halves and the channels double: *x* no longer fits *F(x)*. **Option A** takes every second
pixel and fills the new channels with zeros. **B** projects *x* with a 1x1 convolution (and BN) there, and only there.
**C** projects in every block. The paper's ResNet-34 on ImageNet has a top-1 error of {A} % with A, {B} % with B and
{C} % with C, its plain-34 has {plain} % (He et al. 2015, table 3, validation, 10-crop): projections help a little, and
are "not essential".
"""
BOTTLENECK = """
A 3x3 convolution costs nine times what a 1x1 does. The bottleneck therefore does its 3x3 on a quarter of the channels.
"""
WORKED: dict[block_costs.CostName, str] = {
    "parameters": "**Weights**",
    "multiply_adds": "**Multiply-adds for one image:** each weight is used once at every pixel of the map",
}


def questions(counted: Counted | None) -> None:
    """Two guesses before the numbers."""
    if counted is None:
        quiz(DUEL, None, WAIT)
        quiz(ORDER, None, WAIT)
        return
    least_first = family.by_work(counted, DUEL.options)
    quiz(DUEL, least_first[-1].name, f"{family.work_sentence(least_first)} Deeper does not mean more work.")
    ordered = family.by_work(counted, ORDER.options)
    quiz(ORDER, [member.name for member in ordered], family.work_sentence(ordered))


@st.fragment
def costs(counted: Counted) -> None:
    """All nets, in bars and in a table."""
    names = [member.name for member in counted.members]
    large = [member.name for member in counted.members if member.resolution > 32]
    name = st.segmented_control(
        "Quantity", list(family.QUANTITIES), default="multiply_adds", required=True, key="family_quantity",
        format_func=lambda each: family.QUANTITIES[each].title,
    )  # fmt: skip
    chosen = st.multiselect("Nets", names, default=large, key="family_nets")
    members = [counted.member(each) for each in chosen]
    if members:
        _bars(members, name)
    else:
        st.info("Choose at least one net.")
    st.markdown(f"**Depth is not size.** {family.point(counted)}")
    st.dataframe(
        family.table(counted.members), hide_index=True, column_config=_grouped(family.COLUMNS.values()),
        height="content",
    )  # fmt: skip
    fewer = counted.member("ResNet-34").parameters - counted.member("plain-34").parameters
    st.caption(COUNTS)
    st.caption(PLAIN.format(fewer))


def _bars(members: Sequence[Member], name: family.QuantityName) -> None:
    said = "; ".join(f"{row['net']}: {row[family.COLUMNS[name]]:,}" for row in family.table(members))
    live_plot(
        family.bars(members, name), key="family_bars", alt=f"{family.QUANTITIES[name].title}. {said}.",
        height=family.bars_height(members),
    )  # fmt: skip


def _grouped(columns: Iterable[str]) -> dict[str, ColumnConfig | str | None]:
    """Thousands are grouped, and the table still sorts by number."""
    return {name: st.column_config.NumberColumn(name, format="localized") for name in columns}


def paper(counted: Counted) -> None:
    """The paper's numbers beside ours."""
    st.markdown("**Beside the paper's numbers,** in billions of multiply-adds, which the paper calls FLOPs")
    st.dataframe(family.paper_table(counted), hide_index=True)
    vgg_16, vgg_19 = counted.member("VGG-16"), counted.member("VGG-19")
    st.caption(DIFFERENCE.format(family.without_head(vgg_16) / 1e9, vgg_19.multiply_adds / 1e9))


@st.fragment
def stages(counted: Counted) -> None:
    """One net, part by part."""
    names = [member.name for member in counted.members]
    member = counted.member(st.selectbox("Net", names, index=names.index("ResNet-50"), key="family_net"))
    left, right = st.columns(2, gap="large")
    said = family.stage_sentence(member)
    with left:
        st.dataframe(
            family.stage_table(member), hide_index=True, column_config=_grouped(family.COLUMNS.values()),
            height="content",
        )  # fmt: skip
        st.caption("Map and channels are those of what the last weighted layer of a part gives.")
    with right:
        live_plot(family.stage_figure(member), key="family_stages", alt=said, height=320)
    st.markdown(said)


def blocks(drawn: Sequence[Diagram]) -> None:
    """The diagrams, side by side where there is room."""
    st.markdown(DIAGRAMS)
    with st.container(horizontal=True, gap="small"):
        for diagram in drawn:
            with st.container(width=diagrams.width(diagram)):
                st.markdown(f"**{diagram.title}**")
                live_plot(
                    diagrams.block_figure(diagram), key=f"block_{diagram.title}", alt=diagrams.reading(diagram),
                    height=diagrams.height(diagram),
                )  # fmt: skip
                st.caption(f"{diagram.parameters:,} parameters")


@st.fragment
def options() -> None:
    """What the shortcuts of the CIFAR nets cost."""
    formula(
        r"y = F(x, \{W_i\}) + W_s x",
        {
            "x": "input of the block", "y": "its output, before the last ReLU", "F": "the residual function",
            "W_i": "weights of its layers", "W_s": "what stands on the shortcut: the identity, or a 1x1 projection",
        },
    )  # fmt: skip
    errors = {option: one(f"ResNet-34 ({option})", "top-1 error", "10-crop").number for option in "ABC"}
    st.markdown(OPTIONS.format(**errors, plain=one("plain-34", "top-1 error", "10-crop").number))
    with st.container(horizontal=True, gap="large"):
        depth = st.select_slider("Depth", DEPTHS, value=20, key="family_depth", width=260)
        width = st.slider("Width", MIN_WIDTH, MAX_WIDTH, 16, key="family_width", width=260)
    said = block_costs.options_sentence(depth, width)
    st.markdown(said)
    st.dataframe(block_costs.options_table(depth, width), hide_index=True, column_config=_grouped(block_costs.NUMBERS))
    live_plot(block_costs.options_figure(width, depth), key="family_options", alt=said, height=340)


def saving_question() -> None:
    """A guess that needs no count."""
    right = f"about {block_costs.saving(SAVING_CHANNELS):.0f}"
    because = f"{block_costs.saving(SAVING_CHANNELS):.2f} times: the numbers are below, worked out."
    quiz(SAVING, right, because)


@st.fragment
def bottleneck() -> None:
    """The bottleneck's saving, with sliders."""
    st.markdown(BOTTLENECK)
    formula(
        r"\begin{aligned}\text{basic block:} \quad & 2 \cdot 3^2 \, C^2 = 18 \, C^2 \\ \text{bottleneck:} \quad & "
        r"C \tfrac{C}{4} + 3^2 \left(\tfrac{C}{4}\right)^2 + \tfrac{C}{4} C = \tfrac{17}{16} \, C^2\end{aligned}",
        {"C": "channels of the block's input and output", "3^2": "pixels of a 3x3 kernel; of a 1x1 it is one"},
    )
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
        channels = st.slider("Channels", block_costs.CHANNELS[0], block_costs.CHANNELS[-1], SAVING_CHANNELS, step=16,
                             key="family_channels", width=260)  # fmt: skip
        size = st.select_slider("Map, pixels a side", [7, 14, 28, 56], value=56, key="family_map", width=260)
        name = st.segmented_control(
            "Show", list(block_costs.COST_TITLES), default="parameters", required=True, key="family_cost",
            format_func=block_costs.COST_TITLES.__getitem__,
        )  # fmt: skip
    for column, (each, words) in zip(st.columns(2, gap="large"), WORKED.items(), strict=True):
        with column:
            st.markdown(words)
            st.latex(block_costs.basic_latex(channels, size, each))
            st.latex(block_costs.bottleneck_latex(channels, size, each))
    fewer = f"The bottleneck needs {block_costs.saving(channels):.1f} times fewer of both."
    said = f"{fewer} {block_costs.equal_price(channels, size)}"
    st.markdown(said)
    st.caption(block_costs.norms_sentence(channels))
    live_plot(block_costs.bottleneck_figure(channels, size, name), key="family_bottleneck", alt=said, height=340)
