"""Sizes, places and sides of outlines whose numbers are known."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mritumor.inference.measure import WHOLE, lesions, measures


def head(shape=(40, 50, 30)) -> tuple[np.ndarray, np.ndarray]:
    """Two labels right of the midline of a head off the origin, 2 x 1 x 3 mm."""
    affine = np.diag([2.0, 1.0, 3.0, 1.0])
    affine[:3, 3] = (100, -20, 5)
    labels = np.zeros(shape, np.uint8)
    labels[30:34, 10:20, 5:8] = 1
    labels[30:32, 10:12, 20:22] = 2
    return labels, affine


def test_a_volume_by_hand() -> None:
    labels, affine = head()
    image = np.ones((1, *labels.shape))
    image[:, :2] = image[:, -2:] = 0
    whole, core, oedema = measures(labels, {1: "core", 2: "oedema"}, affine, image)
    assert whole["region"] == WHOLE and whole["lesions"] == 2
    assert core["voxels"] == 120 and core["volume_mm3"] == 720
    assert core["extent_mm"] == [8, 10, 9]
    assert core["centroid_ras_mm"] == [163, -5.5, 23]
    assert core["hemisphere"] == oedema["hemisphere"] == "right"


def test_nothing_found_has_no_place() -> None:
    labels, affine = head()
    (row,) = measures(labels * 0, {1: "core"}, affine)
    assert row["volume_mm3"] == 0 and row["lesions"] == 0
    assert row["centroid_ras_mm"] is None and row["hemisphere"] is None


def test_a_picture_is_in_pixels() -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[5:10, 20:24] = 1
    (row,) = measures(mask, {1: "tumour"})
    assert row["area_px"] == 20 and row["extent_px"] == [5, 4]
    assert row["centroid_px"] == [7, 21.5]


def test_crumbs_are_no_lesions() -> None:
    mask = np.zeros((10, 10), bool)
    mask[0, 0] = mask[5:8, 5:8] = True
    assert lesions(mask) == 1 and lesions(mask, smallest=1) == 2


@settings(deadline=None, max_examples=20)
@given(
    order=st.permutations(range(3)), flips=st.tuples(*[st.sampled_from([1, -1])] * 3)
)
def test_storage_does_not_matter(order, flips) -> None:
    labels, affine = head((36, 40, 24))
    turned = nib.Nifti1Image(labels, affine).as_reoriented(
        np.array(list(zip(order, flips)))
    )
    plain = measures(labels, {1: "core"}, affine)
    again = measures(np.asarray(turned.dataobj), {1: "core"}, turned.affine)
    for key, value in plain[0].items():
        assert again[0][key] == pytest.approx(value) or again[0][key] == value
