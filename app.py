"""The server: `streamlit run app.py`. Starts and stops the engine; the pages are listed in pages/main.py."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import Route

from resnet_viz import __version__
from resnet_viz.engine.store import StoreError
from resnet_viz.ui import engine
from resnet_viz.ui.live_plot import PLOTLY_JS, PLOTLY_ROUTE

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """The engine lives as long as the server."""
    try:
        await run_in_threadpool(engine.manager)
    except StoreError:
        log.exception("the engine is not open; the first page tries again and says why")
    yield {}
    await run_in_threadpool(engine.close)


async def plotly_js(_: Request) -> FileResponse:
    """The plotly.min.js of the installed plotly; its version is in the address, so browsers may keep it."""
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(PLOTLY_JS, media_type="text/javascript", headers=headers)


async def healthz(_: Request) -> JSONResponse:
    """For whoever watches the server."""
    return JSONResponse({"status": "ok", "version": __version__})


def on_script_error(error: Exception) -> bool:
    """A page that fails unexpectedly shows a sentence; the log has the trace."""
    log.error("a page failed", exc_info=error)
    st.error("Something went wrong on this page. Reload it; runs go on meanwhile. The server's log has the details.")
    return True


app = st.App(
    "pages/main.py",
    lifespan=lifespan,
    routes=[Route(PLOTLY_ROUTE, plotly_js), Route("/healthz", healthz)],
    on_script_error=on_script_error,
)
