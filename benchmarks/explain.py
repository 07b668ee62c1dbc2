"""Explaining pictures with ResNet-50 at 224x224: what Grad-CAM costs over bare passes, the slow methods, the click.

Passes: Grad-CAM as the product answers it, against one forward pass of the same frozen net and one backward pass from
the logit to the layer, for one picture and in the batches of the command line; interleaved, medians. Seconds of the
slow methods are those that a real, warm worker says of its answers. The click is on the layer slider in Chromium,
until another picture is on the page, looked at every animation frame. The command line explains a folder of pictures
and writes every file. Where ResNet-50's weights are not on the machine, a net with random ones is used: they change
no number of operations.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

import psutil
import torch
from torch import Tensor

from benchmarks.browser import ROOT, app_server, chromium, open_page
from benchmarks.memory import GB, PeakSampler, torch_row
from benchmarks.report import Row, at_least, at_most, noted, table
from resnet_viz.cli.explain import BATCH
from resnet_viz.engine.explainer import Explainer
from resnet_viz.engine.launcher import LocalLauncher, LocalWorker
from resnet_viz.engine.protocol import Purpose
from resnet_viz.machine import set_up_threads
from resnet_viz.places import SAMPLES, WEIGHTS_VARIABLE, sample_picture
from resnet_viz.questions import Attribute, Describe, Faithfulness, Model, Question, Randomise
from resnet_viz.saliency.catalogue import file_name, find_weights
from resnet_viz.saliency.classifiers import Classifier, load
from resnet_viz.saliency.images import open_picture
from resnet_viz.saliency.methods import predict_and_grad_cam

ROUNDS, PICTURES, CLICKS = 15, 64, 8
LIMIT_S = 180.0
MODEL = Model(name="resnet50")
LAYER = "layer4.2"


@contextmanager
def weights() -> Iterator[None]:
    """ResNet-50's weights, or random ones in a folder that is gone afterwards."""
    if find_weights("resnet50") is not None:
        yield
        return
    from torchvision import models

    with tempfile.TemporaryDirectory(prefix="resnet-viz-bench-") as folder:
        torch.save(models.resnet50(weights=None).state_dict(), Path(folder) / file_name("resnet50"))
        before = os.environ.get(WEIGHTS_VARIABLE)
        os.environ[WEIGHTS_VARIABLE] = folder
        try:
            yield
        finally:
            os.environ.pop(WEIGHTS_VARIABLE)
            if before is not None:
                os.environ[WEIGHTS_VARIABLE] = before


def bare_passes(classifier: Classifier, images: Tensor) -> None:
    """One forward pass, and one backward pass from the largest logits to the layer."""
    layer = classifier.net.get_submodule(LAYER)
    kept: list[Tensor] = []

    def start_here(_module: object, _inputs: object, output: Tensor) -> Tensor:
        kept.append(output.detach().requires_grad_())
        return kept[0]

    handle = layer.register_forward_hook(start_here)
    try:
        scores = classifier.net(images)
    finally:
        handle.remove()
    torch.autograd.grad(scores.amax(1).sum(), kept[0])


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def pass_rows() -> list[Row]:
    """Grad-CAM over bare passes, one picture and batches."""
    set_up_threads()
    classifier = load(MODEL)
    prepared = [classifier.prepare(open_picture(sample_picture(name)).image) for name in SAMPLES]
    rows: list[Row] = []
    for count in (1, BATCH):
        images = torch.stack([prepared[place % len(prepared)] for place in range(count)])
        images = images.contiguous(memory_format=torch.channels_last)
        ours, bare = [], []
        for _ in range(ROUNDS if count == 1 else 5):
            bare.append(seconds(partial(bare_passes, classifier, images)))
            ours.append(seconds(partial(predict_and_grad_cam, classifier, images, None, LAYER)))
        ratio = median(our / other for our, other in zip(ours[1:], bare[1:], strict=True))
        if count == 1:
            rows += [
                at_most("Grad-CAM of ResNet-50 / bare passes, one picture", ratio, 1.15),
                noted("Grad-CAM of ResNet-50, one picture", 1000 * median(ours), "ms", 0),
            ]
        else:
            what = f"pictures per second in batches of {count} / bare passes"
            rows += [
                at_least(what, 1 / ratio, 0.85),
                noted("Grad-CAM in batches", count / median(ours), "pictures/s", 1),
            ]
    return rows


