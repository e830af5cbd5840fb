"""What a consumer gave back, held against the image that it was given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from PIL import Image

from mritumor.export.consumers.case import Case
from mritumor.export.consumers.outcome import Unsatisfied

# ITK and NIfTI headers keep float32.
MILLIMETRES = 1e-3


def read(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Return values (I, J, K) or (W, H), and the affine of a volume."""
    if ".nii" in path.name:
        image = nib.load(path)
        return np.asarray(image.dataobj), np.asarray(image.affine)
    return np.asarray(Image.open(path)).T, None


def check_map(case: Case, path: Path, single: str) -> None:
    """Hold a label map against the image it was made from.

    Raises:
        Unsatisfied: shape, affine, type or values are not as they should be.
    """
    labels, affine = read(path)
    if affine is None and labels.max() == 255 and case.values == [0, 1]:
        labels = labels // 255  # a mask as pictures are looked at
    reference, reference_affine = read(Path(single))
    check_array(case, labels, reference.shape)
    if affine is not None and reference_affine is not None:
        if not np.allclose(affine, reference_affine, atol=MILLIMETRES):
            raise Unsatisfied("the label map has another affine than the image")


def check_array(case: Case, labels: Any, image_shape: tuple[int, ...]) -> None:
    """Hold an array of labels against the image's shape, type and known values."""
    array = np.asarray(labels)
    expected = image_shape[-2:] if case.spatial_dims == 2 else image_shape[:3]
    array = array.squeeze() if array.ndim > case.spatial_dims else array
    if array.shape != tuple(expected):
        raise Unsatisfied(
            f"the label map is {_size(array.shape)}, the image {_size(expected)}"
        )
    if array.dtype != np.uint8:
        raise Unsatisfied(f"the label map is {array.dtype}, not uint8")
    strange = sorted(set(np.unique(array).tolist()) - set(case.values))
    if strange:
        raise Unsatisfied(
            f"label values {strange} are not in channel_def {case.values}"
        )


def check_scores(case: Case, prediction: list[dict[str, Any]]) -> None:
    """Look for one named score a class, each in [0, 1], summing to 1."""
    names = [name.lower() for name in case.pred["channel_def"].values()]
    found = [entry["label"].lower() for entry in prediction]
    if found != names:
        raise Unsatisfied(f"classes {found} come back where {names} are named")
    scores = np.array([entry["score"] for entry in prediction])
    if not (np.isfinite(scores).all() and abs(scores.sum() - 1) < 1e-3):
        raise Unsatisfied(f"class scores {scores.tolist()} do not sum to 1")


def _size(shape: Any) -> str:
    return "×".join(map(str, shape))
