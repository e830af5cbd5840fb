"""Pooled and per patient."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mritumor.errors import InputError
from mritumor.metrics import (
    Counts,
    count,
    counts_per_patient,
    dice,
    score_per_patient,
    score_pooled,
    summarize,
)

# A's second slice is empty and healthy; B has a small tumour, missed; C none.
SLICES = [Counts(80, 10, 10, 0), Counts(tn=100), Counts(0, 0, 5, 95), Counts(tn=100)]
PATIENTS = ["A", "A", "B", "C"]


def test_hand_case() -> None:
    a = 160 / 180
    found = score_per_patient(dice, SLICES, PATIENTS, "one")
    assert found.values == pytest.approx((a, 0, 1)) and found.names == ("A", "B", "C")
    assert found.mean == pytest.approx((a + 1) / 3) and found[1:3] == (3, 0)
    assert score_pooled(dice, SLICES) == pytest.approx(160 / (160 + 10 + 15))


def test_undefined_patients_are_counted() -> None:
    found = score_per_patient(dice, SLICES, PATIENTS, "nan")
    assert (found.used, found.undefined) == (2, 1)
    assert found.mean == pytest.approx(80 / 180)
    assert str(found) == "0.444 (n=2, 1 undefined)"


def test_nothing_defined() -> None:
    found = summarize([math.nan, math.nan])
    assert math.isnan(found.mean) and found[1:3] == (0, 2)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99))
def test_slices_added_are_the_volume(seed: int) -> None:
    volume = np.random.default_rng(seed).random((2, 6, 5, 4)) > 0.6
    slices = [count(volume[0, ..., k], volume[1, ..., k]) for k in range(4)]
    assert counts_per_patient(slices, ["P"] * 4) == {"P": count(*volume)}


def test_one_patient_per_image() -> None:
    with pytest.raises(InputError, match="one patient per image"):
        score_per_patient(dice, SLICES, ["A"])
