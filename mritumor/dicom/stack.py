"""From slice positions to one regular grid, or a sentence on why there is none.

Pure functions on numbers. Positions and directions are DICOM's (LPS+ mm, PS3.3
C.7.6.2.1.1); the affine that leaves is RAS+ mm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mritumor.errors import GeometryError
from mritumor.geometry import as_affine, ras_lps
from mritumor.types import Affine

SAME_POSITION = 1e-3
"""Slices less than this apart, in mm, lie at one position."""

STEP_TOLERANCE = 0.02
"""How far the distance of two slices may differ from the series', as a share of it."""

TILT_TOLERANCE = 0.1
"""How far, in degrees, the stack may lean from the slices' normal."""

_UNIT = 1e-3
Name = Callable[[int], str]


def normal(orientation: ArrayLike, where: object = None) -> NDArray[np.float64]:
    """Return the unit normal of a slice, LPS.

    Args:
        orientation: (6,) unit vectors along a row and down a column.
        where: the series named in the error.

    Raises:
        GeometryError: the vectors are no unit vectors or not at right angles.
    """
    row, column = np.asarray(orientation, dtype=np.float64).reshape(2, 3)
    gram = np.array([row @ row - 1, column @ column - 1, row @ column])
    if not np.isfinite(gram).all() or np.abs(gram).max() > _UNIT:
        raise GeometryError(
            "the directions of rows and columns are no two unit vectors at right angles",
            where=where,
            got=np.round([*row, *column], 4).tolist(),
        )
    across = np.cross(row, column)
    return np.asarray(across / np.linalg.norm(across))


def sort_slices(
    positions: ArrayLike,
    orientation: ArrayLike,
    where: object = None,
    name: Name = "slice {}".format,
) -> tuple[NDArray[np.intp], float]:
    """Sort slices along their normal and find the distance between neighbours.

    Args:
        positions: (N, 3) mm, N ≥ 2: of the first voxel of each slice.
        orientation: (6,), see `normal`.
        where: the series named in errors.
        name: what a slice is called in errors, by its number in `positions`.

    Returns:
        Indices (N,) that sort, and the distance in mm.

    Raises:
        GeometryError: two slices at one position, a slice missing, distances that
            vary, or a stack that leans.
    """
    points = np.asarray(positions, dtype=np.float64)
    across = normal(orientation, where)
    along = points @ across
    order = np.argsort(along, kind="stable")
    points, along = points[order], along[order]
    steps = np.diff(along)
    _check_apart(steps, along, order, where, name)
    _check_steps(steps, along, order, where, name)
    _check_upright(points[-1] - points[0], across, where)
    return order, float((along[-1] - along[0]) / len(steps))


def stack_affine(
    first: ArrayLike, orientation: ArrayLike, spacing: Sequence[float]
) -> Affine:
    """Return the RAS+ affine of a stack of slices.

    Args:
        first: (3,) position of the first slice's first voxel, LPS mm.
        orientation: (6,), see `normal`.
        spacing: distance of columns, of rows and of slices in mm.

    Returns:
        4×4, voxel (column, row, slice) to RAS+ mm.

    Raises:
        GeometryError: the directions or spacings span no volume.
    """
    row, column = np.asarray(orientation, dtype=np.float64).reshape(2, 3)
    affine = np.eye(4)
    axes = np.stack([row, column, normal(orientation)], axis=1)
    affine[:3, :3] = axes * np.asarray(spacing, dtype=np.float64)
    affine[:3, 3] = first
    return as_affine(ras_lps(affine))


def _check_apart(
    steps: NDArray[np.float64],
    along: NDArray[np.float64],
    order: NDArray[np.intp],
    where: object,
    name: Name,
) -> None:
    k = int(np.argmin(steps))
    if steps[k] > SAME_POSITION:
        return
    raise GeometryError(
        f"{int((steps <= SAME_POSITION).sum()) + 1} slices or more share positions",
        where=where,
        got=f"{name(order[k])} and {name(order[k + 1])} at {along[k]:.2f} mm",
        expected="one slice at each position",
        remedy="the series holds several time points, or images twice; separate them",
    )


def _check_steps(
    steps: NDArray[np.float64],
    along: NDArray[np.float64],
    order: NDArray[np.intp],
    where: object,
    name: Name,
) -> None:
    usual = float(np.min(steps))
    k = int(np.argmax(steps))
    # A slight scatter is judged against the middle, a gap against the smallest step.
    middle = float(np.median(steps))
    if np.abs(steps - middle).max() <= STEP_TOLERANCE * middle:
        return
    between = f"{name(order[k])} at {along[k]:.2f} mm and {name(order[k + 1])} at "
    between += f"{along[k + 1]:.2f} mm"
    times = steps / usual
    if np.abs(times - np.rint(times)).max() <= 3 * STEP_TOLERANCE:
        missing = int((np.rint(times) - 1).sum())
        lost = _lost_positions(np.rint(times), along)
        raise GeometryError(
            f"{missing} slice(s) are missing at {lost} along the normal",
            where=where,
            got=f"nothing between {between}",
            expected=f"a slice every {usual:.3g} mm",
            remedy="export the series again, whole",
        )
    raise GeometryError(
        "the distance between slices varies, so they make no regular volume",
        where=where,
        got=f"{usual:.3f} to {steps[k]:.3f} mm, the largest between {between}",
        expected=f"equal steps, within {STEP_TOLERANCE:.0%}",
        remedy="slices are missing or of several series; export the series again",
    )


def _lost_positions(times: NDArray[np.float64], along: NDArray[np.float64]) -> str:
    """Name up to three positions at which a slice should lie."""
    lost = [
        along[k] + (along[k + 1] - along[k]) * part / times[k]
        for k in np.flatnonzero(times > 1)
        for part in range(1, int(times[k]))
    ]
    more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
    return ", ".join(f"{mm:.2f} mm" for mm in lost[:3]) + more


def _check_upright(
    reach: NDArray[np.float64], across: NDArray[np.float64], where: object
) -> None:
    up = float(reach @ across)
    lean = np.degrees(np.arctan2(np.linalg.norm(reach - up * across), up))
    if lean > TILT_TOLERANCE:
        raise GeometryError(
            "the stack leans against its slices (a tilted gantry, or sheared data)",
            where=where,
            got=f"{lean:.2f} degrees",
            expected=f"at most {TILT_TOLERANCE} degrees",
            remedy="resample it to a rectangular grid first, such as with dcm2niix",
        )
