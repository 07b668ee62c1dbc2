import errno
import hashlib
import os
import re
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
import torch.hub
from torchvision import models

from resnet_viz.config import TITLES
from resnet_viz.control import Unattended
from resnet_viz.engine import jobs
from resnet_viz.engine.protocol import DownloadJob, parse_command
from resnet_viz.fetching import Source
from resnet_viz.places import CACHE_VARIABLE, MIRROR_VARIABLE, WEIGHTS_VARIABLE, DataUnavailable
from resnet_viz.questions import MODEL_TITLES, TORCHVISION_MODELS, ModelName
from resnet_viz.records import Finished, Progress
from resnet_viz.saliency import download as module
from resnet_viz.saliency.catalogue import file_name, find_weights
from resnet_viz.saliency.download import download_weights, source_of
from tests import serving as server
from tests.serving import CHUNK, StopAt, fetch_here_in_small_chunks, host_of, left_in, unheard

NAME: ModelName = "resnet18"
FILE = file_name(NAME)
WEIGHTS = os.urandom(100_500)
# What torchvision calls the weights that the app means.
TORCHVISION = {
    "resnet18": "ResNet18_Weights.IMAGENET1K_V1",
    "resnet34": "ResNet34_Weights.IMAGENET1K_V1",
    "resnet50": "ResNet50_Weights.IMAGENET1K_V1",
    "resnet50-v2": "ResNet50_Weights.IMAGENET1K_V2",
    "resnet101": "ResNet101_Weights.IMAGENET1K_V1",
    "resnet152": "ResNet152_Weights.IMAGENET1K_V1",
}


@pytest.fixture(autouse=True)
def here_in_small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    fetch_here_in_small_chunks(monkeypatch)
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of the weights in the cache."""
    return tmp_path / "cache" / "weights"


def serving(body: bytes = WEIGHTS, **how: int) -> AbstractContextManager[str]:
    return server.serving(FILE, body, **how)


def digits(body: bytes) -> str:
    """As many of the SHA-256 as torchvision's names carry."""
    return hashlib.sha256(body).hexdigest()[:8]


def source_at(url: str, body: bytes = WEIGHTS) -> Source:
    return Source(url, digits(body), "sha256")


def refused(source: Source) -> str:
    """The sentence of a download that fails."""
    with pytest.raises(DataUnavailable) as error:
        list(download_weights(NAME, Unattended(), source))
    return str(error.value)


def test_weights_land_in_the_cache_under_torchvisions_name_and_are_found_there(folder: Path) -> None:
    assert find_weights(NAME) is None
    with serving() as url:
        *progress, last = download_weights(NAME, Unattended(), source_at(url))
    assert last == Finished(reason="completed", step=0)
    total = len(WEIGHTS)
    assert progress == [Progress(done=min(CHUNK * n, total), total=total) for n in range(1, 12)]
    assert left_in(folder) == [FILE]
    assert find_weights(NAME) == folder / FILE
    assert (folder / FILE).read_bytes() == WEIGHTS
    assert find_weights("resnet34") is None


def test_nothing_is_found_before_the_file_is_whole_and_checked(folder: Path) -> None:
    with serving() as url:
        for record in download_weights(NAME, Unattended(), source_at(url)):
            found = find_weights(NAME)
            assert (found is None) == isinstance(record, Progress)
            assert len(left_in(folder)) == 1


def test_leftovers_of_a_killed_download_go_and_other_weights_stay(folder: Path) -> None:
    folder.mkdir(parents=True)
    other = file_name("resnet34")
    for name in (f"{FILE}.part", f"{FILE}.0123.part", other, f"{other}.0123.part"):
        (folder / name).write_bytes(b"half")
    with serving() as url:
        *_, last = download_weights(NAME, Unattended(), source_at(url))
    assert last == Finished(reason="completed", step=0)
    assert left_in(folder) == sorted([FILE, other, f"{other}.0123.part"])  # somebody may be fetching that one


