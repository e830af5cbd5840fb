"""Series of one study, brought to the voxels of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mritumor.data.preprocess.grid import Grid
from mritumor.data.preprocess.registration import register as find_place
from mritumor.data.preprocess.resampling import resample
from mritumor.data.preprocess.volume import Volume
from mritumor.dicom.series import Series
from mritumor.dicom.volume import read_series
from mritumor.errors import GeometryError
from mritumor.geometry import voxel_to_world
from mritumor.types import Affine

ENOUGH = 0.9
"""Below this share of the reference's voxels within a series, it is said so."""

_PROBES = 12  # points along each axis that are looked at


@dataclass(frozen=True)
class Placed:
    """A series on the reference's grid.

    Attributes:
        array: (I, J, K) float32; 0 where the series does not reach.
        affine: the reference's.
        how: a clause on what was done.
    """

    array: np.ndarray
    affine: Affine
    how: str


def place_onto(
    chosen: Mapping[str, Series], onto: str, register: bool, case: str
) -> dict[str, Placed]:
    """Read series and bring them to the grid of one.

    Args:
        chosen: by name.
        onto: name of the one that gives the grid.
        register: find their place by mutual information; else trust the headers.
        case: the study, for errors.

    Raises:
        GeometryError: a series is no volume, or lies in another frame of reference and
            is not to be registered.
        InputError: damaged pixels, or the registration fails.
    """
    if not register:
        for name in chosen:
            _check_frame(chosen, name, onto, case)
    fixed = _read(chosen[onto])
    placed = {onto: Placed(fixed.array, fixed.affine, "")}
    for name, series in chosen.items():
        if name == onto:
            continue
        if series is chosen[onto]:
            placed[name] = placed[onto]
            continue
        moving, matrix, how = _read(series), None, ""
        if register:
            found = find_place(fixed, moving, name=f"{case}, {name} onto {onto}")
            matrix = found.matrix
            how = f"registered (by {found.shift:.1f} mm, {found.degrees:.1f}°)"
        elif moving.grid.difference(fixed.grid) is None:
            how = "on the reference's grid"
        moved = resample(moving, fixed.grid, matrix)
        how = how or "resampled to the reference's grid"
        share = covered(fixed.grid, moving.grid, matrix)
        if share < ENOUGH:
            how += f", of which it covers {share:.0%}"
        placed[name] = Placed(moved.array, fixed.affine, how)
    return placed


def covered(grid: Grid, other: Grid, matrix: Affine | None = None) -> float:
    """Return which share of a grid lies within another's field of view, 0 to 1.

    Args:
        grid: whose voxels count.
        other: whose field of view it is.
        matrix: 4×4, positions of the first to those of the second, RAS+ mm.
    """
    lines = [np.linspace(0, n - 1, min(n, _PROBES)) for n in grid.shape]
    points = voxel_to_world(grid.affine, np.stack(np.meshgrid(*lines), -1))
    if matrix is not None:
        points = voxel_to_world(matrix, points)
    index = voxel_to_world(np.linalg.inv(other.affine), points)
    # A voxel reaches half its edge beyond its centre.
    inside = (index >= -0.5 - 1e-6) & (index <= np.array(other.shape) - 0.5 + 1e-6)
    return float(inside.all(axis=-1).mean())


def _read(series: Series) -> Volume:
    volume = read_series(series)
    return Volume(volume.array.astype(np.float32), volume.affine)


def _check_frame(chosen: Mapping[str, Series], name: str, onto: str, case: str) -> None:
    own, other = (chosen[n].header.frame_of_reference for n in (name, onto))
    if own and other and own != other:
        raise GeometryError(
            "the series do not share a frame of reference, so their positions say "
            "nothing of each other: the patient was laid down anew",
            where=case,
            got=f"{name}: {chosen[name].header} and {onto}: {chosen[onto].header}",
            remedy="register them, or choose series of one session",
        )
