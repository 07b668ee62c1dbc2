"""Memory: the peak of a worker that trains two depth-56 arms, and the app server while it shows a race.

Worker: a real one (LocalLauncher and the protocol) warms up, trains two arms of width 16 on batches of 128 for one
epoch of 256 images and evaluates them on up to 2,000; its peak is VmHWM of /proc, the kernel's own high-water mark,
and elsewhere the highest resident size seen in samples every 50 ms. Server: resident size after a page of a running
race was served, without its worker, and (Linux) whether libtorch is mapped into it.
"""

import sys
import threading
from pathlib import Path

import psutil

from benchmarks.browser import Server, app_server, chromium, open_page, press_stop, start_button, wait_ready, wait_steps
from benchmarks.report import Row, at_most, present_data, table
from resnet_viz.config import ExperimentConfig, Precision, TrainConfig, default_experiment
from resnet_viz.engine.launcher import LocalLauncher
from resnet_viz.engine.protocol import TrainJob, parse_line
from resnet_viz.machine import resolve, set_up_threads
from resnet_viz.records import Failed, Finished

SAMPLE_S = 0.05
WORKER_LIMIT_S = 300.0
GRACE_S = 5.0
GB = 1e9
SERVER_STEPS = 3  # on screen before the server is looked at


def experiment(precision: Precision) -> ExperimentConfig:
    """Two depth-56 arms, two steps, one evaluation; no arm is narrower on shapes."""
    return default_experiment(
        present_data(), depth=56, width=16, batch_size=128, train_size=256, epochs=1, test_size=2000,
        precision=precision,
    )  # fmt: skip


class PeakSampler:
    """Follows the resident size of a process in a thread, until it ends."""

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._pid = pid
        self._thread = threading.Thread(target=self._follow, name="memory sampler", daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        process, pause = psutil.Process(self._pid), threading.Event()
        try:
            while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                self.peak = max(self.peak, process.memory_info().rss, high_water_mark(self._pid))
                pause.wait(SAMPLE_S)
        except psutil.NoSuchProcess:
            return  # it ended between two looks

    def result(self) -> int:
        """The peak in bytes, once the process is gone."""
        self._thread.join(GRACE_S)
        return self.peak


def high_water_mark(pid: int) -> int:
    """VmHWM of a process in bytes; 0 where there is none."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def worker_peak(config: ExperimentConfig) -> int:
    """Peak in bytes of a worker that warms up and runs an experiment."""
    worker = LocalLauncher().start()
    sampler = PeakSampler(worker.pid)
    timer = threading.Timer(WORKER_LIMIT_S, worker.kill)
    timer.start()
    ending = "it was ended from outside, or took too long"
    try:
        lines = worker.lines()
        next(lines, None)  # ready
        worker.send(TrainJob(run="memory", config=config))
        for line in lines:
            match parse_line(line):
                case Finished():
                    ending = ""
                case Failed(message=message):
                    ending = message
    finally:
        timer.cancel()
        worker.close(GRACE_S)
    if ending:
        raise RuntimeError(f"the worker did not finish: {ending}")
    return sampler.result()


def worker_rows() -> list[Row]:
    """Both precisions, where the machine has both."""
    set_up_threads()
    what = "peak memory of a worker with two depth-56 arms"
    rows = [at_most(f"{what}, fp32", worker_peak(experiment("fp32")) / GB, 2.1, "GB")]
    if resolve(TrainConfig()).precision == "bf16":
        rows.append(at_most(f"{what}, bf16", worker_peak(experiment("bf16")) / GB, 1.5, "GB"))
    else:
        rows.append(Row(f"{what}, bf16", "not measured: auto is fp32 here"))
    return rows


def server_rows() -> list[Row]:
    """The server during a race."""
    with chromium() as browser, app_server() as server:
        page = open_page(browser, f"{server.url}/race")
        wait_ready(page)
        start_button(page).click()
        wait_steps(page, SERVER_STEPS)
        rows = [
            at_most("memory of the app server during a race", psutil.Process(server.pid).memory_info().rss / GB, 0.4,
                    "GB"),
            torch_row(server),
        ]  # fmt: skip
        press_stop(page)
        return rows


def torch_row(server: Server) -> Row:
    """Whether the server has torch loaded, as the kernel sees it."""
    what = "torch is loaded in the app server"
    if not sys.platform.startswith("linux"):
        return Row(what, "not measured: Linux only")
    loaded = "libtorch" in Path(f"/proc/{server.pid}/maps").read_text()
    return Row(what, "yes" if loaded else "no", "no", not loaded)


def measure() -> list[Row]:
    """Run the benchmark."""
    return worker_rows() + server_rows()


def main() -> None:
    print(table(measure()))


if __name__ == "__main__":
    main()
