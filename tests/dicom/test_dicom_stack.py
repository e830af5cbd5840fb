"""Slice positions to a grid: pure functions, all orientations."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mritumor.dicom.stack import normal, sort_slices, stack_affine
from mritumor.errors import GeometryError
from mritumor.geometry import ras_lps, voxel_to_world

ALL_48 = list(product(permutations(range(3)), product((1.0, -1.0), repeat=3)))
AXIAL = [1.0, 0, 0, 0, 1, 0]


def _stack(axes: np.ndarray, n: int = 6) -> tuple[np.ndarray, list[float], np.ndarray]:
    """Return positions (n, 3) LPS, orientation (6,) and the RAS affine."""
    lps = np.eye(4)
    lps[:3, :3] = axes * [0.9, 1.2, 4.0]
    lps[:3, 3] = [12.5, -40.0, 7.25]
    positions = voxel_to_world(lps, [[0, 0, k] for k in range(n)])
    return positions, [*axes[:, 0], *axes[:, 1]], ras_lps(lps)


def _check(axes: np.ndarray, shuffle: np.ndarray) -> None:
    positions, orientation, affine = _stack(axes, len(shuffle))
    order, step = sort_slices(positions[shuffle], orientation)
    found = stack_affine(positions[shuffle][order[0]], orientation, (0.9, 1.2, step))
    for k, original in enumerate(shuffle[order]):
        corner = voxel_to_world(affine, [5, 7, original])
        assert np.allclose(voxel_to_world(found, [5, 7, k]), corner, atol=1e-6)
    assert np.linalg.det(found[:3, :3]) > 0
    assert step == pytest.approx(4.0)


@pytest.mark.parametrize(("order", "signs"), ALL_48)
def test_all_48_orientations(order: tuple[int, ...], signs: tuple[float, ...]) -> None:
    axes = np.eye(3)[:, list(order)] * signs
    _check(axes, np.array([3, 0, 5, 1, 4, 2]))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(2, 20))
def test_any_rotation_and_any_order(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    _check(axes, rng.permutation(n))


def test_by_hand() -> None:
    order, step = sort_slices([[0, 0, 6], [0, 0, 0], [0, 0, 3]], AXIAL)
    assert order.tolist() == [1, 2, 0] and step == 3
    affine = stack_affine([10, 20, 30], AXIAL, (1, 2, 3))
    # LPS turned to RAS: x and y change their sign, z does not.
    assert np.array_equal(affine, np.diag([-1.0, -2, 3, 1]) + _column(-10, -20, 30))


def _column(*values: float) -> np.ndarray:
    matrix = np.zeros((4, 4))
    matrix[:3, 3] = values
    return matrix


def _z(*along: float) -> list[list[float]]:
    return [[0.0, 0.0, z] for z in along]


@pytest.mark.parametrize(
    ("along", "said"),
    [
        ((0, 5, 15, 20), "1 slice.s. are missing at 10.00 mm.*slice 1.*slice 2"),
        ((0, 5, 20, 25), "2 slice.s. are missing at 10.00 mm, 15.00 mm"),
        ((0, 5, 15), "1 slice.s. are missing at 10.00 mm"),
        ((0, 10, 15, 25, 30), "2 slice.s. are missing at 5.00 mm, 20.00 mm"),
        ((0, 1, 8, 9), "6 slice.s. are missing.*4.00 mm and 3 more"),
        ((0, 5, 10, 16.5), "varies.*5.000 to 6.500 mm.*slice 2 at 10.00 mm"),
        ((0, 5, 5, 10), "2 slices or more share positions.*slice 1 and slice 2"),
    ],
)
def test_bad_positions_are_named(along: tuple[float, ...], said: str) -> None:
    with pytest.raises(GeometryError, match=said):
        sort_slices(_z(*along), AXIAL)


def test_rounded_positions_pass() -> None:
    _, step = sort_slices(_z(0, 1.005, 1.995, 3.0), AXIAL)
    assert step == pytest.approx(1.0)


def test_a_leaning_stack_is_refused() -> None:
    leaning = [[0, 0.1 * k, 3.0 * k] for k in range(5)]
    with pytest.raises(GeometryError, match="leans.*1.91 degrees"):
        sort_slices(leaning, AXIAL)


@pytest.mark.parametrize(
    "orientation", [[1, 0, 0, 0.1, 1, 0], [1, 0, 0, 0, 2, 0], [np.nan] * 6]
)
def test_bad_directions_are_refused(orientation: list[float]) -> None:
    with pytest.raises(GeometryError, match="two unit vectors"):
        normal(orientation)
