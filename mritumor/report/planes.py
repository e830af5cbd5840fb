"""Slices of a volume as a radiologist sees them."""

from __future__ import annotations

from typing import Any, NamedTuple

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from mritumor.geometry import spacing
from mritumor.types import Affine

PLANES = ("sagittal", "coronal", "axial")


class Cut(NamedTuple):
    """One slice of a volume that has been turned to R, A, S.

    Attributes:
        axis: 0 sagittal, 1 coronal, 2 axial.
        place: along it, from right, posterior or inferior.
    """

    axis: int
    place: int

    @property
    def plane(self) -> str:
        """Name of the plane."""
        return PLANES[self.axis]


class Turned:
    """Turns volumes of one grid to R, A, S and cuts them for display.

    Args:
        affine: voxel index to RAS+ mm.
    """

    def __init__(self, affine: Affine) -> None:
        self.order, self.flips = to_ras(affine)
        self.steps = tuple(spacing(affine)[axis] for axis in self.order)

    def turn(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return an array (I, J, K) with its axes nearest to R, A, S."""
        return turn(array, self.order, self.flips)

    def size(self, shape: tuple[int, ...], axis: int) -> tuple[float, float]:
        """Return height and width in mm of a slice of a turned array."""
        width, height = (a for a in range(3) if a != axis)
        return shape[height] * self.steps[height], shape[width] * self.steps[width]


def to_ras(affine: Affine) -> tuple[list[int], list[bool]]:
    """Return the axis order and flips that bring an array nearest to R, A, S."""
    orientation = nib.io_orientation(affine)
    order = [int(np.flatnonzero(orientation[:, 0] == world)[0]) for world in range(3)]
    return order, [bool(orientation[axis, 1] < 0) for axis in order]


def turn(array: NDArray[Any], order: list[int], flips: list[bool]) -> NDArray[Any]:
    """Apply what `to_ras` found to an array (I, J, K)."""
    turned = np.transpose(array, order)
    return np.flip(turned, tuple(axis for axis, flip in enumerate(flips) if flip))


def cut(array: NDArray[Any], axis: int, index: int) -> NDArray[Any]:
    """Return a slice of a turned array as seen: radiological display.

    Top is superior or anterior. Left is the patient's right, in a sagittal slice the
    back of the head.
    """
    plane = np.take(array, index, axis=axis)
    # Array axes run right to left and upward; pictures run left to right and downward.
    picture = np.flipud(plane.T)
    return picture if axis == 0 else np.fliplr(picture)