class Watched(LocalLauncher):
    """A launcher that follows the memory of its workers."""

    def __init__(self) -> None:
        self.samplers: list[PeakSampler] = []

    def start(self, purpose: Purpose = "train") -> LocalWorker:
        worker = super().start(purpose)
        self.samplers.append(PeakSampler(worker.pid))
        return worker


def worker_rows() -> list[Row]:
    """The slow methods, and the memory of the worker that answered them all."""
    launcher = Watched()
    explainer, picture = Explainer(launcher), sample_picture("coffee")

    def took(question: Question) -> float:
        asking = explainer.wait(explainer.ask(question).id, LIMIT_S)
        if not asking.answered:
            raise RuntimeError(asking.message)
        return asking.seconds

    try:
        took(Describe(model=MODEL))
        target = 967
        for method in ("grad-cam", "guided-grad-cam", "smooth-grad", "occlusion", "layer-conductance", "gradient-shap"):
            took(Attribute(model=MODEL, images=(picture,), method=method, target=target))
        ig = took(Attribute(model=MODEL, images=(picture,), method="integrated-gradients", target=target))
        faithful = took(Faithfulness(model=MODEL, image=picture, layer=LAYER, target=target))
        random = took(Randomise(model=MODEL, image=picture, layer=LAYER, target=target))
    finally:
        explainer.close()
    return [
        at_most("Integrated Gradients, 50 steps", ig, 5.0, "s"),
        at_most("deletion and insertion, 28 steps, three orders", faithful, 9.0, "s"),
        noted("randomisation check, six stages", random, "s"),
        at_most("peak memory of the explaining worker, all methods", launcher.samplers[0].result() / GB, 1.5, "GB"),
    ]


def click_rows() -> list[Row]:
    """From a key on the layer slider to another picture, in the real app."""
    changed = """([before, start]) => {
        const shown = document.querySelectorAll("[data-testid=stImage] img")[1]?.src;
        return shown && shown !== before ? performance.now() - window.pressed : undefined; }"""
    with chromium() as browser, app_server() as server:
        page = open_page(browser, f"{server.url}/explain", height=1600)
        page.get_by_text("What was measured").wait_for(timeout=60_000)
        page.evaluate("addEventListener('keydown', () => { window.pressed = performance.now(); }, true)")
        took = []
        slider = page.get_by_role("slider", name="Layer, from the picture to the class").first
        for _ in range(CLICKS):
            page.wait_for_timeout(800)  # the page rests; nothing is measured
            before = page.evaluate("document.querySelectorAll('[data-testid=stImage] img')[1].src")
            slider.press("ArrowLeft")
            took.append(float(page.wait_for_function(changed, arg=[before, 0]).json_value()) / 1000)
        return [
            at_most("layer slider to another map on screen, model loaded", median(took), 0.3, "s"),
            at_most(
                "memory of the app server while it explains",
                psutil.Process(server.pid).memory_info().rss / GB,
                0.5,
                "GB",
            ),
            torch_row(server),
        ]


def command_line_rows() -> list[Row]:
    """A folder of pictures, everything included: start, decoding, drawing, files."""
    with tempfile.TemporaryDirectory(prefix="resnet-viz-bench-") as folder:
        pictures, out = Path(folder) / "pictures", Path(folder) / "out"
        pictures.mkdir()
        names = list(SAMPLES)
        for place in range(PICTURES):
            source = sample_picture(names[place % len(names)])
            (pictures / f"{place}{source.suffix}").write_bytes(source.read_bytes())
        command = [
            sys.executable,
            "-m",
            "resnet_viz",
            "explain",
            str(pictures),
            "--model",
            "resnet50",
            "--layer",
            LAYER,
        ]
        took = seconds(
            lambda: subprocess.run([*command, "--out", str(out)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        )
        assert len(list(out.glob("*.png"))) == PICTURES
    return [
        noted(
            f"command line, {PICTURES} pictures with start, decoding, drawing and files",
            PICTURES / took,
            "pictures/s",
            1,
        )
    ]


def measure() -> list[Row]:
    """Run the benchmark."""
    with weights():
        return pass_rows() + worker_rows() + click_rows() + command_line_rows()


def main() -> None:
    print(table(measure()))


if __name__ == "__main__":
    main()
