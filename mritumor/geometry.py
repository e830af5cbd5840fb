"""Voxel grids in space: small pure functions on affines.

Affines here map voxel indices to RAS+ millimetres, as in nibabel and in MONAI's
``MetaTensor``. ITK and DICOM count in LPS+; `ras_lps` converts at that border.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from mritumor.errors import GeometryError
from mritumor.types import Affine


def as_affine(affine: ArrayLike, where: object = None) -> Affine:
    """Return a checked 4×4 float64 affine.

    Args:
        affine: 4×4 matrix, voxel index to RAS+ mm.
        where: file or argument named in the error.

    Raises:
        GeometryError: wrong shape, not finite, or not invertible.
    """
    matrix = np.asarray(affine, dtype=np.float64)
    if matrix.shape != (4, 4):
        raise GeometryError(
            "the affine has the wrong shape",
            where=where,
            got=matrix.shape,
            expected="(4, 4)",
        )
    if not np.isfinite(matrix).all():
        raise GeometryError("the affine holds NaN or infinity", where=where)
    if abs(np.linalg.det(matrix[:3, :3])) < 1e-9:
        raise GeometryError(
            "the affine squashes space to a plane (its determinant is 0)", where=where
        )
    return matrix


def spacing(affine: Affine) -> tuple[float, float, float]:
    """Return the edge lengths of a voxel in mm, in the order of the array axes."""
    i, j, k = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    return float(i), float(j), float(k)


def voxel_volume(affine: Affine) -> float:
    """Return the volume of one voxel in mm³ (oblique and sheared grids included)."""
    return float(abs(np.linalg.det(affine[:3, :3])))


def ras_lps(affine: Affine) -> Affine:
    """Convert an affine from RAS+ to LPS+ or back (it is its own inverse)."""
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine


def voxel_to_world(affine: Affine, index: ArrayLike) -> np.ndarray:
    """Map voxel indices (…, 3) to positions (…, 3) in the affine's mm space."""
    points = np.asarray(index, dtype=np.float64)
    return points @ affine[:3, :3].T + affine[:3, 3]


def grid_difference(
    shape_a: Sequence[int],
    affine_a: Affine,
    shape_b: Sequence[int],
    affine_b: Affine,
    tolerance: float = 1e-2,
) -> str | None:
    """Say how two voxel grids differ.

    Args:
        shape_a: (I, J, K) of the first grid.
        affine_a: its affine.
        shape_b: (I, J, K) of the second grid.
        affine_b: its affine.
        tolerance: how far, in mm, corresponding corners may lie apart. Headers store
            affines in single precision, so 0 would call equal grids different.

    Returns:
        None if they are one grid, else a clause such as ``"shapes (2, 2, 2) and
        (2, 2, 3)"`` or ``"corners up to 4.0 mm apart"``.
    """
    if tuple(shape_a) != tuple(shape_b):
        return f"shapes {tuple(shape_a)} and {tuple(shape_b)}"
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in shape_a])).reshape(3, -1).T
    apart = voxel_to_world(affine_a, corners) - voxel_to_world(affine_b, corners)
    worst = float(np.sqrt((apart**2).sum(axis=1)).max())
    return f"corners up to {worst:.3g} mm apart" if worst > tolerance else None
