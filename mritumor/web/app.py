"""The application: routes, each a few lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import FastAPI, File, Form
from fastapi import Path as InPath
from fastapi import Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from mritumor import __version__
from mritumor.web import schemas
from mritumor.web.heat import PICTURE, VOLUME
from mritumor.web.jobs import Job, Jobs
from mritumor.web.limit import Guard
from mritumor.web.models import list_models
from mritumor.web.pairs import Plan, pair_name, pairs, plan
from mritumor.web.planes import draw_plane
from mritumor.web.problems import Problem
from mritumor.web.settings import Settings
from mritumor.web.uploads import ACCEPTED, is_volume, store
from mritumor.web.viewer import viewer_file

STATIC = Path(__file__).parent / "static"
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
MADE = {"report": "report.html", "heat": PICTURE, VOLUME: VOLUME}
ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"model": schemas.Error, "description": words}
    for code, words in WORDS.items()
}
DESCRIPTION = """Brain-tumour MRI: a class, an outline, or both. **Not a medical device.**

Send PNG, JPEG, TIFF, BMP, Figshare's MAT, NIfTI (4-D, or a file per sequence), DICOM
files, or one zip of these, as multipart field `files`. Errors are `{"detail": sentence}`.
"""
Files = Annotated[
    list[UploadFile], File(description="One study.", min_length=1, max_length=1000)
]
Name = Annotated[
    str | None,
    Form(description="A model or a pair of /models; default: a model that fits."),
]
JobId = Annotated[str, InPath(pattern="^[0-9a-f]{32}$", description="Of the job.")]
Percent = Annotated[float, Query(ge=0, le=100, description="Of the volume's levels.")]


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
    _add_facts(app)
    _add_predictions(app)
    _add_results(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


def _add_facts(app: FastAPI) -> None:
    settings: Settings = app.state.settings

    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    @app.get("/viewer.js", include_in_schema=False)
    def viewer() -> FileResponse:
        path = viewer_file(settings.viewer)
        if path is None:
            raise Problem(404, "The 3-D viewer is not installed.")
        return FileResponse(path, media_type="text/javascript")

    @app.get("/health", tags=["facts"], summary="Whether the server works")
    def health() -> schemas.Health:
        jobs: Jobs = app.state.jobs
        living = len(jobs.worker_ids)
        return schemas.Health(
            status="ok" if living else "starting",
            workers=living,
            waiting=jobs.waiting,
            restarts=jobs.restarts,
            version=__version__,
        )

    @app.get("/models", tags=["facts"], summary="Models, and limits of uploads")
    def models() -> schemas.ModelList:
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


def _add_predictions(app: FastAPI) -> None:
    @app.post(
        "/predict_classification",
        tags=["predict"],
        summary="Class name and probabilities",
        responses=ERRORS,
    )
    async def classify(files: Files, model: Name = None) -> schemas.Classes:
        job = await _predicted(app, files, model, "class")
        result = _result(job)
        return schemas.Classes(
            job=job.id,
            model=job.model,
            class_name=str(result.class_name),
            probabilities=result.probabilities,
            seconds=result.seconds,
        )

    @app.post(
        "/predict_segmentation",
        tags=["predict"],
        summary="Outline; threshold 0.5, border by binary dilation in red",
        response_model=schemas.Result,
        responses={**ERRORS, 200: {"content": {"image/png": {}}}},
    )
    async def segment(
        files: Files,
        model: Name = None,
        give: Annotated[
            Literal["json", "border", "mask"],
            Query(description="Facts, the image with a red border, or the mask."),
        ] = "json",
    ) -> Any:
        job = await _predicted(app, files, model, "labels")
        if give == "json":
            return _result(job)
        assert job.result is not None
        written = job.result["files"]
        kinds = ("png",) if give == "border" else ("mask", "nifti")
        name = next(written[k] for k in kinds if k in written)
        return FileResponse(job.folder / name, filename=f"{job.result['case']}_{name}")

    @app.post(
        "/predict",
        tags=["predict"],
        summary="Whatever the model gives: class, outline or both",
        responses=ERRORS,
    )
    async def predict(
        files: Files,
        model: Name = None,
        wait: Annotated[
            bool, Query(description="False: answer at once; then ask /jobs/{job}.")
        ] = True,
    ) -> schemas.Status:
        job = await _predicted(app, files, model, "any", wait)
        return _status(job)

    @app.post(
        "/predict_pipeline",
        tags=["predict"],
        summary="Class of one model, outline of another",
        responses=ERRORS,
    )
    async def pipeline(
        files: Files,
        classify: Annotated[
            str | None, Form(description="Tells the class; default: one that fits.")
        ] = None,
        segment: Annotated[
            str | None, Form(description="Outlines; default: one that fits.")
        ] = None,
        gate: Annotated[
            bool, Form(description="Outline only what is called a tumour.")
        ] = False,
        wait: Annotated[
            bool, Query(description="False: answer at once; then ask /jobs/{job}.")
        ] = True,
    ) -> schemas.Status:
        job = await _predicted(app, files, None, "any", wait, (classify, segment, gate))
        return _status(job)


def _add_results(app: FastAPI) -> None:
    missing: dict[int | str, dict[str, Any]] = {c: ERRORS[c] for c in (404, 422)}

    @app.get("/jobs/{job}", tags=["results"], summary="How far", responses=missing)
    def status(job: JobId) -> schemas.Status:
        return _status(app.state.jobs.get(job))

    @app.delete("/jobs/{job}", tags=["results"], summary="Remove", responses=ERRORS)
    def remove(job: JobId) -> schemas.Status:
        found: Job = app.state.jobs.get(job)
        if found.state not in ("done", "failed"):
            raise Problem(409, "This job is not finished yet.")
        told = _status(found)
        app.state.jobs.drop(found)
        return told

    @app.get(
        "/jobs/{job}/files/{kind}",
        tags=["results"],
        summary="Download a result",
        response_class=FileResponse,
        responses=ERRORS,
    )
    async def download(
        job: JobId,
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
        found = _done(app, job)
        assert found.result is not None
        if kind in MADE:
            await _made(app, found, kind)
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

    @app.get(
        "/jobs/{job}/planes/{plane}/{index}",
        tags=["results"],
        summary="A plane of a volume as PNG, in radiological display",
        response_class=Response,
        responses={**missing, 200: {"content": {"image/png": {}}}},
    )
    def plane(
        job: JobId,
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
        found = _done(app, job)
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


async def _predicted(
    app: FastAPI,
    files: list[UploadFile],
    model: str | None,
    wants: str,
    wait: bool = True,
    parts: tuple[str | None, str | None, bool] | None = None,
) -> Job:
    """Store files, queue them, and by default wait for the result.

    Args:
        app: of the server.
        files: of the request.
        model: a model's or a pair's name; None: one that fits.
        wants: as for `choose`.
        wait: whether to wait.
        parts: of a pair, in the place of its name.
    """
    settings: Settings = app.state.settings
    jobs: Jobs = app.state.jobs
    job = jobs.new()
    try:
        paths = await store(files, job.folder / "input", settings.max_upload)
        names = [p.name for p in paths]
        single = _channels(paths[0]) if len(paths) == 1 else None
        if parts is not None:
            model = pair_name(settings.bundles, *parts, single)
        job.plan = plan(settings.bundles, model, wants, is_volume(names), single)
        future = jobs.submit(job, "predict", job.plan)
        if wait:
            await asyncio.wrap_future(future)
    except BaseException:  # also a full disk, or a client that went away
        jobs.drop(job)
        raise
    return job


def _channels(path: Path) -> int | None:
    """Return 1 of a grey picture, 3 of a coloured one, None of anything else."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return {"L": 1, "I;16": 1, "RGB": 3}.get(picture.mode)
    except Exception:  # whatever a broken file raises: the worker says it better
        return None


