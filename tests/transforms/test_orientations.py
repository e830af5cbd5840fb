"""Every transform of whole images, in all 48 orientations of a volume.

A transform has no favoured axis: turning and mirroring before it or after it is the
same, the affine goes with the voxels, and MONAI's ``Orientation`` around it can be
undone.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from monai.data import MetaTensor
from monai.transforms import Compose, Invertd, Orientation, Orientationd

from mritumor.geometry import voxel_to_world
from mritumor.transforms import (
    CheckImage,
    CheckImaged,
    LabelsToRegions,
    LabelsToRegionsd,
    N4BiasField,
    N4BiasFieldd,
    RandModalityDropout,
    RandModalityDropoutd,
    RegionsToLabels,
    RegionsToLabelsd,
    RobustNormalize,
    RobustNormalized,
    ZeroBackground,
    ZeroBackgroundd,
)

CODES = [
    "".join(pair[sign] for pair, sign in zip(order, signs))
    for order in itertools.permutations(("LR", "PA", "IS"))
    for signs in itertools.product((0, 1), repeat=3)
]
SHAPE = (9, 7, 6)
# Oblique and anisotropic: the nearest axes are still R, A and S.
AFFINE = np.array(
    [[1.9, 0.2, -0.1, -11], [-0.2, 2.4, 0.3, 7], [0.1, -0.3, 4.8, 30], [0, 0, 0, 1]]
)
NESTED, PAINT = [[1, 2, 3], [1, 3], [3]], [2, 1, 3]


def volume(kind: str) -> np.ndarray:
    rng = np.random.default_rng(8)
    if kind == "labels":
        return rng.integers(0, 4, (1, *SHAPE)).astype(np.uint8)
    if kind == "regions":
        return rng.random((3, *SHAPE)).astype(np.float32)
    image = rng.uniform(50, 150, (2, *SHAPE)).astype(np.float32)
    outside = np.ones(SHAPE, bool)
    outside[1:-1, 1:-1, 1:-1] = False
    image[:, outside] = 7 if kind == "background" else 0
    return image


def shaded() -> np.ndarray:
    """Two tissues under a smooth field from a third to three times."""
    shape = (18, 14, 12)
    i, j, k = (n / size for n, size in zip(np.indices(shape), shape))
    rng = np.random.default_rng(8)
    image = np.where((i * 3).astype(int) % 2, 100, 130) + rng.normal(0, 2, shape)
    image *= np.exp(2.2 * (i + 0.5 * j - 0.5 * k - 0.5))
    image[0], image[:, 0], image[:, :, 0] = 0, 0, 0
    return image[None].astype(np.float32)


def placed(array: np.ndarray, affine: np.ndarray = AFFINE) -> MetaTensor:
    return MetaTensor(torch.as_tensor(array.copy()), affine=torch.as_tensor(affine))


class Drop(RandModalityDropout):
    """The dropout with one draw: which channels go must not depend on positions."""

    def __call__(self, image: Any, randomize: bool = True) -> Any:
        self.set_random_state(5)
        return super().__call__(image)


class Dropd(RandModalityDropoutd):
    def __call__(self, data: Any) -> Any:
        self.set_random_state(5)
        return super().__call__(data)


N4 = {"iterations": (20, 20), "edge": 2.0}
# Name: array form, dictionary form, what it takes, tolerance (0: equal).
STEPS: dict[str, tuple[Callable[..., Any], Callable[..., Any], str, float]] = {
    "CheckImage": (CheckImage(2), CheckImaged("x", 2), "stripped", 0),
    "LabelsToRegions": (
        LabelsToRegions(NESTED),
        LabelsToRegionsd("x", NESTED),
        "labels",
        0,
    ),
    "RegionsToLabels": (
        RegionsToLabels(PAINT),
        RegionsToLabelsd("x", PAINT),
        "regions",
        0,
    ),
    "RandModalityDropout": (Drop(prob=1), Dropd("x", prob=1), "stripped", 0),
    # Sums in another order differ in the last bits; N4 repeats such sums.
    "RobustNormalize": (RobustNormalize(), RobustNormalized("x"), "stripped", 1e-5),
    "ZeroBackground": (ZeroBackground(), ZeroBackgroundd("x"), "background", 0),
    "N4BiasField": (N4BiasField(**N4), N4BiasFieldd("x", **N4), "stripped", 1e-3),
}
each_step = pytest.mark.parametrize("name", STEPS)
each_but_n4 = pytest.mark.parametrize("name", sorted(set(STEPS) - {"N4BiasField"}))


def assert_same(made: Any, wanted: Any, tolerance: float) -> None:
    assert made.dtype == wanted.dtype
    np.testing.assert_allclose(np.asarray(made), np.asarray(wanted), rtol=tolerance)


def test_n4_changes_more_than_it_is_allowed_to_differ() -> None:
    image = shaded()
    done = STEPS["N4BiasField"][0](placed(image)).numpy()
    inside = image > 0
    assert (done[inside] / image[inside]).std() > 0.05


def test_there_are_48() -> None:
    assert len(set(CODES)) == 48


@each_step
def test_turning_before_is_turning_after(name: str) -> None:
    step, _, kind, tolerance = STEPS[name]
    image = placed(shaded() if name == "N4BiasField" else volume(kind))
    done = step(image)
    for codes in CODES:
        turn = Orientation(codes)
        turned = turn(image)
        made, wanted = step(turned), turn(done)
        assert_same(made, wanted, tolerance)
        assert torch.equal(made.affine, turned.affine)
        torch.testing.assert_close(made.affine, wanted.affine)


@each_but_n4
def test_without_geometry_axes_are_alike_too(name: str) -> None:
    step, _, kind, tolerance = STEPS[name]
    array = volume(kind)
    done = step(array)
    for order in itertools.permutations((1, 2, 3)):
        for signs in itertools.product((1, -1), repeat=3):
            turned = array.transpose(0, *order)[_slices(signs)]
            wanted = done.transpose(0, *order)[_slices(signs)]
            assert_same(step(turned.copy()), wanted, tolerance)


@each_but_n4
@pytest.mark.parametrize("codes", CODES)
def test_an_orientation_before_it_can_be_undone(name: str, codes: str) -> None:
    _, step, kind, tolerance = STEPS[name]
    image = placed(volume(kind))
    chain = Compose([Orientationd("x", codes), step])
    out = chain({"x": image})
    back = Invertd("x", chain, nearest_interp=False)(out)["x"]
    assert_same(back, step({"x": image})["x"], tolerance)
    torch.testing.assert_close(back.affine, image.affine)


@each_but_n4  # which needs mm, so a sensible affine
@settings(max_examples=25, deadline=None)
@given(
    codes=st.sampled_from(CODES),
    affine=hnp.arrays(np.float64, (3, 4), elements=st.floats(-20, 20, width=32)),
)
def test_a_voxel_stays_where_it_is(name: str, codes: str, affine: np.ndarray) -> None:
    """Whatever affine an image has, even a singular one, comes out as it went in."""
    step, _, kind, _ = STEPS[name]
    whole = np.vstack([affine, [0, 0, 0, 1]])
    out = step(placed(volume(kind), whole))
    np.testing.assert_array_equal(np.asarray(out.affine), whole)


@pytest.mark.parametrize("codes", CODES)
def test_a_label_keeps_its_place_in_the_head(codes: str) -> None:
    """One voxel, carried through orientation, regions and back, by its mm position."""
    labels = np.zeros((1, *SHAPE), np.uint8)
    labels[0, 2, 5, 1] = 3
    turned = Orientation(codes)(placed(labels))
    made = RegionsToLabels(PAINT)(LabelsToRegions(NESTED)(turned))
    (index,) = np.argwhere(np.asarray(made[0]) == 3)
    here = voxel_to_world(np.asarray(made.affine, np.float64), index[None])
    there = voxel_to_world(AFFINE, np.array([[2, 5, 1]]))
    np.testing.assert_allclose(here, there, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    labels=hnp.arrays(np.uint8, (1, 4, 3, 5), elements=st.integers(0, 3)),
    codes=st.sampled_from(CODES),
)
def test_labels_to_regions_and_back_in_any_orientation(
    labels: np.ndarray, codes: str
) -> None:
    turned = Orientation(codes)(placed(labels))
    back = RegionsToLabels(PAINT)(LabelsToRegions(NESTED)(turned))
    assert torch.equal(back.as_tensor(), turned.as_tensor())


def _slices(signs: tuple[int, ...]) -> tuple[slice, ...]:
    return (slice(None), *(slice(None, None, sign) for sign in signs))
