"""One run as one HTML page that stands alone: sentences, charts, numbers, and how to make it again.

Plotly stands in the page, so it needs no network, and its policy lets it ask for nothing. All that a person wrote, and
every figure, goes through jinja2's escapes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import plotly
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from resnet_viz import charts
from resnet_viz.charts import sentences
from resnet_viz.charts.certificate import certificate, differences
from resnet_viz.charts.style import Figure
from resnet_viz.config import TITLES
from resnet_viz.exports.reproduce import command_line, limits_sentence, script
from resnet_viz.exports.run import Exported, ExportError
from resnet_viz.runlog import MAX_POINTS, Snapshot

_PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class _Chart:
    title: str
    alt: str
    height: int  # in pixels
    figure: Figure


_CHARTS: tuple[tuple[str, str, int, Callable[[Snapshot], Figure]], ...] = (
    (
        "Training loss of each batch (faint) and its running mean",
        "Training loss against step, a line for each net; the table of results has the last value of each.",
        340, charts.loss_figure,
    ),
    (
        "Error at the end of each epoch: training filled, test open",
        "Training and test error in percent at the end of each epoch; the table of epochs has the numbers.",
        340, charts.error_figure,
    ),
    (
        "Gradient flow at the last probe: L2 norm of dL/dW, block by block",
        "Gradient norm of the stem, each block and the classifier on a log axis; the table of gradients has them.",
        400, charts.gradient_now_figure,
    ),
    (
        "Gradient flow of the whole run: the same norms, one colour scale",
        "Gradient norm of each block over the steps of the run, one heat map for each net.",
        440, charts.gradient_heat_figure,
    ),
)  # fmt: skip


def report_html(run: Exported) -> str:
    """The page. Of a run that is still going, it says what is there so far."""
    snapshot = run.snapshot
    drawn = [_Chart(title, alt, height, draw(snapshot)) for title, alt, height, draw in _CHARTS if snapshot.step]
    return _template().render(
        facts=run.facts,
        title=" against ".join(snapshot.config.labels),
        snapshot=snapshot,
        measured=sentences.measured_sentence(snapshot),
        data=sentences.data_sentence(snapshot),
        is_synthetic=snapshot.config.data.name == "shapes",
        images=TITLES[snapshot.config.data.name],
        changes=sentences.intervention_sentences(snapshot),
        results=[sentences.result_row(arm) for arm in snapshot.arms],
        charts=drawn,
        figures=[chart.figure for chart in drawn],
        most_points=MAX_POINTS,
        epochs=sentences.epoch_table(snapshot),
        gradients=_last_gradients(snapshot),
        held=certificate(snapshot),
        differences=", ".join(differences(snapshot.config.arms)) or "nothing",
        duration=sentences.duration(snapshot.wall_s),
        device=sentences.device_sentence(snapshot),
        speed=sentences.speed_sentence(snapshot),
        command=_command(snapshot),
        script=script(snapshot),
        limits=limits_sentence(snapshot),
        config=snapshot.config.model_dump_json(indent=1),
        plotly=_plotly(),
    )


def _command(snapshot: Snapshot) -> str:
    try:
        return command_line(snapshot)
    except ExportError as error:
        return f"# {error} Use the script."


def _last_gradients(snapshot: Snapshot) -> list[dict[str, str]]:
    """Row by row, the gradient norms of the last probe of each net that was probed."""
    return [
        {"net": arm.label, "block": row, "step": f"{int(arm.gradient_step[-1]):,}", "‖dL/dW‖": f"{norm:.3g}"}
        for arm in snapshot.arms
        if len(arm.gradient_step)
        for row, norm in zip(arm.rows, arm.gradients[:, -1], strict=True)
    ]


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "allow_nan": False}
    return environment.get_template("report.html.j2")


@cache
def _plotly() -> Markup:
    return inline(_PLOTLY.read_text(encoding="utf-8"))


def inline(source: str) -> Markup:
    """A script that does not end the element that it stands in: within its strings, the escapes change nothing."""
    return Markup(source.replace("</script", "<\\/script").replace("<!--", "<\\!--"))
