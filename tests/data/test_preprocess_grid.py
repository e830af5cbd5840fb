from __future__ import annotations

import itertools

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mritumor.data.preprocess.carrier import Carrier
from mritumor.data.preprocess.grid import Grid, bounding_box
from mritumor.data.preprocess.resampling import resample
from mritumor.data.preprocess.volume import (
    Volume,
    from_itk,
    from_itk_transform,
    to_itk,
    to_itk_transform,
)
from mritumor.errors import GeometryError, InputError
from mritumor.geometry import voxel_to_world

ALL_48 = [
    (order, signs)
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1, -1), repeat=3)
]
SHAPE = (4, 5, 6)


def oriented(order=(0, 1, 2), signs=(1, 1, 1), steps=(1.0, 2.0, 3.0), turn=None):
    affine = np.eye(4)
    rows = np.zeros((3, 3))
    for axis, (world, sign) in enumerate(zip(order, signs)):
        rows[world, axis] = sign * steps[axis]
    affine[:3, :3] = rows if turn is None else turn @ rows
    affine[:3, 3] = (10.0, -20.0, 30.0)
    return affine


def turned(angles=(12, -25, 40)):
    return Rotation.from_euler("xyz", angles, degrees=True).as_matrix()


@pytest.mark.parametrize("order, signs", ALL_48)
def test_all_48_orientations_there_and_back(order, signs):
    label = np.random.default_rng(0).integers(0, 4, SHAPE).astype(np.uint8)
    own = Volume(label, oriented(order, signs))
    grid = own.grid.to_ras()
    assert nib.aff2axcodes(grid.affine) == ("R", "A", "S")
    there = resample(own, grid, label=True)
    reference = nib.as_closest_canonical(nib.Nifti1Image(label, own.affine))
    np.testing.assert_array_equal(there.array, np.asarray(reference.dataobj))
    np.testing.assert_allclose(grid.affine, reference.affine, atol=1e-12)
    back = resample(there, own.grid, label=True)
    np.testing.assert_array_equal(back.array, label)


def test_an_oblique_grid_keeps_its_voxels_when_turned_to_ras():
    own = Volume(np.arange(120, dtype="f4").reshape(SHAPE), oriented(turn=turned()))
    there = resample(own, own.grid.to_ras())
    assert set(np.rint(there.array).ravel()) == set(range(120))


@given(st.tuples(*[st.integers(-180, 180)] * 3), st.tuples(*[st.floats(-50, 50)] * 3))
@settings(max_examples=30, deadline=None)
def test_itk_transforms_are_the_same_map(angles, shift):
    matrix = np.eye(4)
    matrix[:3, :3] = turned(angles) @ np.diag([1.0, 1.1, 0.9])
    matrix[:3, 3] = shift
    transform = to_itk_transform(matrix)
    np.testing.assert_allclose(from_itk_transform(transform), matrix, atol=1e-9)
    flip = np.array([-1.0, -1.0, 1.0])
    point = np.array([3.0, -7.0, 11.0])
    lps = np.array(transform.TransformPoint((flip * point).tolist()))
    np.testing.assert_allclose(flip * lps, (matrix @ [*point, 1])[:3], atol=1e-9)


def test_itk_images_lie_where_the_volume_does():
    volume = Volume(
        np.random.default_rng(0).random(SHAPE, "f4"), oriented(turn=turned())
    )
    image = to_itk(volume)
    lps = image.TransformIndexToPhysicalPoint((1, 2, 3))
    ras = np.array([-1, -1, 1]) * lps
    np.testing.assert_allclose(ras, voxel_to_world(volume.affine, (1, 2, 3)))
    assert image.GetPixel(1, 2, 3) == volume.array[1, 2, 3]
    again = from_itk(image)
    np.testing.assert_array_equal(again.array, volume.array)
    np.testing.assert_allclose(again.affine, volume.affine, atol=1e-12)


