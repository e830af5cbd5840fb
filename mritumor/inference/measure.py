"""Numbers of an outline: size, extent, place, side and number of lesions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mritumor.geometry import spacing, voxel_to_world, voxel_volume
from mritumor.types import Affine, LabelMap

SMALLEST_LESION = 5  # voxels; what is smaller is not counted as a lesion
ONE_SIDED = 0.9  # share on one side of the midline from which it is that side's
WHOLE = "whole tumour"


def measures(
    labels: LabelMap,
    names: Mapping[int, str],
    affine: Affine | None = None,
    image: NDArray[np.floating] | None = None,
) -> list[dict[str, Any]]:
    """Measure every label, and all together where there are several.

    Args:
        labels: (I, J, K) of a volume, (H, W) of a picture, or (H, W, N) of a patient's
            pictures.
        names: meaning of each label value but 0.
        affine: of a volume, voxel index to RAS+ mm; None: the spacing is unknown, and
            sizes are in pixels.
        image: (C, …) on the same grid: its foreground tells where the midline is.
            Without it the midline is at 0 mm.

    Returns:
        A row a label: ``region``, ``voxels``, then of volumes ``volume_mm3``,
        ``extent_mm`` (right–left, front–back, up–down), ``centroid_ras_mm``,
        ``hemisphere`` (left, right or both, of the patient); of pictures ``area_px``
        (of several: ``volume_px``), ``extent_px`` and ``centroid_px`` in array order
        (row, column); and ``lesions``, the connected parts of 5 voxels or more. Places
        of what was not found are None.
    """
    regions = {name: labels == value for value, name in names.items()}
    if len(regions) > 1:
        regions = {WHOLE: labels > 0, **regions}
    middle = None if affine is None else _middle(image, affine)
    return [
        {"region": name, **_measure(mask, affine, middle)}
        for name, mask in regions.items()
    ]


def lesions(mask: NDArray[np.bool_], smallest: int = SMALLEST_LESION) -> int:
    """Count the parts of a mask that touch by a face, edge or corner.

    Args:
        mask: any number of axes.
        smallest: parts of fewer voxels are not counted.
    """
    parts, _ = ndimage.label(mask, structure=np.ones((3,) * mask.ndim))
    return int((np.bincount(parts.ravel())[1:] >= smallest).sum())


def _measure(
    mask: NDArray[np.bool_], affine: Affine | None, middle: float | None
) -> dict[str, Any]:
    points = np.argwhere(mask)
    found: dict[str, Any] = {"voxels": len(points)}
    if affine is None:
        found["area_px" if mask.ndim == 2 else "volume_px"] = len(points)
        found["extent_px"] = _extent(points)
        found["centroid_px"] = _rounded(points.mean(0)) if len(points) else None
    else:
        found["volume_mm3"] = round(len(points) * voxel_volume(affine), 1)
        found |= _in_space(points, affine, middle or 0.0)
    found["lesions"] = lesions(mask)
    return found


def _in_space(points: NDArray, affine: Affine, middle: float) -> dict[str, Any]:
    if not len(points):
        return {"extent_mm": None, "centroid_ras_mm": None, "hemisphere": None}
    world = voxel_to_world(affine, points)
    # A voxel has a size of its own: half of it on either side of its centre.
    edge = np.abs(affine[:3, :3]) @ np.ones(3)
    return {
        "extent_mm": _rounded(np.ptp(world, axis=0) + edge),
        "centroid_ras_mm": _rounded(world.mean(0)),
        "hemisphere": _side(world[:, 0] - middle),
    }


def _side(offsets: NDArray) -> str:
    right = float((offsets > 0).mean())
    if right >= ONE_SIDED:
        return "right"
    return "left" if right <= 1 - ONE_SIDED else "both"


def _middle(image: NDArray | None, affine: Affine) -> float:
    """Return where the midline is, in mm to the right: the middle of the head."""
    if image is None:
        return 0.0
    steps = [slice(None, None, max(1, round(4 / s))) for s in spacing(affine)]
    where = (slice(None), *steps)
    coarse = np.asarray(image)[where]
    level = coarse.min() + 0.1 * (coarse.max() - coarse.min())
    points = np.argwhere((coarse > level).any(0))
    if not len(points):
        return 0.0
    points = points * np.asarray([s.step for s in steps])
    side = voxel_to_world(affine, points)[:, 0]
    low, high = np.percentile(side, [1, 99])
    return float(low + high) / 2


def _extent(points: NDArray) -> list[int] | None:
    return (np.ptp(points, axis=0) + 1).tolist() if len(points) else None


def _rounded(values: NDArray) -> list[float]:
    return [round(float(v), 1) for v in values]
