"""A volume in memory, its border with ITK, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from mritumor.data.preprocess.grid import Grid
from mritumor.data.read import read_volume
from mritumor.errors import InputError
from mritumor.geometry import as_affine, ras_lps
from mritumor.types import Affine, PathLike


@dataclass(frozen=True)
class Volume:
    """One sequence, or one label map, with its place in space.

    Args:
        array: (I, J, K).
        affine: voxel index to RAS+ mm.
    """

    array: np.ndarray
    affine: Affine

    @property
    def grid(self) -> Grid:
        """Where the voxels lie."""
        i, j, k = self.array.shape
        return Grid((i, j, k), self.affine)


def read_sequence(path: PathLike) -> Volume:
    """Read one sequence of a study as float32.

    Raises:
        InputError: unreadable, not one 3-D volume, NaN or infinite, or constant.
    """
    array, affine = read_volume(path)
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    if array.ndim != 3:
        raise InputError(
            "this is not one sequence",
            where=path,
            got=f"shape {array.shape}",
            expected="(I, J, K)",
            remedy="write each sequence to a file of its own",
        )
    array = np.asarray(array, np.float32)
    if not np.isfinite(array).all():
        raise InputError("the volume holds NaN or infinity", where=path)
    if array.min() == array.max():
        raise InputError(
            "the volume is constant", where=path, got=f"{array.min():g} everywhere"
        )
    return Volume(array, affine)


def to_itk(volume: Volume) -> sitk.Image:
    """Return ITK's image of a volume; bool becomes uint8, float16 float32."""
    array = volume.array
    if array.dtype == bool:
        array = array.astype(np.uint8)
    elif array.dtype == np.float16 or not array.dtype.isnative:
        array = array.astype(np.float32)
    image = sitk.GetImageFromArray(np.ascontiguousarray(array.T))
    spacing, direction, origin = itk_geometry(volume.grid)
    image.SetSpacing(spacing)
    image.SetDirection(direction)
    image.SetOrigin(origin)
    return image


def from_itk(image: sitk.Image) -> Volume:
    """Return the volume of an ITK image."""
    affine = np.eye(4)
    direction = np.asarray(image.GetDirection(), np.float64).reshape(3, 3)
    affine[:3, :3] = direction * np.asarray(image.GetSpacing())
    affine[:3, 3] = image.GetOrigin()
    # A copy in any case: the view is of memory that goes with the image.
    array = np.array(sitk.GetArrayViewFromImage(image).T, order="C")
    return Volume(array, as_affine(ras_lps(affine)))


def itk_geometry(grid: Grid) -> tuple[list[float], list[float], list[float]]:
    """Return (spacing mm, direction row by row, origin LPS+ mm) of a grid."""
    affine = ras_lps(grid.affine)
    steps = np.asarray(grid.spacing)
    return (
        steps.tolist(),
        (affine[:3, :3] / steps).ravel().tolist(),
        affine[:3, 3].tolist(),
    )


def to_itk_transform(matrix: Affine) -> sitk.AffineTransform:
    """Return ITK's transform of a 4×4 map of RAS+ mm to RAS+ mm."""
    flipped = ras_lps(ras_lps(matrix).T).T  # turned on both sides: LPS to LPS
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(flipped[:3, :3].ravel().tolist())
    transform.SetTranslation(flipped[:3, 3].tolist())
    return transform


def from_itk_transform(transform: sitk.Transform) -> Affine:
    """Return the 4×4 map of RAS+ mm to RAS+ mm of a linear ITK transform."""
    origin = np.asarray(transform.TransformPoint((0.0, 0.0, 0.0)))
    matrix = np.eye(4)
    matrix[:3, 3] = origin
    for axis in range(3):
        point = np.zeros(3)
        point[axis] = 1.0
        matrix[:3, axis] = np.asarray(transform.TransformPoint(point.tolist())) - origin
    return ras_lps(ras_lps(matrix).T).T
