"""A label map on the voxels of a series: turned where that is exact, else resampled."""

from __future__ import annotations

from collections.abc import Sequence

import nibabel as nib
import numpy as np
import SimpleITK as sitk

from mritumor.errors import GeometryError, LabelError
from mritumor.geometry import as_affine, grid_difference, ras_lps, spacing
from mritumor.types import Affine, LabelMap

# SimpleITK before 2.4 has no linear vote among labels.
_VOTE = getattr(sitk, "sitkLabelLinear", sitk.sitkNearestNeighbor)


def as_labels(labels: np.ndarray, where: object = None) -> LabelMap:
    """Return a label map as uint8.

    Args:
        labels: (I, J, K) whole numbers of 0 to 255, in any number type.
        where: the case, for the error.

    Raises:
        LabelError: other dimensions, or values that are no such numbers.
    """
    array = np.asarray(labels)
    if array.ndim != 3 or array.size == 0:
        raise LabelError(
            "a label map has three axes",
            where=where,
            got=f"shape {array.shape}",
            expected="(I, J, K)",
        )
    with np.errstate(invalid="ignore"):
        known = array.astype(np.uint8)
    if array.dtype.kind not in "biuf" or not np.array_equal(known, array):
        raise LabelError(
            "label values are not whole numbers of 0 to 255",
            where=where,
            got=f"{array.dtype}, {array.min()} to {array.max()}",
        )
    return known


def turn_labels(
    labels: np.ndarray,
    affine: Affine,
    shape: Sequence[int],
    target: Affine,
    where: object = None,
) -> LabelMap:
    """Bring a label map to a grid that has the same voxels, with axes in any order.

    Nothing is interpolated: axes change places and are reversed.

    Args:
        labels: (I, J, K), see `as_labels`.
        affine: its voxel index to RAS+ mm.
        shape: of the grid wanted.
        target: its affine.
        where: the series named in the error.

    Returns:
        uint8 of `shape`.

    Raises:
        GeometryError: the grids do not have the same voxels.
        LabelError: as for `as_labels`.
    """
    known = as_labels(labels, where)
    affine, target = as_affine(affine, where), as_affine(target, where)
    turn = nib.io_orientation(np.linalg.inv(target) @ affine)
    if not np.isnan(turn).any():
        turned = nib.apply_orientation(known, turn)
        turned_affine = affine @ nib.orientations.inv_ornt_aff(turn, known.shape)
        difference = grid_difference(turned.shape, turned_affine, shape, target)
        if difference is None:
            return np.ascontiguousarray(turned)
    else:
        difference = "axes that do not correspond"
    raise GeometryError(
        f"the label map lies on another grid than the series: {difference}",
        where=where,
        got=f"voxels of {_edges(affine)} mm",
        expected=f"shape {tuple(shape)}, voxels of {_edges(target)} mm",
        remedy="bring it there first with mritumor.dicom.resample_labels",
    )


def resample_labels(
    labels: np.ndarray, affine: Affine, shape: Sequence[int], target: Affine
) -> LabelMap:
    """Bring a label map to any grid of the same space.

    The label with most weight among the eight nearest voxels wins (the nearest alone
    before SimpleITK 2.4), so that no new values arise; 0 outside.

    Args:
        labels: (I, J, K), see `as_labels`.
        affine: its voxel index to RAS+ mm.
        shape: of the grid wanted, such as `SourceImages.shape`.
        target: its affine.

    Returns:
        uint8 of `shape`; exactly the labels where the grids have the same voxels.

    Raises:
        GeometryError: an affine that is none.
        LabelError: as for `as_labels`.
    """
    try:
        return turn_labels(labels, affine, shape, target)
    except GeometryError:
        moved = sitk.Resample(
            _itk(as_labels(labels), as_affine(affine)),
            _itk(np.zeros(tuple(shape), np.uint8), as_affine(target)),
            sitk.Transform(3, sitk.sitkIdentity),
            _VOTE,
            0,
        )
    return np.ascontiguousarray(sitk.GetArrayFromImage(moved).T)


def _itk(array: LabelMap, affine: Affine) -> sitk.Image:
    image = sitk.GetImageFromArray(np.ascontiguousarray(array.T))
    lps, steps = ras_lps(affine), np.asarray(spacing(affine))
    image.SetSpacing(steps.tolist())
    image.SetDirection((lps[:3, :3] / steps).ravel().tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    return image


def _edges(affine: Affine) -> str:
    return " × ".join(f"{edge:.3g}" for edge in spacing(affine))
