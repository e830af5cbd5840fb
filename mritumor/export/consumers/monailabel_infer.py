"""MONAI Label's BundleInferTask, called as its server calls it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mritumor.export.consumers.case import Case
from mritumor.export.consumers.outcome import Unsatisfied
from mritumor.export.consumers.results import check_array as check_labels
from mritumor.export.consumers.results import check_map, check_scores, read


def check_file(case: Case) -> None:
    """Infer from one file; look at the file that MONAI Label writes."""
    single = case.items[0]["single"]
    written, content = _task(case)({**_request(case), "image": single})
    if case.is_classifier:
        check_scores(case, content["prediction"])
        return
    if not written:
        raise Unsatisfied("MONAI Label wrote no file")
    check_map(case, Path(written), single)
    _check_names(case, content)


def check_array(case: Case) -> None:
    """Infer from an array, channels last, without geometry."""
    array, affine = read(Path(case.items[0]["single"]))
    if array.ndim == case.spatial_dims:
        array = array[..., None]
    elif affine is None:  # a picture: (C, W, H)
        array = np.moveaxis(array, 0, -1)
    array = np.ascontiguousarray(array, dtype=np.float32)
    found, content = _task(case)({**_request(case), "image": array})
    if case.is_classifier:
        check_scores(case, content["prediction"])
        return
    check_labels(case, found, array.shape[: case.spatial_dims])


def _request(case: Case) -> dict[str, Any]:
    return {"model": case.name, "device": "cpu", "logging": "INFO"}


def _task(case: Case) -> Any:
    from monailabel.tasks.infer.bundle import BundleInferTask

    task = BundleInferTask(str(case.bundle), {})
    if not task.is_valid():
        raise Unsatisfied("MONAI Label ignores the bundle: no config or no weights")
    return task


def _check_names(case: Case, content: dict[str, Any]) -> None:
    expected = {
        name.lower(): int(value)
        for value, name in case.pred["channel_def"].items()
        if name.lower() != "background"
    }
    if content["label_names"] != expected:
        raise Unsatisfied(f"MONAI Label names {content['label_names']}, not {expected}")
