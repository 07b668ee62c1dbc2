from collections.abc import Iterator

import pytest
import torch

from resnet_viz.net_questions import Chain
from resnet_viz.probes import chains
from resnet_viz.probes.threads import one_thread


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_the_threads_are_given_back_after_an_error_too(two_threads: None) -> None:
    def fails() -> None:
        with one_thread():
            raise KeyError(torch.get_num_threads())

    with pytest.raises(KeyError, match="1"):
        fails()
    assert torch.get_num_threads() == 2


def test_a_chain_is_measured_in_one_thread(two_threads: None, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real = chains.returning_norms

    def looking(*given: object) -> list[float]:
        seen.append(torch.get_num_threads())
        return real(*given)

    monkeypatch.setattr(chains, "returning_norms", looking)
    chains.measure(Chain(blocks=2, width=4))
    assert seen == [1, 1]
    assert torch.get_num_threads() == 2
