"""Routes that predict nothing: the page, its viewer, health, and the models there are."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

from mritumor import __version__
from mritumor.web import schemas
from mritumor.web.models import list_models
from mritumor.web.pairs import pairs
from mritumor.web.problems import Problem
from mritumor.web.routes import TheJobs, TheSettings
from mritumor.web.uploads import ACCEPTED
from mritumor.web.viewer import viewer_file

STATIC = Path(__file__).parent / "static"
router = APIRouter()


@router.get("/", include_in_schema=False)
def page() -> FileResponse:
    """Return the page."""
    return FileResponse(STATIC / "index.html")


@router.get("/viewer.js", include_in_schema=False)
def viewer(settings: TheSettings) -> FileResponse:
    """Return the 3-D viewer, where it is installed."""
    path = viewer_file(settings.viewer)
    if path is None:
        raise Problem(404, "The 3-D viewer is not installed.")
    return FileResponse(path, media_type="text/javascript")


@router.get("/health", tags=["facts"], summary="Whether the server works")
def health(jobs: TheJobs) -> schemas.Health:
    """Say how many workers live, and how many requests wait."""
    living = len(jobs.worker_ids)
    return schemas.Health(
        status="ok" if living else "starting",
        workers=living,
        waiting=jobs.waiting,
        restarts=jobs.restarts,
        version=__version__,
    )


@router.get("/models", tags=["facts"], summary="Models, and limits of uploads")
def models(settings: TheSettings) -> schemas.ModelList:
    """Say what each model takes and gives, and which two go together."""
    found = list_models(settings.bundles)
    return schemas.ModelList(
        models=[schemas.ModelInfo(**m.as_dict()) for m in found],
        pairs=[
            schemas.PairInfo(
                name=p.name,
                classify=p.classify.name,
                segment=p.segment.name,
                gate=p.gate,
            )
            for p in pairs(found)
        ],
        max_upload=settings.max_upload,
        keep_minutes=settings.keep_minutes,
        accepted=list(ACCEPTED),
        viewer=viewer_file(settings.viewer) is not None,
    )
