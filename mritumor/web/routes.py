"""What all routes share: the server's settings and jobs, errors, and a job in words."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends
from fastapi import Path as InPath
from fastapi import Request

from mritumor.web import schemas
from mritumor.web.jobs import Job, Jobs
from mritumor.web.settings import Settings

WORDS = {
    400: "An empty file, or a name with a path",
    404: "No such model, job or file",
    409: "The model has no weights, or does not do this",
    413: "The upload is too large",
    415: "A file of an unknown type",
    422: "The files cannot be read or do not fit the model",
    429: "Too many requests are waiting",
    503: "The process that predicts died; it was started again",
}
ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"model": schemas.Error, "description": words}
    for code, words in WORDS.items()
}
JobId = Annotated[str, InPath(pattern="^[0-9a-f]{32}$", description="Of the job.")]


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs


TheSettings = Annotated[Settings, Depends(_settings)]
TheJobs = Annotated[Jobs, Depends(_jobs)]


def result_of(job: Job) -> schemas.Result:
    """Return what a finished job found, with the addresses of its files."""
    result = dict(job.result or {})
    base = f"/jobs/{job.id}/files"
    kinds = {"image": "image.nii.gz"}
    result["files"] = {k: f"{base}/{kinds.get(k, k)}" for k in result["files"]}
    result["heat"] = f"{base}/heat" if result["heat"] else None
    return schemas.Result(job=job.id, model=job.model, **result)


def status_of(job: Job) -> schemas.Status:
    """Return how far a job is, with its result once there is one."""
    return schemas.Status(
        job=job.id,
        model=job.model,
        state=job.state,
        step=job.step,
        problem=job.problem,
        result=result_of(job) if job.result is not None else None,
    )
