"""What the REST interface answers, as OpenAPI describes it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class Error(BaseModel):
    """Why a request was not served."""

    detail: str = Field(description="One sentence.")


class Health(BaseModel):
    """Whether the server works."""

    status: str = Field(description="'ok', or 'starting' while no worker lives.")
    workers: int = Field(description="Processes that predict.")
    waiting: int = Field(description="Requests before yours.")
    restarts: int = Field(description="Workers that died and were replaced.")
    version: str


class ModelInfo(BaseModel):
    """A bundle."""

    name: str
    ready: bool = Field(description="Whether it has weights.")
    dims: int = Field(description="2 for slices, 3 for volumes.")
    modalities: list[str] = Field(description="Channels that it takes.")
    classes: list[str] = Field(description="That it tells; may be empty.")
    labels: list[str] = Field(description="That it outlines; may be empty.")
    description: str


class PairInfo(BaseModel):
    """Two bundles that go together, used as one model."""

    name: str = Field(description="To be given as `model`.")
    classify: str = Field(description="Tells the class.")
    segment: str = Field(description="Outlines.")
    gate: bool = Field(description="Outlines only what is called a tumour.")


class ModelList(BaseModel):
    """The bundles, and the limits of an upload."""

    models: list[ModelInfo]
    pairs: list[PairInfo]
    max_upload: int = Field(description="Bytes of one request.")
    keep_minutes: float = Field(description="Until uploads and results are removed.")
    accepted: list[str] = Field(description="File extensions.")
    viewer: bool = Field(description="Whether the 3-D viewer is installed.")


class Volume(BaseModel):
    """How a volume's planes are asked for."""

    shape: list[int] = Field(description="Sagittal, coronal and axial slices.")
    spacing: list[float] = Field(description="mm, same order.")
    levels: list[float] = Field(description="Values drawn as black and white.")
    centre: list[int] = Field(description="The fullest slice of each plane.")


class Classes(BaseModel):
    """A class with its probabilities."""

    job: str
    model: str
    class_name: str
    probabilities: dict[str, float] = Field(description="By class; they add up to 1.")
    seconds: float


class Result(BaseModel):
    """Whatever a model gives."""

    job: str
    model: str
    case: str
    class_name: str | None = None
    probabilities: dict[str, float] = Field(default_factory=dict)
    labels: dict[str, str] = Field(description="Label value to name.")
    summary: dict[str, Any] = Field(description="Volumes, extents, places, notes.")
    files: dict[str, str] = Field(description="Kind to address of the download.")
    volume: Volume | None = None
    heat: str | None = Field(None, description="Address of the heat map.")
    seconds: float


class Status(BaseModel):
    """How far a job is."""

    job: str
    model: str
    state: str = Field(description="waiting, running, done or failed.")
    step: str
    problem: str | None = None
    result: Result | None = None
