"""Downloads as the server and a page see them. What is fetched, and where it lands: tests/data, tests/saliency."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.config import DatasetName
from resnet_viz.engine.downloads import Download, Downloads, title_of
from resnet_viz.engine.protocol import DownloadJob
from resnet_viz.fetching import Source, mirrored
from resnet_viz.places import MIRROR_VARIABLE
from resnet_viz.questions import ModelName
from resnet_viz.records import Failed, Progress
from tests.engine.fakes import FakeLauncher
from tests.waiting import until

MISSING = "The weights of ResNet-50 are not on this machine."


@pytest.fixture
def launcher() -> FakeLauncher:
    return FakeLauncher()


@pytest.fixture
def downloads(launcher: FakeLauncher) -> Iterator[Downloads]:
    opened = Downloads(launcher)
    yield opened
    opened.close()


def page(downloads: "Downloads", missing: str) -> None:  # AppTest takes its source alone, without imports
    from resnet_viz.ui.data_notice import download_notice

    download_notice("resnet50", downloads, missing=missing, megabytes=102.5)


@pytest.fixture
def app(downloads: Downloads) -> AppTest:
    return AppTest.from_function(page, default_timeout=30, kwargs={"downloads": downloads, "missing": MISSING})


def keys(app: AppTest) -> list[str | None]:
    return [button.key for button in app.button]


def test_a_mirror_has_the_file_of_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "https://there.example/some/where/file-1.tar.gz"
    assert mirrored(address) == address
    monkeypatch.setenv(MIRROR_VARIABLE, "http://school.example:8000/copies")
    assert mirrored(address) == "http://school.example:8000/copies/file-1.tar.gz"


def test_a_source_without_a_digest_is_refused() -> None:
    with pytest.raises(ValueError, match=r"https://there\.example/file needs a digest"):
        Source("https://there.example/file", "", "sha256")
    assert Source("https://there.example/file", "0", "sha256").host == "there.example"


@pytest.mark.parametrize(("name", "title"), [("cifar10", "CIFAR-10"), ("resnet50-v2", "ResNet-50, weights V2")])
def test_what_is_fetched_has_a_title(name: DatasetName | ModelName, title: str) -> None:
    assert title_of(name) == title


def test_one_download_at_a_time_be_it_data_or_weights(downloads: Downloads, launcher: FakeLauncher) -> None:
    downloads.start("resnet50")
    downloads.start("cifar10")
    assert downloads.state == Download("resnet50")
    (worker,) = launcher.workers
    assert [command.name for command in worker.sent if isinstance(command, DownloadJob)] == ["resnet50"]


def test_missing_weights_can_be_fetched_from_the_page(
    app: AppTest, downloads: Downloads, launcher: FakeLauncher
) -> None:
    app.run()
    assert [info.value for info in app.info] == [MISSING]
    assert app.button(key="download").label == "Fetch ResNet-50 (102 MB)"
    app.button(key="download").click().run()
    assert downloads.state == Download("resnet50")
    assert keys(app) == ["cancel_download"]
    assert not app.info
    app.button(key="cancel_download").click().run()
    assert launcher.workers[0].actions == ["stop"]
    assert not app.exception


def test_another_download_is_shown_and_no_second_one_is_offered(
    app: AppTest, downloads: Downloads, launcher: FakeLauncher
) -> None:
    downloads.start("cifar10")
    launcher.workers[0].say_line(Progress(done=17_000_000, total=170_000_000).model_dump_json())
    until(lambda: downloads.state == Download("cifar10", done=17_000_000, total=170_000_000))
    app.run()
    assert keys(app) == ["cancel_download"]
    (progress,) = app.get("progress")
    assert (progress.proto.text, progress.proto.value) == ("Fetching CIFAR-10: 17 of 170 MB", 10)


@pytest.mark.parametrize(("name", "errors"), [("resnet50", ["No network."]), ("cifar10", [])])
def test_the_page_says_why_its_own_download_failed(
    name: DatasetName | ModelName, errors: list[str], app: AppTest, downloads: Downloads, launcher: FakeLauncher
) -> None:
    downloads.start(name)
    launcher.workers[0].say_line(Failed(message="No network.").model_dump_json())
    launcher.workers[0].end(0)
    until(lambda: downloads.state == Download(name, active=False, message="No network."))
    app.run()
    assert [error.value for error in app.error] == errors
    assert keys(app) == ["download"]