def test_resampling_agrees_with_simpleitk():
    rng = np.random.default_rng(0)
    volume = Volume(rng.random((9, 10, 11), "f4"), oriented(turn=turned((3, 4, 5))))
    grid = Grid((8, 8, 8), oriented(steps=(2.0, 2.0, 2.0)))
    matrix = np.eye(4)
    matrix[:3, 3] = (1.5, -2, 0.5)
    like = to_itk(Volume(np.zeros(grid.shape, "f4"), grid.affine))
    shift = sitk.TranslationTransform(3, (-1.5, 2.0, 0.5))
    expected = sitk.Resample(to_itk(volume), like, shift, sitk.sitkLinear, 0.0)
    found = resample(volume, grid, matrix)
    np.testing.assert_allclose(found.array, from_itk(expected).array, atol=1e-6)


def test_label_values_survive_a_turned_finer_grid():
    label = np.zeros((12, 12, 12), np.int16)
    label[2:10, 3:9, 4:8] = 1
    label[4:6, 4:6, 5:7] = 400
    volume = Volume(label, np.eye(4))
    grid = Grid((20, 20, 20), oriented(steps=(0.7,) * 3, turn=turned()) @ np.eye(4))
    grid.affine[:3, 3] = volume.grid.affine[:3, 3] + 1
    found = resample(volume, grid, label=True)
    assert found.array.dtype == np.int16
    assert set(np.unique(found.array)) <= {0, 1, 400}
    assert (found.array == 1).any()


def test_spacing_keeps_middle_and_field_of_view():
    grid = Grid((10, 20, 30), oriented(turn=turned()))
    fine = grid.with_spacing((0.5, 0.5, 1.0))
    assert fine.shape == (20, 80, 90)
    assert fine.spacing == pytest.approx((0.5, 0.5, 1.0))
    middles = [
        voxel_to_world(g.affine, (np.array(g.shape) - 1) / 2) for g in (grid, fine)
    ]
    np.testing.assert_allclose(*middles, atol=1e-9)
    assert grid.with_spacing(grid.spacing).difference(grid) is None


@pytest.mark.parametrize("steps", [(0, 1, 1), (1, 1), (1, 1, float("nan")), (99, 1, 1)])
def test_spacings_that_cannot_be_used(steps):
    with pytest.raises(GeometryError, match="voxel spacing"):
        Grid(SHAPE, np.eye(4)).with_spacing(steps)


def test_the_box_around_a_mask():
    mask = np.zeros((10, 10, 10), bool)
    assert bounding_box(mask) == ((0, 10),) * 3
    mask[3:5, 0, 9] = True
    assert bounding_box(mask, (1, 2, 3)) == ((2, 6), (0, 3), (6, 10))


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(6, 9)), min_size=3, max_size=3),
    st.sampled_from(ALL_48),
)
@example([(0, 6), (5, 6), (5, 6)], ((0, 1, 2), (1, 1, 1)))  # a row of voxels
@settings(max_examples=30, deadline=None)
def test_cropping_is_inverted_exactly(box, orientation):
    own = Grid((9, 9, 9), oriented(*orientation))
    turned_grid = own.to_ras()
    carrier = Carrier(
        "t1c", turned_grid.cropped(tuple(box)), {"t1c": own}, {"t1c": np.eye(4)}
    )
    label = np.random.default_rng(1).integers(0, 4, (9, 9, 9)).astype(np.uint8)
    there = carrier.to_preprocessed(label)
    back = carrier.to_original(there.array)
    inside = carrier.to_original(np.ones(carrier.grid.shape, np.uint8)).array > 0
    assert inside.sum() == np.prod(carrier.grid.shape)
    np.testing.assert_array_equal(back.array[inside], label[inside])
    assert not back.array[~inside].any()


def test_a_carrier_survives_json_and_refuses_what_is_not_its_own():
    grid = Grid(SHAPE, oriented(turn=turned()))
    carrier = Carrier("t1c", grid.to_ras(), {"t1c": grid}, {"t1c": np.eye(4)})
    again = Carrier.from_json(carrier.to_json())
    assert again.grid.difference(carrier.grid) is None
    assert again.own["t1c"].difference(grid) is None
    with pytest.raises(GeometryError, match="another grid"):
        carrier.to_original(np.zeros((2, 2, 2), np.uint8))
    with pytest.raises(InputError, match="whole numbers"):
        carrier.to_original(np.zeros(carrier.grid.shape))
    with pytest.raises(InputError, match="no such sequence"):
        carrier.to_original(np.zeros(carrier.grid.shape, np.uint8), "t2f")
    with pytest.raises(InputError, match="no record"):
        Carrier.from_json({"grid": 3})
