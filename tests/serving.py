"""A server with one file, and what tests of downloads ask of it."""

import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from resnet_viz import fetching
from resnet_viz.control import Stopped, Unattended

CHUNK = 10_000


class StopAt(Unattended):
    """A control that ends the download when it is asked for the nth time."""

    def __init__(self, question: int) -> None:
        self.left = question

    def check(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Stopped


def fetch_here_in_small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy stands between a test and its server, and every chunk is reported."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(fetching, "CHUNK", CHUNK)
    monkeypatch.setattr(fetching, "REPORT_EVERY_S", -1.0)


@contextmanager
def serving(name: str, body: bytes, *, status: int = 200, promised: int | None = None) -> Iterator[str]:
    """Address of a server that has one file, and may promise more bytes than it sends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path.endswith(f"/{name}")
            self.send_response(status if known else 404)
            self.send_header("Content-Length", str(promised or len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/{name}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def unheard() -> Iterator[str]:
    """A host that nobody listens at: its port is taken for as long."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def host_of(url: str) -> str:
    return url.removeprefix("http://").partition("/")[0]


def md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))
