"""`mritumor.geometry`, held against nibabel and SimpleITK."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mritumor.errors import GeometryError
from mritumor.geometry import (
    as_affine,
    grid_difference,
    ras_lps,
    spacing,
    voxel_to_world,
    voxel_volume,
)

MM = st.floats(0.2, 9.0)
DEGREES = st.floats(-180.0, 180.0)


def oblique(zooms, angles, origin=(0.0, 0.0, 0.0)) -> np.ndarray:
    """An affine turned about all three axes."""
    affine = np.eye(4)
    rotation = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    affine[:3, :3] = rotation @ np.diag(zooms)
    affine[:3, 3] = origin
    return affine


@settings(max_examples=50, deadline=None)
@given(zooms=st.tuples(MM, MM, MM), angles=st.tuples(DEGREES, DEGREES, DEGREES))
def test_spacing_and_volume_of_oblique_grids_agree_with_nibabel(zooms, angles):
    affine = oblique(zooms, angles)
    np.testing.assert_allclose(spacing(affine), nib.affines.voxel_sizes(affine))
    np.testing.assert_allclose(spacing(affine), zooms)
    np.testing.assert_allclose(voxel_volume(affine), np.prod(zooms))


def test_volume_of_a_sheared_grid_is_no_product_of_spacings():
    sheared = np.array([[2, 1, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1.0]])
    assert voxel_volume(sheared) == pytest.approx(8)
    assert np.prod(spacing(sheared)) > 8.1


def test_volume_is_positive_where_an_axis_is_flipped():
    assert voxel_volume(np.diag([-1.0, 1.0, 2.0, 1.0])) == pytest.approx(2)


def test_ras_lps_gives_the_points_of_simpleitk(tmp_path):
    affine = oblique((0.9, 1.1, 5.5), (10, -20, 35), (-40, 12.5, 88))
    file = tmp_path / "oblique.nii.gz"
    nib.save(nib.Nifti1Image(np.zeros((4, 5, 6), np.uint8), affine), file)
    image = sitk.ReadImage(str(file))
    lps = ras_lps(as_affine(nib.load(file).affine))
    for index in [(0, 0, 0), (3, 0, 0), (0, 4, 0), (0, 0, 5), (3, 4, 5)]:
        point = image.TransformIndexToPhysicalPoint(index)
        np.testing.assert_allclose(voxel_to_world(lps, index), point, atol=1e-3)


@settings(max_examples=25, deadline=None)
@given(zooms=st.tuples(MM, MM, MM), angles=st.tuples(DEGREES, DEGREES, DEGREES))
def test_ras_lps_is_its_own_inverse(zooms, angles):
    affine = oblique(zooms, angles, (1, 2, 3))
    np.testing.assert_array_equal(ras_lps(ras_lps(affine)), affine)


def test_voxel_to_world_agrees_with_nibabel_on_many_points():
    affine = oblique((1, 2, 3), (5, 6, 7), (8, 9, 10))
    points = np.random.default_rng(0).normal(size=(2, 3, 3))
    np.testing.assert_allclose(
        voxel_to_world(affine, points), nib.affines.apply_affine(affine, points)
    )


@pytest.mark.parametrize(
    "affine, part",
    [
        (np.eye(3), "wrong shape"),
        (np.full((4, 4), np.nan), "NaN"),
        (np.diag([1.0, 0.0, 1.0, 1.0]), "determinant"),
    ],
)
def test_as_affine_refuses_what_is_no_grid_and_names_the_file(affine, part):
    with pytest.raises(GeometryError, match=f"^scan.nii: .*{part}"):
        as_affine(affine, where="scan.nii")


def test_as_affine_returns_float64():
    assert as_affine(np.eye(4, dtype=np.float32)).dtype == np.float64


def test_one_grid_has_no_difference_even_in_single_precision():
    affine = oblique((0.9, 1.1, 5.5), (10, -20, 35), (-140, 12.5, 88))
    single = affine.astype(np.float32).astype(np.float64)
    assert grid_difference((240, 240, 155), affine, (240, 240, 155), single) is None


def test_other_shape_is_said():
    said = grid_difference((2, 2, 2), np.eye(4), (2, 2, 3), np.eye(4))
    assert said == "shapes (2, 2, 2) and (2, 2, 3)"


def test_shift_is_said_in_mm():
    moved = np.eye(4)
    moved[0, 3] = 4
    assert grid_difference((2, 2, 2), np.eye(4), (2, 2, 2), moved) == (
        "corners up to 4 mm apart"
    )


def test_rotation_about_the_first_voxel_is_seen_at_the_far_corner():
    turned = oblique((1, 1, 1), (0, 0, 1))
    assert grid_difference((200, 200, 1), np.eye(4), (200, 200, 1), turned)


def test_flipped_axis_is_another_grid():
    flipped = np.diag([-1.0, 1.0, 1.0, 1.0])
    assert grid_difference((5, 5, 5), np.eye(4), (5, 5, 5), flipped)


def test_tolerance_is_in_mm():
    moved = np.eye(4)
    moved[2, 3] = 0.5
    assert grid_difference((3, 3, 3), np.eye(4), (3, 3, 3), moved, tolerance=0.4)
    assert not grid_difference((3, 3, 3), np.eye(4), (3, 3, 3), moved, tolerance=0.6)
