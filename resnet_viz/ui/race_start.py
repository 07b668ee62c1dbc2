"""What is around the form of a race: presets, Start, the question of a link that asks to run, links to hand on."""

import logging
from functools import partial

import streamlit as st

from resnet_viz.charts.sentences import duration
from resnet_viz.config import TITLES, ConfigError, ExperimentConfig
from resnet_viz.engine import groups
from resnet_viz.engine.manager import Manager
from resnet_viz.engine.recorded import recorded
from resnet_viz.engine.store import NoSuchRun, StoreError
from resnet_viz.presets import PRESETS, Preset
from resnet_viz.ui import state
from resnet_viz.ui.data_notice import is_present
from resnet_viz.ui.live_plot import preload_plotly
from resnet_viz.ui.query import link, write_experiment
from resnet_viz.ui.race_begin import Form
from resnet_viz.ui.race_form import CONTROLS, Filled, fill
from resnet_viz.ui.shortcuts import KEYS, tell_keys

log = logging.getLogger(__name__)

EMPTY = """
#### Does a deeper net learn better?

Up to four networks see the same batches of images, and begin with the same weights wherever they have the same ones.
Some are **plain**. The others add the input of each block to its output, *y* = F(*x*) + *x*: they are **residual**.

Press **Start** and watch their loss, their error and the gradient in each of their blocks, measured while they train
on this machine. One race may be chance: with more **Seeds** it is repeated, and the difference comes with an interval.
"""


def presets(form: Form) -> None:
    """Buttons that fill the form, and what to look for in the one that did."""
    if "presets" in state.hidden():
        return
    data = form.begin.data.name
    chosen = next((preset for preset in PRESETS.values() if preset.experiment(data) == form.begin), None)
    key = form.key("preset")

    def choose() -> None:
        name = state.widget(key)
        if name is not None:
            now = form.latest or form.begin
            fill(PRESETS[name].experiment(now.data.name))

    st.pills(
        "Presets", list(PRESETS), default=chosen.name if chosen else None, key=key, on_change=choose,
        format_func=lambda name: PRESETS[name].title, label_visibility="collapsed",
    )  # fmt: skip
    if chosen is not None:
        st.caption(chosen.look_for)
        _recording(chosen)


def _recording(preset: Preset) -> None:
    """How long it took where it was recorded, and the way to see that."""
    recording = recorded().get(preset.name)
    if recording is None or recording.seconds is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        where = f"{recording.device}, {recording.threads} threads, {TITLES[recording.config.data.name]}"
        st.caption(f"It took {duration(recording.seconds)} minutes when it was recorded ({where}).")
        st.button(
            "See the recording", icon=":material/album:", type="tertiary", key=f"recording_{preset.name}",
            on_click=state.show_run, args=(preset.name,),
        )  # fmt: skip


def start(manager: Manager, form: Form, filled: Filled, label: str = "Start") -> None:
    """The button that starts what the form says, and why it can't."""
    config = filled.config
    ready = isinstance(config, ExperimentConfig) and is_present(config.data.name)
    key = f"{label.split()[0].lower()}_{state.start_token()}"
    if st.button(label, type="primary", width="stretch", key=key, disabled=not ready, shortcut=KEYS.get(label)):
        assert isinstance(config, ExperimentConfig)
        try:
            state.started(_submit(manager, config, filled.seeds), is_group=filled.seeds > 1)
            form.keep(config, filled.seeds)
            st.rerun()
        except (NoSuchRun, StoreError) as error:
            log.exception("submit")
            st.error(str(error), icon=":material/error:")
    if isinstance(config, ConfigError):
        st.error(str(config))


def _submit(manager: Manager, config: ExperimentConfig, seeds: int) -> str:
    """Id of the run, or of the group of runs."""
    token = state.start_token()
    return manager.submit(config, token) if seeds == 1 else groups.submit(manager, config, token, seeds)


def nothing_yet(manager: Manager, form: Form, filled: Filled) -> None:
    """What stands where the race will be: the question of a link that asks to run, or what to do."""
    if state.asked_to_run() and form.problem is None:
        _confirmation(manager, form, filled)
    else:
        st.markdown(EMPTY)
        tell_keys()
    preload_plotly()


def _confirmation(manager: Manager, form: Form, filled: Filled) -> None:
    """What a link asks to run, and one button that does it."""
    if isinstance(filled.config, ConfigError):
        return
    with st.container(border=True):
        st.markdown(f"#### This link asks to train {_listed(filled.config)}")
        st.markdown(_budget(filled.config, filled.seeds))
        yes, no = st.columns(2)
        with yes:
            start(manager, form, filled, "Run it")
        no.button("Not now", width="stretch", on_click=state.decline_to_run)


def _listed(config: ExperimentConfig) -> str:
    return " against ".join(config.labels)


def _budget(config: ExperimentConfig, seeds: int) -> str:
    last = config.seed + seeds - 1
    repeated = f"and that {seeds} times, one after another: seeds {config.seed} to {last}"
    return (
        f"On this machine: {config.train.epochs} epochs on {config.data.train_size:,} images of "
        f"{TITLES[config.data.name]}, {config.total_steps:,} steps for each net, "
        f"{f'seed {config.seed}' if seeds == 1 else repeated}."
    )


def follow(form: Form, filled: Filled) -> None:
    """Let the address say what the form says from the first change on, so that it can be loaded again and handed on.

    An address that was opened is not rewritten: "back" would then lead to where one is.
    """
    if isinstance(filled.config, ConfigError):
        return
    parameters = write_experiment(filled.config, filled.seeds)
    was_lost = bool(form.given) and not state.experiment_parameters()  # another page has an address of its own
    if parameters != form.said or was_lost:
        form.given = form.said = parameters
        form.problem = None
        state.say_experiment(parameters)


def links(filled: Filled) -> None:
    """Addresses to hand on: the form, the form with the question to run it, a lesson with few controls."""
    hidden = state.hidden()
    if hidden:
        st.button("Show all controls", type="tertiary", icon=":material/visibility:", on_click=state.show_all)
    if "link" in hidden or isinstance(filled.config, ConfigError):
        return
    with st.expander("Link to this experiment"):
        parameters = write_experiment(filled.config, filled.seeds)
        to = partial(link, st.context.url or "race")
        show = partial(st.code, language=None, wrap_lines=True)
        st.caption("Opens this form:")
        show(to(parameters))
        st.caption("Asks to run it, and does after one press of a button:")
        show(to(parameters | {"go": "1"}))
        st.caption("A lesson, with only these controls:")
        kept = st.multiselect(
            "Controls of the lesson", list(CONTROLS), ["depth"], format_func=CONTROLS.__getitem__,
            label_visibility="collapsed", key="lesson_controls",
        )  # fmt: skip
        away = [name for name in CONTROLS if name not in kept]
        show(to(parameters | ({"hide": ".".join(away)} if away else {})))
