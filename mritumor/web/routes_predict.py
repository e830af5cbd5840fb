"""Routes that take a study and predict."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Query, UploadFile
from fastapi.responses import FileResponse

from mritumor.web import schemas
from mritumor.web.jobs import Job
from mritumor.web.pairs import pair_name, plan
from mritumor.web.routes import ERRORS, TheJobs, TheSettings, result_of, status_of
from mritumor.web.uploads import is_volume, store

Name = Annotated[
    str | None,
    Form(description="A model or a pair of /models; default: a model that fits."),
]
Wait = Annotated[
    bool, Query(description="False: answer at once; then ask /jobs/{job}.")
]
router = APIRouter(tags=["predict"])


class Intake:
    """The study of a request, on its way to a worker."""

    def __init__(
        self,
        settings: TheSettings,
        jobs: TheJobs,
        files: Annotated[
            list[UploadFile],
            File(description="One study.", min_length=1, max_length=1000),
        ],
    ) -> None:
        self.settings, self.jobs, self.files = settings, jobs, files

    async def predict(
        self,
        model: str | None,
        wants: str,
        wait: bool = True,
        parts: tuple[str | None, str | None, bool] | None = None,
    ) -> Job:
        """Store the files, queue them, and by default wait for the result.

        Args:
            model: a model's or a pair's name; None: one that fits.
            wants: as for `mritumor.web.models.choose`.
            wait: whether to wait.
            parts: of a pair, in the place of its name.
        """
        bundles = self.settings.bundles
        job = self.jobs.new()
        try:
            limit = self.settings.max_upload
            paths = await store(self.files, job.folder / "input", limit)
            single = _channels(paths[0]) if len(paths) == 1 else None
            if parts is not None:
                model = pair_name(bundles, *parts, single)
            volume = is_volume([p.name for p in paths])
            job.plan = plan(bundles, model, wants, volume, single)
            future = self.jobs.submit(job, "predict", job.plan)
            if wait:
                await asyncio.wrap_future(future)
        except BaseException:  # also a full disk, or a client that went away
            self.jobs.drop(job)
            raise
        return job


Study = Annotated[Intake, Depends()]


@router.post(
    "/predict_classification",
    summary="Class name and probabilities",
    responses=ERRORS,
)
async def classify(study: Study, model: Name = None) -> schemas.Classes:
    """Tell the class of a study."""
    job = await study.predict(model, "class")
    result = result_of(job)
    return schemas.Classes(
        job=job.id,
        model=job.model,
        class_name=str(result.class_name),
        probabilities=result.probabilities,
        seconds=result.seconds,
    )


@router.post(
    "/predict_segmentation",
    summary="Outline; threshold 0.5, border by binary dilation in red",
    response_model=schemas.Result,
    responses={**ERRORS, 200: {"content": {"image/png": {}}}},
)
async def segment(
    study: Study,
    model: Name = None,
    give: Annotated[
        Literal["json", "border", "mask"],
        Query(description="Facts, the image with a red border, or the mask."),
    ] = "json",
) -> Any:
    """Outline a study."""
    job = await study.predict(model, "labels")
    if give == "json":
        return result_of(job)
    assert job.result is not None
    written = job.result["files"]
    kinds = ("png",) if give == "border" else ("mask", "nifti")
    name = next(written[k] for k in kinds if k in written)
    return FileResponse(job.folder / name, filename=f"{job.result['case']}_{name}")


@router.post(
    "/predict",
    summary="Whatever the model gives: class, outline or both",
    responses=ERRORS,
)
async def predict(
    study: Study, model: Name = None, wait: Wait = True
) -> schemas.Status:
    """Ask one model, or a pair, for all that it gives."""
    return status_of(await study.predict(model, "any", wait))


@router.post(
    "/predict_pipeline",
    summary="Class of one model, outline of another",
    responses=ERRORS,
)
async def pipeline(
    study: Study,
    classify: Annotated[
        str | None, Form(description="Tells the class; default: one that fits.")
    ] = None,
    segment: Annotated[
        str | None, Form(description="Outlines; default: one that fits.")
    ] = None,
    gate: Annotated[
        bool, Form(description="Outline only what is called a tumour.")
    ] = False,
    wait: Wait = True,
) -> schemas.Status:
    """Ask two models, each for its part."""
    parts = classify, segment, gate
    return status_of(await study.predict(None, "any", wait, parts))


def _channels(path: Path) -> int | None:
    """Return 1 of a grey picture, 3 of a coloured one, None of anything else."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return {"L": 1, "I;16": 1, "RGB": 3}.get(picture.mode)
    except Exception:  # whatever a broken file raises: the worker says it better
        return None
