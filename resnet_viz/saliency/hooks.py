"""Forward hooks, borrowed and given back."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torch import Tensor, nn

Hook = Callable[[nn.Module, Any, Tensor], Tensor | None]
PreHook = Callable[[nn.Module, Any], Any]


@contextmanager
def forward_hooks(
    after: Iterable[tuple[nn.Module, Hook]], before: Iterable[tuple[nn.Module, PreHook]] = ()
) -> Iterator[None]:
    """Hooks after and before the forward pass of modules. Every one is gone afterwards, also after an error."""
    handles = [module.register_forward_hook(hook) for module, hook in after]
    handles += [module.register_forward_pre_hook(hook) for module, hook in before]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def outputs_of(net: nn.Module, names: Iterable[str]) -> Iterator[dict[str, Tensor]]:
    """Copies of what the named modules gave in the last pass: torchvision's blocks add in place."""
    outputs: dict[str, Tensor] = {}

    def keep(name: str, _module: nn.Module, _inputs: Any, output: Tensor) -> None:
        outputs[name] = output.detach().clone()

    with forward_hooks((net.get_submodule(name), partial(keep, name)) for name in names):
        yield outputs


@contextmanager
def counted(net: nn.Module, see: Callable[[int], None]) -> Iterator[None]:
    """Tell `see` how many images each forward pass carries; what it raises ends the pass."""

    def count(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        see(len(inputs[0]))

    with forward_hooks([], [(net, count)]):
        yield
