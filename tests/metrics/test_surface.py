"""Distances between outlines, and volumes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import SimpleITK as sitk
import surface_distance
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from mritumor.errors import InputError
from mritumor.metrics import hausdorff, surface_dice, volume_error

SPACINGS = [(1.0, 1.0), (0.7, 2.0), (1.0, 1.0, 1.0), (1.0, 0.5, 2.0)]


def blobs(seed: int, dims: int, size: int = 14) -> tuple[np.ndarray, np.ndarray]:
    """Return two smooth random masks, neither empty."""
    noise = np.random.default_rng(seed).normal(size=(2,) + (size,) * dims)
    smooth = ndimage.gaussian_filter(noise, (0,) + (2,) * dims)
    return tuple(m > np.quantile(m, 0.8) for m in smooth)  # type: ignore[return-value]


def border(mask: np.ndarray) -> np.ndarray:
    return mask & ~ndimage.binary_erosion(mask)


def by_all_pairs(
    p: np.ndarray, r: np.ndarray, spacing: tuple[float, ...], percentile: float
) -> float:
    """HD95 without any distance transform."""
    a, b = (np.argwhere(border(m)) * spacing for m in (p, r))
    distances = np.linalg.norm(a[:, None] - b[None], axis=-1)
    there, back = distances.min(1), distances.min(0)
    return float(max(np.percentile(there, percentile), np.percentile(back, percentile)))


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("percentile", [95, 50, 100])
def test_equal_to_all_pairs(spacing: tuple[float, ...], percentile: float) -> None:
    for seed in range(3):
        p, r = blobs(seed, len(spacing))
        assert hausdorff(p, r, spacing, percentile) == pytest.approx(
            by_all_pairs(p, r, spacing, percentile), rel=1e-5
        )


@pytest.mark.parametrize("spacing", SPACINGS)
def test_equal_to_deepmind(spacing: tuple[float, ...]) -> None:
    for seed in range(3):
        p, r = blobs(seed, len(spacing))
        found = surface_distance.compute_surface_distances(r, p, spacing)
        assert hausdorff(p, r, spacing, surface="areas") == pytest.approx(
            surface_distance.compute_robust_hausdorff(found, 95), rel=1e-5
        )
        assert surface_dice(p, r, spacing, 1.5) == pytest.approx(
            surface_distance.compute_surface_dice_at_tolerance(found, 1.5), rel=1e-5
        )


def test_largest_distance_is_simpleitks() -> None:
    p, r = blobs(4, 3)
    images = [sitk.GetImageFromArray(m.astype(np.uint8)) for m in (p, r)]
    for image in images:
        image.SetSpacing((2.0, 0.5, 1.0))  # axes reversed
    itk = sitk.HausdorffDistanceImageFilter()
    itk.Execute(*images)
    # SimpleITK measures from all voxels of a mask, which for the maximum is the same.
    assert hausdorff(p, r, (1.0, 0.5, 2.0), 100) == pytest.approx(
        itk.GetHausdorffDistance(), rel=1e-5
    )


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 999), st.sampled_from(["voxels", "areas"]))
def test_symmetric_and_zero_only_for_equal_masks(seed: int, surface: str) -> None:
    p, r = blobs(seed, 2)
    there = hausdorff(p, r, (1, 2), surface=surface)  # type: ignore[arg-type]
    back = hausdorff(r, p, (1, 2), surface=surface)  # type: ignore[arg-type]
    assert there == pytest.approx(back) and there >= 0
    assert hausdorff(p, p, (1, 2), surface=surface) == 0  # type: ignore[arg-type]
    assert 0 <= surface_dice(p, r, (1, 2)) <= surface_dice(p, r, (1, 2), 3.0) <= 1
    assert surface_dice(p, p, (1, 2)) == 1


def test_shifted_square() -> None:
    r = np.zeros((20, 20), bool)
    r[5:10, 5:10] = True
    p = np.roll(r, 4, axis=0)
    assert hausdorff(p, r, (0.5, 1.0), 100) == pytest.approx(2.0)
    assert hausdorff(p, r, (0.5, 1.0), 100, surface="areas") == pytest.approx(2.0)


EMPTY, SOME = np.zeros((3, 4), bool), np.eye(3, 4, dtype=bool)


def test_empty_masks() -> None:
    assert hausdorff(EMPTY, SOME, (1, 1)) == hausdorff(SOME, EMPTY, (1, 1)) == 374
    assert hausdorff(EMPTY, SOME, (2, 2), missed="diagonal") == pytest.approx(10)
    assert hausdorff(EMPTY, EMPTY, (1, 1)) == 0
    assert math.isnan(hausdorff(EMPTY, EMPTY, (1, 1), both_empty=math.nan))
    assert surface_dice(EMPTY, SOME, (1, 1)) == surface_dice(SOME, EMPTY, (1, 1)) == 0
    assert surface_dice(EMPTY, EMPTY, (1, 1)) == 1
    assert math.isnan(surface_dice(EMPTY, EMPTY, (1, 1), empty="nan"))
    assert math.isnan(surface_dice(SOME, EMPTY, (1, 1), empty="skip"))


def test_volume() -> None:
    more = SOME | np.eye(3, 4, 1, dtype=bool)
    assert volume_error(more, SOME, (0.5, 2)) == (3, 3, 1)
    assert volume_error(EMPTY, SOME, (1, 2)) == (-6, 6, -1)
    assert volume_error(EMPTY, EMPTY, (1, 1)) == (0, 0, 0)
    assert math.isnan(volume_error(SOME, EMPTY, (1, 1)).relative)
    assert volume_error(SOME, EMPTY, (1, 1), invented=1.0).relative == 1


@pytest.mark.parametrize("spacing", [(1,), (1, 1, 1), (1, 0), (1, -1)])
def test_bad_spacing(spacing: tuple[float, ...]) -> None:
    for measure in (hausdorff, surface_dice, volume_error):
        with pytest.raises(InputError, match="mm"):
            measure(SOME, SOME, spacing)


def test_bad_tolerance() -> None:
    with pytest.raises(InputError, match="tolerance"):
        surface_dice(SOME, SOME, (1, 1), -1)
