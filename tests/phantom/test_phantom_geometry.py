"""Any grid sees the same patient at the same place in mm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mritumor import geometry
from mritumor.phantom import Study, make_study
from mritumor.phantom.grid import FIELD_OF_VIEW, head_grid

WANTED = {"NCR": 6, "ET": 10, "ED": 30}


def _study(**changes) -> Study:
    return make_study(11, 0, volumes_ml=WANTED, modalities=("t1c",), **changes)


@pytest.fixture(scope="module")
def reference() -> Study:
    return _study(spacing=2.6)


def _centroid(study: Study, labels=(1, 2, 3)) -> np.ndarray:
    mean = np.argwhere(np.isin(study.label, labels)).mean(axis=0)
    return geometry.voxel_to_world(study.affine, mean)


@pytest.mark.parametrize(
    "changes",
    [
        {"spacing": 2.6, "oblique": 20},
        {"spacing": 2.6, "flip": "xy"},
        {"spacing": (2, 2, 5)},
        {"spacing": (5, 2, 2), "oblique": 33, "flip": "z"},
    ],
    ids=["oblique", "flipped", "anisotropic", "all"],
)
def test_tumour_is_at_the_same_place(reference: Study, changes: dict) -> None:
    other = _study(**changes)
    voxel = max(geometry.spacing(other.affine))
    for labels in ((1, 2, 3), (1, 3)):
        apart = np.linalg.norm(_centroid(other, labels) - _centroid(reference, labels))
        assert apart <= voxel
    assert other.truth["centroid_mm"] == pytest.approx(_centroid(other), abs=1e-3)


def test_a_grid_of_ones_own(reference: Study) -> None:
    affine = np.array(
        [[0, 0, 2.6, -90], [-2.5, 0, 0, 90], [0, 2.4, 0, -72], [0, 0, 0, 1.0]]
    )
    other = _study(affine=affine, shape=(84, 69, 69))
    assert other.label.shape == (84, 69, 69)
    assert np.array_equal(other.affine, affine)
    assert np.linalg.norm(_centroid(other) - _centroid(reference)) <= 2.6


def test_each_sequence_on_its_own_grid() -> None:
    study = make_study(
        11, 0, spacing=2.6, volumes_ml=WANTED, different_grids=True, noise=0, bias=0
    )
    shapes = {image.shape for image in study.images.values()}
    assert len(shapes) > 2
    assert np.array_equal(study.affines["t1c"], study.affine)
    # The brightest spot of FLAIR is the oedema: it lies where the label says.
    flair, affine = study.images["t2f"], study.affines["t2f"]
    bright = np.argwhere(flair > np.percentile(flair[flair > 0], 98.5))
    middle = np.median(geometry.voxel_to_world(affine, bright), axis=0)
    assert np.linalg.norm(middle - _centroid(study)) < 12


def test_images_follow_the_anatomy_on_any_grid() -> None:
    turned = _study(spacing=2.6, oblique=15, noise=0, bias=0)
    plain = _study(spacing=2.6, noise=0, bias=0)
    world = geometry.voxel_to_world(plain.affine, np.argwhere(plain.label == 3))
    index = np.linalg.inv(turned.affine)
    there = np.rint(geometry.voxel_to_world(index, world)).astype(int)
    here = plain.images["t1c"][plain.label == 3]
    assert turned.images["t1c"][tuple(there.T)].mean() == pytest.approx(
        here.mean(), rel=0.08
    )


def test_thick_slices_are_averaged() -> None:
    thick = head_grid((1.5, 1.5, 7))
    offsets = list(thick.offsets())
    assert len(offsets) == 3
    assert np.allclose(np.mean(offsets, axis=0), 0)
    assert list(head_grid((2, 2, 2)).offsets()) == [(0, 0, 0)]


@given(
    spacing=st.tuples(*[st.floats(1, 6)] * 3),
    degrees=st.floats(-40, 40),
    flip=st.sampled_from(["", "x", "yz", "xyz"]),
)
@settings(max_examples=40, deadline=None)
def test_head_grid(spacing: tuple, degrees: float, flip: str) -> None:
    grid = head_grid(spacing, oblique=degrees, axis=(1, 2, 3), flip=flip)
    assert grid.spacing == pytest.approx(spacing)
    extent = np.array(grid.shape) * spacing
    assert np.allclose(extent, FIELD_OF_VIEW, atol=max(spacing))
    handed = np.linalg.det(grid.affine[:3, :3])
    assert np.sign(handed) == (-1) ** len(flip)


def test_points_are_the_affine_applied() -> None:
    grid = head_grid((12, 11, 10), oblique=10, flip="y")
    index = np.argwhere(np.ones(grid.shape))
    expected = geometry.voxel_to_world(grid.affine, index)
    assert np.allclose(grid.points(), expected, atol=1e-3)
