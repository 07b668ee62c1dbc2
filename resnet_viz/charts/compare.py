"""Several runs on one chart, by images seen; and a table of in what they differ.

Hue and dash say the net, as on every chart. The mark and the width of the line say the run.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from resnet_viz.charts.certificate import FIELDS
from resnet_viz.charts.sentences import epoch_table, intervention_sentences
from resnet_viz.charts.style import Figure, Pen, in_the_middle, layout, level, loss_axis, pens, rounded
from resnet_viz.config import TITLES
from resnet_viz.runlog import ArmView, Floats, Snapshot

# Of each run its mark and its width: no two runs look alike, whatever their nets.
RUN_MARKS = (
    ("circle", 3.0), ("square", 1.5), ("triangle-up", 4.5), ("x", 2.25), ("star", 3.75), ("diamond-wide", 1.0),
)  # fmt: skip
MARKS_A_CURVE = 8
WORDS = {
    "name": "data set",
    "augment": "crop and flip",
    "threads": "threads asked for",
    "precision": "precision asked for",
}
SETTING = "setting"  # the first column of the table
ROW_HEIGHT, ROOM = 24, 330  # pixels: of a row of the legend, of the rest


@dataclass(frozen=True)
class Compared:
    """A run under the name that it has among the others."""

    title: str
    snapshot: Snapshot

    @property
    def batch_size(self) -> int:
        return self.snapshot.config.train.batch_size

    @property
    def images_an_epoch(self) -> int:
        return self.snapshot.config.steps_per_epoch * self.batch_size


@dataclass(frozen=True)
class _Drawn:
    """One arm of one run, and how it is drawn."""

    run: Compared
    arm: ArmView
    pen: Pen
    width: float


def loss_figure(runs: Sequence[Compared], *, is_log: bool) -> Figure:
    """Running mean of the training loss of every arm against images seen."""
    drawn = _drawn(runs)
    data = [
        _trace(one, one.arm.step * one.run.batch_size, rounded(one.arm.smooth, 4), "%{y:.3f}")
        | {"marker": one.pen.marker(9) | {"maxdisplayed": MARKS_A_CURVE}}
        for one in drawn
    ]
    chance, *others = {run.snapshot.config.chance_loss for run in runs}
    marks = {} if others else level(chance, f"chance {chance:.2f}")
    ends = [one.arm.last_loss for one in drawn if one.arm.last_loss is not None]
    return {"data": data, "layout": _layout(runs, is_log, **marks) | {"yaxis": loss_axis(max([chance, *others]), ends)}}


def error_figure(runs: Sequence[Compared], *, is_log: bool) -> Figure:
    """Test error in percent of every arm, at the end of each epoch, against images seen."""
    data = [
        _trace(one, one.arm.epoch * one.run.images_an_epoch, rounded(100 * one.arm.test_error, 2), "%{y:.1f} %")
        | {"marker": one.pen.marker(9)}
        for one in _drawn(runs)
    ]
    figure = _layout(runs, is_log) | {"yaxis": {"title": {"text": "test error (%)"}, "range": [0, 100]}}
    if not any(len(trace["x"]) for trace in data):
        figure["annotations"] = [in_the_middle("measured at the end of each epoch")]
    return {"data": data, "layout": figure}


def height(runs: Sequence[Compared]) -> int:
    """Pixels that a chart of them needs, with its legend below."""
    return ROOM + ROW_HEIGHT * sum(len(run.snapshot.arms) for run in runs)


def compared_sentence(runs: Sequence[Compared]) -> str:
    """How far each run came."""
    when = "So far: " if any(run.snapshot.is_active for run in runs) else "At their ends: "
    return when + "; ".join(f"{run.title}, {_ends(run)}" for run in runs) + "."


def caution(runs: Sequence[Compared]) -> str | None:
    """What makes the curves hard to compare, if anything does."""
    images = sorted({_images(run.snapshot) for run in runs})
    if len(images) == 1:
        return None
    return f"They learnt from different images ({'; '.join(images)}): compare their shapes, not their heights."


def numbers(runs: Sequence[Compared]) -> list[dict[str, float | int | str]]:
    """The errors of all epochs, as a table."""
    return [
        {"run": run.title, "images seen": int(row["epoch"]) * run.images_an_epoch, **row}
        for run in runs
        for row in epoch_table(run.snapshot)
    ]


def differences(runs: Sequence[Compared]) -> list[dict[str, str]]:
    """The settings that are not the same in all runs: one row a setting, one column a run."""
    told = {_column(run.title): _settings(run.snapshot) for run in runs}
    names = next(iter(told.values())).keys()
    rows = {name: {title: settings[name] for title, settings in told.items()} for name in names}
    return [{SETTING: name, **values} for name, values in rows.items() if len(set(values.values())) > 1]


def _column(title: str) -> str:
    """A run may be called what the first column is called."""
    return f"{title} (run)" if title == SETTING else title


def _drawn(runs: Sequence[Compared]) -> list[_Drawn]:
    """All arms, no two of them alike."""
    return [
        _Drawn(run, arm, replace(pen, symbol=mark + ("-open" if pen.symbol.endswith("-open") else "")), width)
        for run, (mark, width) in zip(runs, RUN_MARKS, strict=False)
        for arm, pen in zip(run.snapshot.arms, pens([arm.net for arm in run.snapshot.arms]), strict=True)
    ]


def _trace(drawn: _Drawn, x: Floats, y: list[float | None], hover: str) -> dict[str, Any]:
    title = escape(drawn.run.title, quote=False)  # a visitor wrote it, and Plotly obeys some tags
    return {
        "type": "scatter", "mode": "lines+markers", "name": f"{title}: {drawn.arm.label}",
        "x": x.astype(int).tolist(), "y": y, "line": drawn.pen.line(drawn.width), "hovertemplate": hover,
    }  # fmt: skip


def _layout(runs: Sequence[Compared], is_log: bool, **marks: Any) -> dict[str, Any]:
    scale = "log" if is_log else "linear"
    revision = ".".join([scale, *(run.snapshot.run for run in runs)])
    figure = layout("images seen", "", revision, **marks)
    figure["xaxis"] |= {"type": scale} | ({"exponentformat": "power"} if is_log else {"rangemode": "tozero"})
    figure["legend"] = {"orientation": "h", "x": 0, "y": -56 / (ROOM - 60), "yanchor": "top"}
    return figure


def _ends(run: Compared) -> str:
    seen = run.snapshot.step * run.batch_size
    losses = ", ".join(
        f"{arm.label} diverged" if arm.diverged_at is not None else f"{arm.label} {arm.last_loss:.2f} nats"
        for arm in run.snapshot.arms
        if arm.last_loss is not None
    )
    return f"after {seen:,} images: {losses or 'nothing measured'}"


def _images(snapshot: Snapshot) -> str:
    data = snapshot.config.data
    classes = f" of {', '.join(data.classes)}" if data.classes else ""
    return f"{data.train_size:,} from {TITLES[data.name]}{classes}"


def _settings(snapshot: Snapshot) -> dict[str, str]:
    """Everything that decides what a run measures, in words."""
    config, started = snapshot.config, snapshot.started
    nets = {words: [_text(getattr(arm, field)) for arm in config.arms] for field, words in FIELDS.items()}
    return {
        "nets": " / ".join(config.labels),
        **{words: values[0] if len(set(values)) == 1 else " / ".join(values) for words, values in nets.items()},
        **_named(config.data.model_dump()),
        **_named(config.train.model_dump()),
        "seed": str(config.seed),
        "precision as run": started.precision if started else "-",
        "threads as run": str(started.threads) if started else "-",
        "device": started.device_name if started else "-",
        "torch": started.versions.get("torch", "-") if started else "-",
        "changed while it ran": " ".join(intervention_sentences(snapshot)) or "nothing",
    }


def _named(fields: Mapping[str, Any]) -> dict[str, str]:
    return {WORDS.get(field, field.replace("_", " ")): _text(value) for field, value in fields.items()}


def _text(value: Any) -> str:
    words: dict[type, Callable[[Any], str]] = {
        bool: lambda flag: "yes" if flag else "no",
        float: "{:g}".format,
        tuple: lambda parts: ", ".join(parts) or "all",
        type(None): lambda _: "-",
    }
    return words.get(type(value), str)(value)
