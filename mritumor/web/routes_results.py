"""Routes of what was predicted: how far a job is, its files, planes of a volume."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi import Query
from fastapi.responses import FileResponse, Response

from mritumor.web import schemas
from mritumor.web.heat import PICTURE, VOLUME
from mritumor.web.jobs import Job, Jobs
from mritumor.web.pairs import Plan
from mritumor.web.planes import draw_plane
from mritumor.web.problems import Problem
from mritumor.web.routes import ERRORS, JobId, TheJobs, status_of

MADE = {"report": "report.html", "heat": PICTURE, VOLUME: VOLUME}
"""Written by the worker when it is first asked for."""
MISSING: dict[int | str, dict[str, Any]] = {code: ERRORS[code] for code in (404, 422)}
Percent = Annotated[float, Query(ge=0, le=100, description="Of the volume's levels.")]
router = APIRouter(prefix="/jobs/{job}", tags=["results"])


@router.get("", summary="How far", responses=MISSING)
def status(job: JobId, jobs: TheJobs) -> schemas.Status:
    """Say whether a job waits, runs, is done or failed, and what it found."""
    return status_of(jobs.get(job))


@router.delete("", summary="Remove", responses=ERRORS)
def remove(job: JobId, jobs: TheJobs) -> schemas.Status:
    """Remove a finished job with all its files."""
    found = jobs.get(job)
    if found.state not in ("done", "failed"):
        raise Problem(409, "This job is not finished yet.")
    told = status_of(found)
    jobs.drop(found)
    return told


@router.get(
    "/files/{kind}",
    summary="Download a result",
    response_class=FileResponse,
    responses=ERRORS,
)
async def download(
    job: JobId,
    jobs: TheJobs,
    kind: Literal[
        "nifti",
        "dicom_seg",
        "png",
        "mask",
        "image.nii.gz",
        "report",
        "heat",
        "heat.nii.gz",
    ],
) -> FileResponse:
    """Give a file of a finished job; reports and heat are made when first asked for."""
    found = _done(jobs, job)
    assert found.result is not None
    if kind in MADE:
        await _make(jobs, found, kind)
    files = {**found.result["files"], **MADE}
    files["image.nii.gz"] = files.pop("image", "")
    name = files.get(kind, "")
    if not name or not (found.folder / name).is_file():
        raise Problem(404, f"This job has no {kind}.")
    shown = kind in ("png", "mask", "heat")
    return FileResponse(
        found.folder / name,
        filename=f"{found.result['case']}_{name}",
        content_disposition_type="inline" if shown else "attachment",
    )


@router.get(
    "/planes/{plane}/{index}",
    summary="A plane of a volume as PNG, in radiological display",
    response_class=Response,
    responses={**MISSING, 200: {"content": {"image/png": {}}}},
)
def plane(
    job: JobId,
    jobs: TheJobs,
    plane: Literal["axial", "coronal", "sagittal"],
    index: Annotated[int, InPath(ge=0, le=100_000)],
    low: Percent = 0,
    high: Percent = 100,
    opacity: Annotated[float, Query(ge=0, le=1)] = 0.3,
    heat: Annotated[
        bool, Query(description="With the heat map, once it was asked for.")
    ] = False,
    colours: Annotated[
        str, Query(pattern="^([0-9a-fA-F]{6}(,[0-9a-fA-F]{6}){0,19})?$")
    ] = "",
) -> Response:
    """Draw one plane of a finished job's volume, with its outlines."""
    found = _done(jobs, job)
    volume = (found.result or {}).get("volume")
    if volume is None:
        raise Problem(404, "This job is of no volume.")
    black, white = volume["levels"]
    levels = tuple(black + (white - black) * p / 100 for p in (low, high))
    png = draw_plane(
        found.folder,
        plane,
        index,
        volume["spacing"],
        levels,
        opacity,
        [c for c in colours.split(",") if c],
        heat,
    )
    headers = {"cache-control": "private, max-age=600"}
    return Response(png, media_type="image/png", headers=headers)


def _done(jobs: Jobs, name: str) -> Job:
    job = jobs.get(name)
    if job.state != "done":
        raise Problem(404, f"This job has no results: it is {job.state}.")
    return job


async def _make(jobs: Jobs, job: Job, kind: str) -> None:
    """Have the worker write what is made on demand only."""
    if (job.folder / MADE[kind]).is_file():
        return
    told = job.result or {}
    flat = kind == VOLUME and "image" not in told.get("files", {})
    if kind != "report" and (flat or not told.get("heat")):
        raise Problem(404, f"This job has no {kind}.")
    assert isinstance(job.plan, Plan)
    task = "report" if kind == "report" else "heat"
    await asyncio.wrap_future(jobs.submit(job, task, job.plan))
