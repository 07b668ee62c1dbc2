import errno
import io
import os
import tarfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from torchvision.datasets import CIFAR10, CIFAR100

from resnet_viz.control import Unattended
from resnet_viz.data.download import download, source_of
from resnet_viz.fetching import Source
from resnet_viz.places import CACHE_VARIABLE, MIRROR_VARIABLE, DatasetPlace, DataUnavailable, find_dataset
from resnet_viz.records import Finished, Progress
from tests import serving as server
from tests.serving import CHUNK, StopAt, fetch_here_in_small_chunks, host_of, left_in, md5, unheard

FILE = CIFAR10.filename
CONTENT = os.urandom(100_000)  # so that the archive does not shrink to a single chunk

pytestmark = pytest.mark.usefixtures("no_data")


@pytest.fixture(autouse=True)
def here_in_small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    fetch_here_in_small_chunks(monkeypatch)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def packed(*names: str, content: bytes = CONTENT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


ARCHIVE = packed("cifar-10-batches-py/data_batch_1")


def serving(body: bytes, **how: int) -> AbstractContextManager[str]:
    return server.serving(FILE, body, **how)


def archive_at(url: str, body: bytes = ARCHIVE) -> Source:
    return Source(url, md5(body), "md5")


def refused(source: Source) -> str:
    """The sentence of a download that fails."""
    with pytest.raises(DataUnavailable) as error:
        list(download("cifar10", Unattended(), source))
    return str(error.value)


def test_a_download_lands_in_the_cache_and_is_found_there(cache: Path) -> None:
    assert find_dataset("cifar10") is None
    with serving(ARCHIVE) as url:
        *progress, last = download("cifar10", Unattended(), archive_at(url))
    assert last == Finished(reason="completed", step=0)
    assert progress == [Progress(done=min(CHUNK * n, len(ARCHIVE)), total=len(ARCHIVE)) for n in range(1, 12)]
    assert (cache / "cifar-10-batches-py" / "data_batch_1").read_bytes() == CONTENT
    assert left_in(cache) == ["cifar-10-batches-py", "data_batch_1"]
    assert find_dataset("cifar10") == DatasetPlace("archive", cache)


def test_a_download_replaces_a_damaged_folder_and_the_leftovers_of_a_killed_one(cache: Path) -> None:
    for folder in ("cifar-10-batches-py", "cifar10.part/unpacked/cifar-10-batches-py"):
        (cache / folder).mkdir(parents=True)
        (cache / folder / "data_batch_9").write_bytes(b"half")
    (cache / "cifar10.part" / "archive.tar.gz").write_bytes(ARCHIVE[:100])
    with serving(ARCHIVE) as url:
        *_, last = download("cifar10", Unattended(), archive_at(url))
    assert last == Finished(reason="completed", step=0)
    assert left_in(cache) == ["cifar-10-batches-py", "data_batch_1"]


def test_a_file_with_another_checksum_is_refused_and_nothing_is_left(cache: Path) -> None:
    with serving(ARCHIVE) as url:
        sentence = refused(archive_at(url, body=b"another file"))
    assert sentence == (
        f"CIFAR-10 arrived damaged from {host_of(url)}: its checksum is another one. Nothing was kept; try again."
    )
    assert left_in(cache) == []


def test_a_failed_download_leaves_the_one_before_it_alone(cache: Path) -> None:
    with serving(ARCHIVE) as url:
        list(download("cifar10", Unattended(), archive_at(url)))
        refused(archive_at(url, body=b"another file"))
    assert left_in(cache) == ["cifar-10-batches-py", "data_batch_1"]


def test_a_connection_that_breaks_off_is_refused_and_nothing_is_left(cache: Path) -> None:
    with serving(ARCHIVE[:20_000], promised=len(ARCHIVE)) as url:
        sentence = refused(archive_at(url))
    assert "127.0.0.1" in sentence
    assert sentence.startswith("CIFAR-10 ")
    assert left_in(cache) == []


@pytest.mark.parametrize("question", [1, 2, 5])
def test_a_stopped_download_says_so_and_leaves_nothing(question: int, cache: Path) -> None:
    with serving(ARCHIVE) as url:
        *progress, last = download("cifar10", StopAt(question), archive_at(url))
    assert last == Finished(reason="stopped", step=0)
    assert len(progress) == question - 1
    assert left_in(cache) == []


def test_a_download_that_nobody_reads_on_leaves_nothing(cache: Path) -> None:
    with serving(ARCHIVE) as url:
        records = download("cifar10", Unattended(), archive_at(url))
        next(records)
        assert "archive.tar.gz" in left_in(cache)
        records.close()
    assert left_in(cache) == []


def test_without_a_connection_one_sentence_names_the_host(cache: Path) -> None:
    with unheard() as host:
        sentence = refused(archive_at(f"http://{host}/{FILE}"))
    assert sentence == (
        f"CIFAR-10 can't be fetched: no connection to {host}. Check the network and try again; shapes needs none."
    )
    assert left_in(cache) == []


@pytest.mark.parametrize("status", [404, 500])
def test_a_server_without_the_file_is_refused_and_nothing_is_left(status: int, cache: Path) -> None:
    with serving(b"no", status=status) as url:
        sentence = refused(archive_at(url))
    assert sentence == (
        f"CIFAR-10 can't be fetched: {host_of(url)} answered {status}. Try again later; shapes needs no network."
    )
    assert left_in(cache) == []


@pytest.mark.parametrize("body", [b"no archive", packed("../evil")], ids=["text", "a way out"])
def test_a_file_that_can_not_be_unpacked_is_refused_and_nothing_is_left(body: bytes, cache: Path) -> None:
    with serving(body) as url:
        sentence = refused(archive_at(url, body))
    assert sentence == "CIFAR-10 can't be unpacked. Nothing was kept; try again."
    assert left_in(cache.parent) == ["cache"]


def test_a_cache_that_can_not_be_made_is_an_error_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file" / "cache"))
    with serving(ARCHIVE) as url, pytest.raises(OSError, match="file"):
        list(download("cifar10", Unattended(), archive_at(url)))


@pytest.mark.parametrize("target", ["replace", "open"])
def test_a_full_disk_is_an_error_of_the_disk_and_leaves_nothing(
    target: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with serving(ARCHIVE) as url:
        with monkeypatch.context() as patch:
            patch.setattr(*{"replace": (os, "replace", full), "open": (Path, "open", full)}[target])
            with pytest.raises(OSError, match="No space left") as error:
                list(download("cifar10", Unattended(), archive_at(url)))
        assert error.value.errno == errno.ENOSPC
        assert left_in(cache) == []
        *_, last = download("cifar10", Unattended(), archive_at(url))
    assert last == Finished(reason="completed", step=0)


@pytest.mark.parametrize(("name", "reader"), [("cifar10", CIFAR10), ("cifar100", CIFAR100)])
def test_address_and_checksum_are_those_of_torchvision(name: Any, reader: type[CIFAR10]) -> None:
    assert source_of(name) == Source(reader.url, reader.tgz_md5, "md5")
    assert source_of(name).url.startswith("https://")


def test_shapes_are_not_fetched() -> None:
    with pytest.raises(ValueError, match="there is nothing to fetch"):
        source_of("shapes")
    assert source_of("cifar10")


@pytest.mark.parametrize("end", ["", "/"])
def test_a_mirror_is_asked_for_the_same_file_with_the_same_checksum(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, f"http://school.example/data/sets{end}")
    assert source_of("cifar10") == Source(f"http://school.example/data/sets/{FILE}", CIFAR10.tgz_md5, "md5")
    monkeypatch.setenv(MIRROR_VARIABLE, "")
    assert source_of("cifar10").url == CIFAR10.url


def test_a_download_comes_from_the_mirror(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(ARCHIVE))
    with serving(ARCHIVE) as url:
        monkeypatch.setenv(MIRROR_VARIABLE, url.removesuffix(FILE))
        *_, last = download("cifar10", Unattended())
    assert last == Finished(reason="completed", step=0)
    assert left_in(cache) == ["cifar-10-batches-py", "data_batch_1"]


def test_a_mirror_that_is_no_address_is_refused_in_one_sentence(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, "school")
    assert "school" in refused(source_of("cifar10"))
    assert left_in(cache) == []
