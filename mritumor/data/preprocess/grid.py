"""A voxel grid in space, and the grids that follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import nibabel as nib
import numpy as np

from mritumor import geometry
from mritumor.errors import GeometryError
from mritumor.types import Affine

Box = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""First index and one past the last, along each axis."""

SMALLEST, LARGEST = 0.2, 20.0


@dataclass(frozen=True)
class Grid:
    """Where a volume's voxels lie.

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

    def to_ras(self) -> Grid:
        """Return the same voxels with axes that run nearest to right, anterior, up."""
        turn = nib.io_orientation(self.affine)
        shape = [0, 0, 0]
        for axis, (target, _) in enumerate(turn):
            shape[int(target)] = self.shape[axis]
        affine = self.affine @ nib.orientations.inv_ornt_aff(turn, self.shape)
        return Grid((shape[0], shape[1], shape[2]), affine)

    def with_spacing(self, steps: Sequence[float]) -> Grid:
        """Return a grid of other voxels over the same field of view.

        Args:
            steps: (3,) mm along the axes, 0.2 to 20.

        Raises:
            GeometryError: a spacing that cannot be used.
        """
        wanted = np.asarray(steps, np.float64)
        if (
            wanted.shape != (3,)
            or not ((wanted >= SMALLEST) & (wanted <= LARGEST)).all()
        ):
            raise GeometryError(
                "the voxel spacing cannot be used",
                where="spacing",
                got=tuple(np.ravel(wanted).tolist()),
                expected=f"three lengths of {SMALLEST} to {LARGEST} mm",
            )
        extent = np.multiply(self.shape, self.spacing)
        shape = np.maximum(np.ceil(extent / wanted - 1e-3), 1).astype(int)
        affine = self.affine.copy()
        affine[:3, :3] *= wanted / self.spacing
        # The two grids share their middle, so no side is favoured.
        middle = geometry.voxel_to_world(self.affine, (np.array(self.shape) - 1) / 2)
        affine[:3, 3] = middle - affine[:3, :3] @ ((shape - 1) / 2)
        return Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine)

    def cropped(self, box: Box) -> Grid:
        """Return the part of the grid within a box of indices."""
        affine = self.affine.copy()
        start = [first for first, _ in box]
        affine[:3, 3] = geometry.voxel_to_world(self.affine, start)
        i, j, k = (stop - first for first, stop in box)
        return Grid((i, j, k), affine)

    def difference(self, other: Grid) -> str | None:
        """Say how the grids differ, or return None; see `geometry.grid_difference`."""
        return geometry.grid_difference(
            self.shape, self.affine, other.shape, other.affine
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a JSON file."""
        return {"shape": list(self.shape), "affine_ras_mm": self.affine.tolist()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any], where: object = None) -> Grid:
        """Return the grid of `to_json`'s values.

        Raises:
            GeometryError: they are no grid.
        """
        i, j, k = (int(n) for n in values["shape"])
        return cls((i, j, k), geometry.as_affine(values["affine_ras_mm"], where))


def bounding_box(mask: np.ndarray, margin: Sequence[int] = (0, 0, 0)) -> Box:
    """Return the box around what is set, within the array.

    Args:
        mask: (I, J, K).
        margin: voxels to leave on either side along each axis.

    Returns:
        The box; the whole array when nothing is set.
    """
    box = []
    for axis, length in enumerate(mask.shape):
        others = tuple(a for a in range(3) if a != axis)
        there = np.flatnonzero(mask.any(axis=others))
        first, last = (there[0], there[-1]) if len(there) else (0, length - 1)
        start = max(0, int(first) - margin[axis])
        box.append((start, min(length, int(last) + 1 + margin[axis])))
    return box[0], box[1], box[2]
