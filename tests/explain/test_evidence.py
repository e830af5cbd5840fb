"""Pointing score and energy: by hand, and as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mritumor.errors import InputError
from mritumor.explain import energy_in_mask, evidence, pointing_hit

MASK = np.zeros((8, 8), bool)
MASK[2:4, 2:4] = True


def test_by_hand() -> None:
    heat = np.zeros((8, 8))
    heat[2, 2], heat[7, 7] = 3.0, 1.0
    result = evidence(heat, MASK)
    assert result is not None
    assert result.hit and result.energy == 0.75 and result.share == 4 / 64


@pytest.mark.parametrize("tolerance, hit", [(0, False), (1.9, False), (2, True)])
def test_tolerance_is_a_distance(tolerance: float, hit: bool) -> None:
    heat = np.zeros((8, 8))
    heat[2, 5] = 1  # two pixels to the right of the mask
    assert pointing_hit(heat, MASK, tolerance) is hit


def test_no_heat_points_nowhere() -> None:
    heat = np.zeros((8, 8))
    assert evidence(heat, MASK) == (False, 0.0, 4 / 64)


def test_no_tumour_is_undefined() -> None:
    assert evidence(np.ones((8, 8)), np.zeros((8, 8), bool)) is None
    with pytest.raises(InputError, match="no tumour"):
        energy_in_mask(np.ones((8, 8)), np.zeros((8, 8), bool))


def test_wrong_input() -> None:
    with pytest.raises(InputError, match="grids"):
        pointing_hit(np.ones((8, 7)), MASK)
    with pytest.raises(InputError, match="as_heat"):
        energy_in_mask(np.full((8, 8), -1.0), MASK)


@settings(deadline=None, max_examples=50)
@given(
    arrays.arrays(np.float64, (4, 4, 4), elements=st.floats(0, 10)),
    arrays.arrays(bool, (4, 4, 4)),
    st.floats(0.1, 10),
)
def test_properties(heat: np.ndarray, mask: np.ndarray, factor: float) -> None:
    if not mask.any() or mask.all() or heat.sum() < 1e-6:
        return
    inside, outside = energy_in_mask(heat, mask), energy_in_mask(heat, ~mask)
    assert inside + outside == pytest.approx(1)
    assert energy_in_mask(heat * factor, mask) == pytest.approx(inside)
    assert pointing_hit(heat, mask) != pointing_hit(heat, ~mask)
    even = evidence(np.ones(heat.shape), mask)
    assert even is not None and even.energy == pytest.approx(even.share)
