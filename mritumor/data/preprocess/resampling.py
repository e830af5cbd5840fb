"""A volume on another grid."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from mritumor.data.preprocess.grid import Grid
from mritumor.data.preprocess.volume import (
    Volume,
    from_itk,
    itk_geometry,
    to_itk,
    to_itk_transform,
)
from mritumor.types import Affine

# SimpleITK before 2.4 has no linear vote among labels.
LABELS = getattr(sitk, "sitkLabelLinear", sitk.sitkNearestNeighbor)


def resample(
    volume: Volume,
    grid: Grid,
    matrix: Affine | None = None,
    *,
    label: bool = False,
    fill: float = 0.0,
) -> Volume:
    """Return a volume's values at the voxel centres of another grid.

    Args:
        volume: (I, J, K), images in any number type, labels in an integer one.
        grid: the grid wanted.
        matrix: 4×4, maps positions in the grid's space to positions in the volume's
            space, RAS+ mm; None when they are the same.
        label: the label with most weight among the eight nearest voxels wins, so no
            new values arise, and equal grids give equal labels; else interpolate
            linearly. (The nearest voxel alone loses 2 % more Dice on turned grids.)
        fill: value outside the volume.

    Returns:
        The volume on `grid`: float32 for images, the number type given for labels.
    """
    same = matrix is None or np.allclose(matrix, np.eye(4), rtol=0, atol=1e-9)
    if same and volume.grid.difference(grid) is None:
        array = volume.array if label else volume.array.astype(np.float32)
        return Volume(array.copy(), grid.affine)
    work = sitk.ResampleImageFilter()
    spacing, direction, origin = itk_geometry(grid)
    work.SetSize([int(n) for n in grid.shape])
    work.SetOutputSpacing(spacing)
    work.SetOutputDirection(direction)
    work.SetOutputOrigin(origin)
    if matrix is not None:
        work.SetTransform(to_itk_transform(matrix))
    work.SetInterpolator(LABELS if label else sitk.sitkLinear)
    work.SetDefaultPixelValue(float(fill))
    image = to_itk(volume)
    moved = work.Execute(image if label else sitk.Cast(image, sitk.sitkFloat32))
    array = from_itk(moved).array
    return Volume(array.astype(volume.array.dtype) if label else array, grid.affine)
