"""Voxel grids in RAS+ mm: where a scanner takes its samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mritumor import geometry
from mritumor.phantom.noise import Points
from mritumor.types import Affine

FIELD_OF_VIEW = (180.0, 210.0, 165.0)
"""mm along right, anterior, superior: holds the head with its scalp."""

CENTRE = (0.0, -17.0, 10.0)
"""RAS+ mm, the middle of the field of view."""

THICK = 2.6
"""mm; voxels longer than this are averaged over several samples."""


@dataclass(frozen=True)
class Grid:
    """A voxel grid.

    Args:
        shape: (I, J, K).
        affine: voxel index to RAS+ mm.
    """

    shape: tuple[int, int, int]
    affine: Affine

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Edge lengths of a voxel in mm."""
        return geometry.spacing(self.affine)

    @property
    def width(self) -> float:
        """How many mm a tissue boundary is blurred by: the finest voxel edge."""
        return float(np.clip(min(self.spacing), 0.8, THICK))

    def points(self, offset: Sequence[float] = (0, 0, 0)) -> Points:
        """Return the voxel centres (I·J·K, 3) in mm, moved by parts of a voxel."""
        axes = [np.arange(n, dtype=np.float64) + o for n, o in zip(self.shape, offset)]
        # The affine is applied axis by axis: one small product instead of N.
        i, j, k = (a[:, None] * self.affine[:3, n] for n, a in enumerate(axes))
        world = i[:, None, None] + j[None, :, None] + k[None, None] + self.affine[:3, 3]
        return world.reshape(-1, 3).astype(np.float32)

    def offsets(self) -> Iterator[tuple[float, float, float]]:
        """Yield where inside a voxel to sample, in parts of a voxel."""
        counts = [max(1, int(np.ceil(s / THICK))) for s in self.spacing]
        i, j, k = ([(m + 0.5) / n - 0.5 for m in range(n)] for n in counts)
        yield from ((a, b, c) for a in i for b in j for c in k)


def head_grid(
    spacing: Sequence[float],
    *,
    oblique: float = 0.0,
    axis: Sequence[float] = (1.0, 0.0, 0.0),
    flip: str = "",
) -> Grid:
    """Make a grid that covers the head.

    Args:
        spacing: (3,) mm along the array's axes.
        oblique: degrees that the grid is turned about `axis`.
        axis: (3,) the direction turned about, in RAS+.
        flip: letters of the axes (``"x"``, ``"xy"``, …) that run backwards: ``"xy"``
            gives the LPS order of DICOM.
    """
    steps = np.asarray(spacing, np.float64)
    shape = tuple(int(round(f / s)) for f, s in zip(FIELD_OF_VIEW, steps))
    signs = np.array([-1.0 if letter in flip else 1.0 for letter in "xyz"])
    affine = np.eye(4)
    affine[:3, :3] = rotation(axis, oblique) @ np.diag(steps * signs)
    middle = (np.array(shape) - 1) / 2
    affine[:3, 3] = np.array(CENTRE) - affine[:3, :3] @ middle
    return Grid((shape[0], shape[1], shape[2]), affine)


def rotation(axis: Sequence[float], degrees: float) -> np.ndarray:
    """Return the 3×3 rotation about an axis through the origin (Rodrigues)."""
    unit = np.asarray(axis, np.float64) / np.linalg.norm(axis)
    x, y, z = unit
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.deg2rad(degrees)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
