"""Intervals over patients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mritumor.errors import InputError
from mritumor.metrics import bootstrap_interval

UNIT = st.floats(0, 1)


def test_close_to_the_normal_interval_for_many_patients() -> None:
    scores = np.random.default_rng(1).normal(0.8, 0.1, 400)
    interval = bootstrap_interval(scores)
    half = stats.t.ppf(0.975, 399) * scores.std(ddof=1) / 20
    assert interval.mean == pytest.approx(scores.mean())
    assert interval.low == pytest.approx(scores.mean() - half, abs=0.002)
    assert interval.high == pytest.approx(scores.mean() + half, abs=0.002)


@settings(max_examples=20, deadline=None)
@given(st.lists(UNIT, min_size=2, max_size=12))
def test_lies_within_the_scores_and_around_the_mean(scores: list[float]) -> None:
    interval = bootstrap_interval(scores, resamples=199)
    assert min(scores) - 1e-12 <= interval.low <= interval.high <= max(scores) + 1e-12
    assert (
        interval.low - 1e-9 <= interval.mean <= interval.high + 1e-9 or len(scores) < 4
    )


def test_scores_of_one_patient_count_once() -> None:
    slices = [0.0] * 50 + [1.0]
    interval = bootstrap_interval(slices, ["A"] * 50 + ["B"])
    assert interval.mean == 0.5 and interval.patients == 2


def test_same_seed_same_interval() -> None:
    scores = [0.1, 0.5, 0.9, 0.7]
    assert bootstrap_interval(scores) == bootstrap_interval(scores)


def test_one_patient_has_no_width() -> None:
    assert bootstrap_interval([0.7])[:3] == (0.7, 0.7, 0.7)


@pytest.mark.parametrize(
    ("scores", "patients"), [([], None), ([0.5, np.nan], None), ([1], ["A", "B"])]
)
def test_bad_input(scores: list[float], patients: list[str] | None) -> None:
    with pytest.raises(InputError):
        bootstrap_interval(scores, patients)
