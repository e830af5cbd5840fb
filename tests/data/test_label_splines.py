"""Label maps carried by splines: as they were on equal grids, no volume lost else."""

from __future__ import annotations

import itertools

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial.transform import Rotation

from mritumor.data.preprocess.grid import Grid
from mritumor.data.preprocess.label_splines import resample_smoothly
from mritumor.data.preprocess.resampling import resample
from mritumor.data.preprocess.volume import Volume

SHAPE = (7, 6, 5)
ALL_48 = [
    (order, signs)
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1, -1), repeat=3)
]


def ball(steps: tuple[float, float, float], radius: float) -> Volume:
    """Two halves of a ball in the middle of 60 mm, labels 1 and 3."""
    shape = [int(round(60 / step)) for step in steps]
    affine = np.diag([*steps, 1.0])
    affine[:3, 3] = -np.array(steps) * (np.array(shape) - 1) / 2
    points = np.moveaxis(np.indices(shape), 0, -1) * steps + affine[:3, 3]
    inside = (points**2).sum(axis=-1) < radius**2
    return Volume(
        np.where(inside, 1 + 2 * (points[..., 0] > 0), 0).astype("u1"), affine
    )


def turn(angles: tuple[float, float, float], shift: float = 0.0) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    matrix[:3, 3] = shift
    return matrix


def mm3(volume: Volume, value: int) -> float:
    return float((volume.array == value).sum() * np.prod(volume.grid.spacing))


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * ((a > 0) & (b > 0)).sum() / ((a > 0).sum() + (b > 0).sum())


@pytest.mark.parametrize("order, signs", ALL_48)
def test_all_48_orientations_are_exact(order, signs):
    label = np.random.default_rng(0).integers(0, 4, SHAPE).astype(np.int16)
    affine = np.zeros((4, 4))
    for axis, target in enumerate(order):
        affine[target, axis] = signs[axis] * (1.5, 2.0, 4.0)[axis]
    affine[3, 3] = 1
    own = Volume(label, affine)
    there = resample_smoothly(own, own.grid.to_ras(), np.eye(4))
    reference = nib.as_closest_canonical(nib.Nifti1Image(label, affine))
    np.testing.assert_array_equal(there.array, np.asarray(reference.dataobj))
    assert there.array.dtype == np.int16
    back = resample_smoothly(there, own.grid, np.eye(4))
    np.testing.assert_array_equal(back.array, label)


@settings(max_examples=15, deadline=None)
@given(st.tuples(*[st.floats(-20, 20)] * 3), st.floats(-5, 5), st.floats(10, 14))
def test_volume_stays_between_thick_slices(angles, shift, radius):
    thick, grid = ball((1.5, 1.5, 5.0), radius), ball((2.0, 2.0, 2.0), 1).grid
    made = resample_smoothly(thick, grid, turn(angles, shift))
    whole = [sum(mm3(volume, value) for value in (1, 3)) for volume in (made, thick)]
    assert whole[0] == pytest.approx(whole[1], rel=0.08)
    for value in (1, 3):  # cut in the middle, where one row of voxels more counts
        assert mm3(made, value) == pytest.approx(mm3(thick, value), rel=0.2)
    assert set(np.unique(made.array)) == {0, 1, 3}


def test_small_outlines_come_back_better_than_by_linear_weights():
    thick, grid = ball((1.5, 1.5, 5.0), 9), ball((2.0, 2.0, 2.0), 1).grid
    gained, volumes = [], []
    for n in range(6):
        matrix = turn((17, 3 * n - 9, 20 - 5 * n), 0.7 * n)
        scores = []
        for there in (
            resample_smoothly(thick, grid, matrix),
            resample(thick, grid, matrix, label=True),
        ):
            back = resample(there, thick.grid, np.linalg.inv(matrix), label=True)
            scores.append(dice(back.array, thick.array))
            volumes.append(np.count_nonzero(there.array) * 8.0)
        gained.append(scores[0] - scores[1])
    whole = mm3(thick, 1) + mm3(thick, 3)
    assert np.mean(gained) > 0.001
    assert abs(np.mean(volumes[::2]) / whole - 1) < abs(
        np.mean(volumes[1::2]) / whole - 1
    )


def test_agrees_with_scipys_spline():
    thick, grid = ball((1.5, 1.5, 5.0), 12), ball((2.0, 2.0, 2.0), 1).grid
    matrix = turn((10, -15, 5), 2)
    index = np.linalg.inv(thick.affine) @ matrix @ grid.affine
    weights = {
        value: ndimage.affine_transform(
            (thick.array == value).astype("f8"),
            index[:3, :3],
            index[:3, 3],
            output_shape=grid.shape,
            order=3,
        )
        for value in (1, 3)
    }
    rest = 1 - weights[1] - weights[3]
    expected = np.array([0, 1, 3])[np.argmax([rest, weights[1], weights[3]], axis=0)]
    made = resample_smoothly(thick, grid, matrix).array
    assert (made != expected).mean() < 1e-4  # they differ in how the spline ends


def test_nothing_to_carry_and_nowhere_to_go():
    grid = Grid((4, 4, 4), np.eye(4))
    empty = Volume(np.zeros(SHAPE, np.uint8), np.eye(4))
    assert not resample_smoothly(empty, grid, np.eye(4)).array.any()
    away = np.eye(4)
    away[:3, 3] = 500
    full = Volume(np.ones(SHAPE, np.uint8), np.eye(4))
    assert not resample_smoothly(full, grid, away).array.any()
    assert (resample_smoothly(full, grid, np.eye(4)).array == 1).all()
