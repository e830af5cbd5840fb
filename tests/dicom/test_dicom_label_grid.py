"""Label maps brought to other grids: exactly where that is possible."""

from __future__ import annotations

from itertools import permutations, product

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mritumor.data.preprocess import Grid, Volume, resample
from mritumor.dicom import resample_labels, turn_labels
from mritumor.errors import GeometryError, LabelError
from mritumor.geometry import voxel_to_world

ALL_48 = list(product(permutations(range(3)), product((1, -1), repeat=3)))


def tilted(seed: int, *edges: float) -> np.ndarray:
    rng, affine = np.random.default_rng(seed), np.eye(4)
    affine[:3, :3] = np.linalg.qr(rng.normal(size=(3, 3)))[0] * edges
    affine[:3, 3] = rng.uniform(-50, 50, 3)
    return affine


@pytest.mark.parametrize(("order", "signs"), ALL_48)
def test_axes_in_any_order(order: tuple[int, ...], signs: tuple[int, ...]) -> None:
    labels = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    affine = tilted(1, 0.9, 1.2, 4.0)
    turn = np.column_stack([order, signs])
    turned = nib.apply_orientation(labels, turn)
    target = affine @ nib.orientations.inv_ornt_aff(turn, labels.shape)
    assert np.array_equal(turn_labels(labels, affine, turned.shape, target), turned)
    assert np.array_equal(resample_labels(labels, affine, turned.shape, target), turned)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6))
def test_resampled_as_the_preprocessing_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, (6, 7, 5)).astype(np.uint8)
    affine, target = tilted(seed, 1, 2, 3), tilted(seed + 1, 2, 1, 1.5)
    target[:3, 3] = affine[:3, 3]
    found = resample_labels(labels, affine, (8, 9, 10), target)
    theirs = resample(Volume(labels, affine), Grid((8, 9, 10), target), label=True)
    assert found.dtype == np.uint8 and np.array_equal(found, theirs.array)


def test_a_ball_keeps_its_place_and_size() -> None:
    affine, target = tilted(3, 1, 1, 1), tilted(3, 1, 1, 1) @ np.diag([1, 1, 0.5, 1])
    index = np.indices((30, 30, 30)).reshape(3, -1).T
    labels = np.zeros((30, 30, 30), np.uint8)
    labels[tuple(index[np.linalg.norm(index - 15, axis=1) < 8].T)] = 3
    found = resample_labels(labels, affine, (30, 30, 60), target)
    assert set(np.unique(found)) == {0, 3}
    assert (found > 0).sum() / 2 == pytest.approx((labels > 0).sum(), rel=0.03)
    centre = voxel_to_world(target, np.argwhere(found).mean(0))
    assert np.allclose(centre, voxel_to_world(affine, [15, 15, 15]), atol=0.05)


def test_single_precision_passes_and_half_a_voxel_does_not() -> None:
    labels = np.zeros((4, 5, 6), np.uint8)
    affine = tilted(7, 0.9, 1.2, 4.0)
    single = affine.astype(np.float32).astype(float)
    assert turn_labels(labels, single, labels.shape, affine).shape == labels.shape
    shifted = affine.copy()
    shifted[:3, 3] += 0.45 * affine[:3, 0] / np.linalg.norm(affine[:3, 0])
    with pytest.raises(GeometryError, match="up to 0.45 mm apart.*resample_labels"):
        turn_labels(labels, shifted, labels.shape, affine)


def test_bad_input() -> None:
    labels = np.zeros((4, 5, 6), np.uint8)
    with pytest.raises(GeometryError, match="wrong shape"):
        resample_labels(labels, np.eye(3), labels.shape, np.eye(4))
    with pytest.raises(LabelError, match="0 to 255.*300"):
        resample_labels(labels + np.int16(300), np.eye(4), labels.shape, np.eye(4))
    with pytest.raises(LabelError, match="three axes"):
        turn_labels(labels[:0], np.eye(4), labels.shape, np.eye(4))