async def _made(app: FastAPI, job: Job, kind: str) -> None:
    """Have the worker write what is made on demand only."""
    if (job.folder / MADE[kind]).is_file():
        return
    told = job.result or {}
    flat = kind == VOLUME and "image" not in told.get("files", {})
    if kind != "report" and (flat or not told.get("heat")):
        raise Problem(404, f"This job has no {kind}.")
    assert isinstance(job.plan, Plan)
    task = "report" if kind == "report" else "heat"
    await asyncio.wrap_future(app.state.jobs.submit(job, task, job.plan))


def _done(app: FastAPI, name: str) -> Job:
    job: Job = app.state.jobs.get(name)
    if job.state != "done":
        raise Problem(404, f"This job has no results: it is {job.state}.")
    return job


def _result(job: Job) -> schemas.Result:
    result = dict(job.result or {})
    base = f"/jobs/{job.id}/files"
    kinds = {"image": "image.nii.gz"}
    result["files"] = {k: f"{base}/{kinds.get(k, k)}" for k in result["files"]}
    result["heat"] = f"{base}/heat" if result["heat"] else None
    return schemas.Result(job=job.id, model=job.model, **result)


def _status(job: Job) -> schemas.Status:
    return schemas.Status(
        job=job.id,
        model=job.model,
        state=job.state,
        step=job.step,
        problem=job.problem,
        result=_result(job) if job.result is not None else None,
    )


async def _told(request: Request, problem: Any) -> JSONResponse:
    return JSONResponse({"detail": problem.sentence}, problem.status)


async def _invalid(request: Request, error: Any) -> JSONResponse:
    first = error.errors()[0]
    where = " ".join(str(part) for part in first["loc"])
    return JSONResponse({"detail": f"{where}: {first['msg']}."}, 422)
