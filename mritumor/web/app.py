"""The application: its routes, its limits, and how it tells what went wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from mritumor import __version__
from mritumor.web import routes_facts, routes_predict, routes_results
from mritumor.web.jobs import Jobs
from mritumor.web.limit import Guard
from mritumor.web.problems import Problem
from mritumor.web.settings import Settings

DESCRIPTION = """Brain-tumour MRI: a class, an outline, or both. **Not a medical device.**

Send PNG, JPEG, TIFF, BMP, Figshare's MAT, NIfTI (4-D, or a file per sequence), DICOM
files, or one zip of these, as multipart field `files`. Errors are `{"detail": sentence}`.
"""


def create_app(settings: Settings) -> FastAPI:
    """Return the application; its workers live as long as it runs.

    Args:
        settings: of the server.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.jobs = Jobs(settings)
        try:
            yield
        finally:
            app.state.jobs.close()

    app = FastAPI(
        title="mritumor",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's pages load scripts from another host
        redoc_url=None,
    )
    app.state.settings = settings
    app.add_middleware(Guard, most=settings.max_upload)
    app.add_exception_handler(Problem, _told)
    app.add_exception_handler(RequestValidationError, _invalid)
    for routes in (routes_facts, routes_predict, routes_results):
        app.include_router(routes.router)
    app.mount("/static", StaticFiles(directory=routes_facts.STATIC), name="static")
    return app


async def _told(request: Request, problem: Any) -> JSONResponse:
    return JSONResponse({"detail": problem.sentence}, problem.status)


async def _invalid(request: Request, error: Any) -> JSONResponse:
    first = error.errors()[0]
    where = " ".join(str(part) for part in first["loc"])
    return JSONResponse({"detail": f"{where}: {first['msg']}."}, 422)
