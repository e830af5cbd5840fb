"""Outlines of slices hold exactly the pixels whose centres they surround."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.path import Path as Polygon

from mritumor.dicom.contours import Ring, outlines


def even_odd(ring: Ring, shape: tuple[int, ...]) -> np.ndarray:
    """Return which pixels' centres lie in a ring, by counting crossings of a ray."""
    x, y = np.indices(shape, float)
    inside = np.zeros(shape, bool)
    for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0)):
        if y0 != y1:
            crosses = (y0 > y) != (y1 > y)
            inside ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return inside


def area(ring: Ring) -> float:
    x, y = ring.T
    return 0.5 * float(np.abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)))


def test_a_single_pixel_is_a_diamond() -> None:
    mask = np.zeros((4, 4), bool)
    mask[1, 2] = True
    (ring,) = outlines(mask)
    corners = {(0.5, 2.0), (1.5, 2.0), (1.0, 1.5), (1.0, 2.5)}
    assert {tuple(p) for p in ring.tolist()} == corners
    assert area(ring) == pytest.approx(0.5)


def test_a_hole_is_joined_and_an_island_apart() -> None:
    mask = np.ones((9, 9), bool)
    mask[2:7, 2:7] = False
    mask[4, 4] = True
    rings = outlines(mask)
    assert sorted(round(area(r), 2) for r in rings) == [0.5, 80.5 - 24.5]
    frame = max(rings, key=area)
    # The slit is walked there and back: both its ends, and its bend, are there twice.
    assert len(frame) - len(np.unique(frame, axis=0)) == 3


def test_nothing_gives_nothing() -> None:
    assert outlines(np.zeros((3, 5), bool)) == []


@settings(deadline=None, max_examples=80)
@given(
    hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14)),
    st.booleans(),
)
def test_any_mask_comes_back(mask: np.ndarray, invert: bool) -> None:
    mask = ~mask if invert else mask
    counted, matplotlib = np.zeros(mask.shape, int), np.zeros(mask.shape, int)
    centres = np.indices(mask.shape).reshape(2, -1).T
    for ring in outlines(mask):
        assert len(ring) >= 3
        counted += even_odd(ring, mask.shape)
        closed = Polygon(np.concatenate([ring, ring[:1]]), closed=True)
        matplotlib += closed.contains_points(centres).reshape(mask.shape)
    assert np.array_equal(counted, mask)
    assert np.array_equal(matplotlib, mask)
