"""What this machine resolves `auto` to: device, threads, precision. The answer is part of every run."""

import json
import logging
import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch.nn import functional

from resnet_viz import __version__
from resnet_viz.config import Precision, TrainConfig
from resnet_viz.net_config import NetConfig
from resnet_viz.nets import build_net
from resnet_viz.places import cache_folder

TRIAL_BATCH = 128
TRIAL_STEPS = 3

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Machine:
    """Where a run happens, resolved."""

    device: torch.device
    threads: int
    precision: Literal["fp32", "bf16"]

    @property
    def device_name(self) -> str:
        if self.device.type == "cuda":
            return torch.cuda.get_device_name(self.device)
        return str(_capabilities().get("cpu_name") or platform.processor() or platform.machine())

    @property
    def autocast(self) -> torch.autocast:
        """The context in which a forward pass runs."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")


def versions() -> dict[str, str]:
    """Versions that a run depends on."""
    return {"resnet_viz": __version__, "torch": torch.__version__, "python": platform.python_version()}


def set_up_threads(threads: int | None = None) -> None:
    """Threads and flush-denormal, before the first operation.

    Without a number: what OMP_NUM_THREADS says, or else one for each core.
    """
    torch.set_num_threads(threads or _asked_threads() or os.cpu_count() or 1)
    torch.set_flush_denormal(True)  # a vanishing net may be full of denormals, which are slow on some processors


def _asked_threads() -> int | None:
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdecimal() and int(asked) > 0 else None


def resolve(train: TrainConfig) -> Machine:
    """Resolve `auto`. A CUDA GPU is used where there is one."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return Machine(device, torch.get_num_threads(), _precision(train.precision, device))


def _precision(asked: Precision, device: torch.device) -> Literal["fp32", "bf16"]:
    if asked != "auto":
        return asked
    if not _has_native_bf16(device):
        return "fp32"
    return "bf16" if bf16_speed_up(device) > 1 else "fp32"


def _has_native_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    known = _capabilities()
    return any(bool(known.get(name)) for name in ("avx512_bf16", "amx_bf16", "avx10_2", "bf16", "sve_bf16"))


def _capabilities() -> dict[str, object]:
    # Without it (older torch), auto stays at fp32: slower at worst, never emulated.
    return getattr(torch.cpu, "get_capabilities", dict)()


def bf16_speed_up(device: torch.device) -> float:
    """Seconds of a ResNet-20 step in fp32 over those in bf16; measured once and remembered for the machine."""
    path = cache_folder() / "precision.json"
    key = f"{Machine(device, 1, 'fp32').device_name} / {torch.get_num_threads()} threads / torch {torch.__version__}"
    known = _read(path)
    if key not in known:
        known[key] = round(_step_seconds(device, "fp32") / _step_seconds(device, "bf16"), 3)
        _write(path, known)
    return known[key]


def _step_seconds(device: torch.device, precision: Literal["fp32", "bf16"]) -> float:
    net = build_net(NetConfig(depth=20)).to(device)
    images = torch.randn(TRIAL_BATCH, 3, 32, 32).to(device, memory_format=torch.channels_last)
    labels = torch.zeros(TRIAL_BATCH, dtype=torch.long, device=device)
    seconds = []
    for _ in range(TRIAL_STEPS + 1):
        start = time.perf_counter()
        with Machine(device, 1, precision).autocast:
            loss = functional.cross_entropy(net(images), labels)
        loss.backward()
        loss.item()
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])  # the first one builds kernels


def _read(path: Path) -> dict[str, float]:
    try:
        known = json.loads(path.read_text())
        return {str(key): float(value) for key, value in known.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning("%s is ignored: %s", path, error)
        return {}


def _write(path: Path, known: dict[str, float]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps(known, indent=1))
        part.replace(path)
    except OSError as error:  # only a memory: the next worker measures again
        log.warning("%s can't be written: %s", path, error)
