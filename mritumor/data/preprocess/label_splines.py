"""Label maps carried to another grid without losing volume.

Linear weights between thick slices cut the corners of whatever is convex: on turned
grids outlines lose two percent of their volume, small ones five, and do not come back
as they were. A cubic spline through each label's 0 and 1 keeps them
(`tools/registration_study.py` measures it).
"""

from __future__ import annotations

import itertools

import numpy as np
import SimpleITK as sitk

from mritumor.data.preprocess.grid import Box, Grid, bounding_box
from mritumor.data.preprocess.volume import (
    Volume,
    from_itk,
    itk_geometry,
    to_itk,
    to_itk_transform,
)
from mritumor.geometry import voxel_to_world
from mritumor.types import Affine

SUPPORT = 4  # voxels around a label in which its spline is not yet 0


def resample_smoothly(volume: Volume, grid: Grid, matrix: Affine) -> Volume:
    """Return a label map on another grid; the label with the largest spline wins.

    Args:
        volume: (I, J, K) integers.
        grid: the grid wanted.
        matrix: 4×4, maps positions in the grid's space to positions in the volume's
            space, RAS+ mm.

    Returns:
        The labels on `grid`, of the number type given; 0 outside the volume.
    """
    out = np.zeros(grid.shape, volume.array.dtype)
    best: np.ndarray = np.ones(grid.shape, np.float32)
    found = []
    for value in np.unique(volume.array[volume.array != 0]):
        part = _around(volume, value)
        box = _reached(part.grid, grid, matrix)
        if box is not None:
            where = tuple(slice(*ends) for ends in box)
            weight = _spline(part, grid.cropped(box), matrix)
            best[where] -= weight  # what no label takes is the background's
            found.append((value, where, weight))
    for value, where, weight in found:
        wins = weight > best[where]
        out[where][wins] = value
        best[where][wins] = weight[wins]
    return Volume(out, grid.affine)


def _around(volume: Volume, value: int) -> Volume:
    """Return the 0 and 1 of a label as float32, cut down to what is near it."""
    there = volume.array == value
    box = bounding_box(there, (SUPPORT,) * 3)
    cut = there[tuple(slice(*ends) for ends in box)].astype(np.float32)
    return Volume(cut, volume.grid.cropped(box).affine)


def _reached(part: Grid, grid: Grid, matrix: Affine) -> Box | None:
    """Return the box of a grid's indices that holds all of another grid."""
    ends = [(-0.5, length - 0.5) for length in part.shape]
    corners = voxel_to_world(part.affine, np.array(list(itertools.product(*ends))))
    back = np.linalg.inv(matrix @ grid.affine)
    indices = voxel_to_world(back, corners)
    low = np.maximum(np.floor(indices.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(indices.max(axis=0)) + 1, grid.shape).astype(int)
    if (low >= high).any():
        return None
    i, j, k = ((int(a), int(b)) for a, b in zip(low, high))
    return i, j, k


def _spline(part: Volume, grid: Grid, matrix: Affine) -> np.ndarray:
    work = sitk.ResampleImageFilter()
    spacing, direction, origin = itk_geometry(grid)
    work.SetSize([int(n) for n in grid.shape])
    work.SetOutputSpacing(spacing)
    work.SetOutputDirection(direction)
    work.SetOutputOrigin(origin)
    work.SetTransform(to_itk_transform(matrix))
    work.SetInterpolator(sitk.sitkBSpline)
    weights: np.ndarray = from_itk(work.Execute(to_itk(part))).array
    return weights
