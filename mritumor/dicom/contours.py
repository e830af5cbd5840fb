"""Outlines of a mask's slices: closed polygons, holes joined by keyholes."""

from __future__ import annotations

from typing import Any, TypeAlias

import contourpy
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Ring: TypeAlias = "NDArray[np.float64]"
"""(N, 2) vertices in pixels, (0, 0) the centre of the first; the last is not repeated."""

_BESIDE = 0.0873  # pixels; no ratio of small numbers, so that it leads to no centre


def outlines(mask: NDArray[np.bool_]) -> list[Ring]:
    """Return the outlines of a slice.

    They run midway between the centres of pixels inside and outside, so that a pixel
    belongs to the mask exactly if its centre lies within an outline. Corners are cut:
    a single pixel becomes a diamond of half its area.

    A hole is joined to its outline by a keyhole: a slit of no width, there and back,
    as PS3.3 C.8.8.6.3 has it for closed planar contours. An island in a hole is an
    outline of its own.

    Args:
        mask: (I, J).

    Returns:
        One ring for each part, at least three vertices each; none for an empty mask.
    """
    # The border of zeros closes outlines at the edge of the picture.
    values = np.pad(mask.astype(np.float64), 1).T
    generator: Any = contourpy.contour_generator(
        z=values, fill_type=contourpy.FillType.OuterOffset
    )
    points, offsets = generator.filled(0.5, 2.0)
    found = []
    for part, ends in zip(points, offsets):
        rings = [
            np.asarray(part[start : stop - 1], np.float64) - 1
            for start, stop in zip(ends[:-1], ends[1:])
        ]
        found.append(with_keyholes(rings[0], rings[1:]))
    return found


def with_keyholes(outer: Ring, holes: list[Ring]) -> Ring:
    """Join holes to the ring around them, the nearest first.

    Args:
        outer: the ring.
        holes: rings within it.

    Returns:
        One ring whose inside is the outer's without the holes'.
    """
    left = list(holes)
    while left:
        # The shortest slit of all crosses no other hole: that one would be nearer.
        apart = [cdist(outer, hole) for hole in left]
        k = int(np.argmin([distances.min() for distances in apart]))
        at, start = np.unravel_index(int(apart[k].argmin()), apart[k].shape)
        hole = np.roll(left.pop(k), -int(start), axis=0)
        bend = _bend(outer[at], hole[0])
        parts = [outer[: at + 1], bend, hole, hole[:1], bend, outer[at:]]
        outer = np.concatenate(parts)
    return outer


def _bend(start: NDArray[np.float64], end: NDArray[np.float64]) -> Ring:
    """Return a point beside the middle of a slit.

    Straight, it would run through centres of pixels, and whether a point on a line is
    inside is answered differently by different readers.
    """
    along = end - start
    across = np.array([-along[1], along[0]]) / np.linalg.norm(along)
    return ((start + end) / 2 + _BESIDE * across)[None]
