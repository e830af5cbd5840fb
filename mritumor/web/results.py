"""What a prediction leaves in a job's folder: pictures, label maps, planes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mritumor.geometry import spacing
from mritumor.web.heat import can_explain
from mritumor.web.planes import IMAGE, LABELS, save_png, to_lps, turned


def write_results(predictor: Any, prediction: Any, folder: Path) -> dict[str, Any]:
    """Write the files and return the facts.

    Returns:
        ``summary``, ``probabilities``, ``labels`` (value to name), ``files`` (kind to
        file), ``volume`` (shape, spacing and levels, None for one picture) and ``heat``
        (whether a heat map can be asked for).
    """
    files: dict[str, str] = {"report": "report.html"}
    volume = None
    if prediction.image.ndim == 4:
        volume = _write_planes(prediction, folder)
    if prediction.labels is not None:
        files |= _write_labels(predictor, prediction, folder)
    files["png"] = _outline(prediction, folder)
    if prediction.is_volume:
        files["image"] = _image(prediction, folder)
    return {
        "case": prediction.case,
        "class_name": prediction.class_name,
        "probabilities": dict(prediction.probabilities),
        "labels": {str(v): n for v, n in prediction.names.items()},
        "summary": prediction.summary(),
        "files": files,
        "volume": volume,
        "heat": can_explain(predictor.classify),
        "seconds": round(prediction.seconds, 3),
    }


def _write_labels(predictor: Any, prediction: Any, folder: Path) -> dict[str, str]:
    from mritumor.inference.saving import save_dicom, save_mask, save_nifti

    if not prediction.is_volume:
        if prediction.labels.ndim == 2:
            return {"mask": save_mask(folder / "mask.png", prediction.labels).name}
        affine = np.diag([1.0, 1.0, 1.0, 1.0])
        stack = np.swapaxes(prediction.labels, 0, 1)
        return {"nifti": save_nifti(folder / "mask.nii.gz", stack, affine).name}
    path = folder / "mask.nii.gz"
    files = {"nifti": save_nifti(path, prediction.labels, prediction.affine).name}
    version = str(predictor.segment.metadata.get("version", "unknown"))
    algorithm = (predictor.bundle.resolve().name, version, "")
    if written := save_dicom(prediction, folder, algorithm):
        files["dicom_seg"] = written[0].rename(folder / "seg.dcm").name
    return files


def _outline(prediction: Any, folder: Path) -> str:
    from mritumor import overlay
    from mritumor.report import red_border

    if prediction.image.ndim == 4:
        picture = prediction.picture()
    elif prediction.labels is None:
        picture = np.repeat(
            overlay.window(prediction.image[prediction.shown])[..., None], 3, 2
        )
        picture = np.rint(picture * 255)
    else:
        picture = red_border(
            prediction.image[prediction.shown], prediction.labels, width=1
        )
    save_png(picture, folder / "outline.png")
    return "outline.png"


def _image(prediction: Any, folder: Path) -> str:
    from mritumor.inference.saving import save_nifti

    image = np.asarray(prediction.image[prediction.shown], np.float32)
    return save_nifti(folder / "image.nii.gz", image, prediction.affine).name


def _write_planes(prediction: Any, folder: Path) -> dict[str, Any]:
    """Write image and labels turned to L, P, S; pictures lie as they are seen."""
    image, labels = prediction.image[prediction.shown], prediction.labels
    if labels is None:
        labels = np.zeros(image.shape, np.uint8)
    image, labels = (turned(a, prediction.affine) for a in (image, labels))
    steps = [1.0, 1.0, 1.0]
    if prediction.affine is not None:
        order = np.argsort(to_lps(prediction.affine)[:, 0]).astype(int)
        steps = [float(spacing(prediction.affine)[i]) for i in order]
    low, high = np.percentile(image, [0.5, 99.5])
    np.save(folder / IMAGE, np.ascontiguousarray(image, np.float32))
    np.save(folder / LABELS, np.ascontiguousarray(labels, np.uint8))
    return {
        "shape": list(image.shape),
        "spacing": steps,
        "levels": [float(low), float(max(high, low + 1e-6))],
        "centre": [_fullest(labels, axis) for axis in range(3)],
    }


def _fullest(labels: NDArray, axis: int) -> int:
    from mritumor import overlay

    return overlay.fullest_slice(labels, axis)
