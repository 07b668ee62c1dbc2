"""Forward hooks, borrowed and given back."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
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
    with ExitStack() as handles:
        for module, hook in after:
            handles.callback(module.register_forward_hook(hook).remove)
        for module, pre_hook in before:
            handles.callback(module.register_forward_pre_hook(pre_hook).remove)
        yield


@contextmanager
def no_attributes_left(net: nn.Module) -> Iterator[None]:
    """What is set on modules inside, and was not there before, is gone afterwards, also after an error."""
    before = [(module, set(vars(module))) for module in net.modules()]
    try:
        yield
    finally:
        for module, names in before:
            for name in vars(module).keys() - names:
                delattr(module, name)


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

    def count(_module: nn.Module, inputs: tuple[Tensor | tuple[Tensor], ...]) -> None:
        # DeepLIFT hands over a tuple of pictures and one of baselines, which it only then puts into one batch.
        see(sum(len(part) if isinstance(part, Tensor) else len(part[0]) for part in inputs))

    with forward_hooks([], [(net, count)]):
        yield
