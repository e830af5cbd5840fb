"""Single slices: grids of one layer, oriented as radiologists look at them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mritumor.phantom.grid import CENTRE, Grid

PLANES = {"axial": (1, 0, 2), "coronal": (2, 0, 1), "sagittal": (2, 1, 0)}
"""World axes along the rows, the columns and through the slice."""

EDGE = 224.0
"""mm, edge of the square image."""

THICKNESS = 4.0
"""mm."""


def plane_grid(plane: str, at: NDArray[np.float64], pixel: float) -> Grid:
    """Make a grid (H, W, 1) whose rows run down and columns to the patient's left.

    Args:
        plane: one of `PLANES`; the columns of a sagittal slice run to the back.
        at: (3,) RAS+ mm, a point of the slice.
        pixel: mm.
    """
    side = int(round(EDGE / pixel))
    rows, columns, through = PLANES[plane]
    affine = np.zeros((4, 4))
    affine[rows, 0] = affine[columns, 1] = -pixel
    affine[through, 2] = THICKNESS
    middle = np.array(CENTRE)
    middle[through] = at[through]
    half = np.array([side - 1, side - 1, 0]) / 2
    affine[:3, 3] = middle - affine[:3, :3] @ half
    affine[3, 3] = 1
    return Grid((side, side, 1), affine)