def test_weights_replace_a_damaged_file(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(b"damaged")
    with serving() as url:
        list(download_weights(NAME, Unattended(), source_at(url)))
    assert (folder / FILE).read_bytes() == WEIGHTS


def test_two_programs_that_fetch_the_same_weights_never_take_half_a_file(folder: Path) -> None:
    with serving() as url:
        first = download_weights(NAME, Unattended(), source_at(url))
        next(first)
        second = download_weights(NAME, Unattended(), source_at(url))
        next(second)
        with pytest.raises(FileNotFoundError):  # the second took the first for one that was killed
            list(first)
        assert find_weights(NAME) is None
        list(second)
    assert left_in(folder) == [FILE]
    assert (folder / FILE).read_bytes() == WEIGHTS


@pytest.mark.parametrize(
    "digest", [digits(b"another file"), hashlib.sha256(WEIGHTS).hexdigest() + "0"], ids=["another", "longer"]
)
def test_a_file_with_another_checksum_is_refused_and_nothing_is_left(digest: str, folder: Path) -> None:
    with serving() as url:
        sentence = refused(Source(url, digest, "sha256"))
    assert sentence == (
        f"ResNet-18 arrived damaged from {host_of(url)}: its checksum is another one. Nothing was kept; try again."
    )
    assert left_in(folder) == []


def test_a_failed_download_leaves_the_one_before_it_alone(folder: Path) -> None:
    with serving() as url:
        list(download_weights(NAME, Unattended(), source_at(url)))
        refused(source_at(url, body=b"another file"))
    assert left_in(folder) == [FILE]
    assert (folder / FILE).read_bytes() == WEIGHTS


def test_a_connection_that_breaks_off_is_refused_and_nothing_is_left(folder: Path) -> None:
    with serving(WEIGHTS[:20_000], promised=len(WEIGHTS)) as url:
        sentence = refused(source_at(url))
    assert sentence.startswith("ResNet-18 ")
    assert host_of(url) in sentence
    assert left_in(folder) == []


@pytest.mark.parametrize("question", [1, 2, 5])
def test_a_stopped_download_says_so_and_leaves_nothing(question: int, folder: Path) -> None:
    with serving() as url:
        *progress, last = download_weights(NAME, StopAt(question), source_at(url))
    assert last == Finished(reason="stopped", step=0)
    assert len(progress) == question - 1
    assert left_in(folder) == []


def test_a_download_that_nobody_reads_on_leaves_nothing(folder: Path) -> None:
    with serving() as url:
        records = download_weights(NAME, Unattended(), source_at(url))
        next(records)
        (part,) = left_in(folder)
        assert re.fullmatch(rf"{FILE}\.[0-9a-f]+\.part", part)
        records.close()
    assert left_in(folder) == []


def test_without_a_connection_one_sentence_names_the_host(folder: Path) -> None:
    with unheard() as host:
        sentence = refused(source_at(f"http://{host}/{FILE}"))
    assert sentence == (
        f"ResNet-18 can't be fetched: no connection to {host}. Check the network and try again; "
        "EfficientNet-Lite0 needs none."
    )
    assert left_in(folder) == []


@pytest.mark.parametrize("status", [404, 500])
def test_a_server_without_the_file_is_refused_and_nothing_is_left(status: int, folder: Path) -> None:
    with serving(b"no", status=status) as url:
        sentence = refused(source_at(url))
    assert sentence == (
        f"ResNet-18 can't be fetched: {host_of(url)} answered {status}. Try again later; "
        "EfficientNet-Lite0 needs no network."
    )
    assert left_in(folder) == []


def test_a_cache_that_can_not_be_made_is_an_error_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file" / "cache"))
    with serving() as url, pytest.raises(OSError, match="file"):
        list(download_weights(NAME, Unattended(), source_at(url)))


@pytest.mark.parametrize("target", ["replace", "open"])
def test_a_full_disk_is_an_error_of_the_disk_and_leaves_nothing(
    target: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with serving() as url:
        with monkeypatch.context() as patch:
            patch.setattr(*{"replace": (os, "replace", full), "open": (Path, "open", full)}[target])
            with pytest.raises(OSError, match="No space left") as error:
                list(download_weights(NAME, Unattended(), source_at(url)))
        assert error.value.errno == errno.ENOSPC
        assert left_in(folder) == []
        *_, last = download_weights(NAME, Unattended(), source_at(url))
    assert last == Finished(reason="completed", step=0)


@pytest.mark.parametrize("name", TORCHVISION_MODELS)
def test_address_and_checksum_are_those_of_torchvision(name: ModelName) -> None:
    url = models.get_weight(TORCHVISION[name]).url
    found = torch.hub.HASH_REGEX.search(url.rpartition("/")[2])  # by which torch checks its own downloads
    assert found is not None
    assert source_of(name) == Source(url, found.group(1), "sha256")
    assert len(source_of(name).digest) == 8
    assert url.startswith("https://")


@pytest.mark.parametrize("name", ["efficientnet-lite0", "cifar-net"])
def test_a_model_that_torchvision_does_not_have_is_not_fetched(name: ModelName, folder: Path) -> None:
    with pytest.raises(ValueError, match=f"no weights for {name}; choose from resnet50, ") as error:
        list(download_weights(name, Unattended()))
    assert "\n" not in str(error.value)
    assert not folder.exists()


@pytest.mark.parametrize("end", ["", "/"])
def test_a_mirror_is_asked_for_the_same_file_with_the_same_checksum(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = source_of(NAME)
    monkeypatch.setenv(MIRROR_VARIABLE, f"http://school.example/nets{end}")
    assert source_of(NAME) == replace(plain, url=f"http://school.example/nets/{FILE}")
    monkeypatch.setenv(MIRROR_VARIABLE, "")
    assert source_of(NAME) == plain


def test_weights_come_from_the_mirror(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as url:
        monkeypatch.setenv(MIRROR_VARIABLE, url.removesuffix(FILE))
        assert "arrived damaged" in refused(source_of(NAME))  # the real checksum holds there too
        list(download_weights(NAME, Unattended(), replace(source_of(NAME), digest=digits(WEIGHTS))))
    assert left_in(folder) == [FILE]


def test_a_mirror_that_is_no_address_is_refused_in_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, "school")
    assert "school" in refused(source_of(NAME))
    assert left_in(folder) == []


def test_a_worker_fetches_weights_by_the_name_of_the_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = DownloadJob(run="r", name=NAME)
    assert parse_command(job.model_dump_json()) == job
    with serving() as url:
        monkeypatch.setattr(module, "source_of", lambda name: source_at(url))
        *_, last = jobs.run(job, Unattended())
    assert last == Finished(reason="completed", step=0)
    assert left_in(folder.parent) == sorted([FILE, "weights"])
    with pytest.raises(ValueError, match="name"):
        parse_command(job.model_dump_json().replace(NAME, "resnet19"))


def test_no_model_has_the_name_of_a_data_set() -> None:
    assert set(MODEL_TITLES) == set(get_args(ModelName))
    assert not set(TITLES) & set(MODEL_TITLES)
