"""Two models on the same patients, and intervals of pooled numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mritumor.errors import InputError
from mritumor.metrics import (
    bootstrap_interval,
    bootstrap_statistic,
    mcnemar,
    paired_scores,
    paired_statistic,
    roc_auc,
)


def accuracy(called: np.ndarray, y: np.ndarray) -> float:
    return float((called == y).mean())


def macro_auc(p: np.ndarray, y: np.ndarray) -> float:
    return roc_auc(p, y).macro


def test_statistic_of_single_images_is_the_interval_of_a_mean() -> None:
    scores = np.random.default_rng(0).random(60)
    ours = bootstrap_statistic(np.mean, [scores], resamples=4999)
    known = bootstrap_interval(scores)
    assert ours.value == pytest.approx(known.mean) and ours.patients == 60
    assert ours[1:3] == pytest.approx(known[1:3], abs=0.01)


def test_patients_are_drawn_not_images() -> None:
    # 10 patients of 40 equal images: as unsure as 10 numbers, not as 400.
    right = np.repeat(np.arange(10) % 2, 40)
    patients = [f"P{i}" for i in np.repeat(np.arange(10), 40)]
    by_patient = bootstrap_statistic(np.mean, [right], patients, resamples=999)
    by_image = bootstrap_statistic(np.mean, [right], resamples=999)
    assert by_patient.high - by_patient.low > 4 * (by_image.high - by_image.low)
    assert by_patient.high - by_patient.low == pytest.approx(0.6, abs=0.1)


def test_undefined_samples_are_counted() -> None:
    p, y = np.array([0.1, 0.3, 0.2, 0.9]), np.array([0, 0, 0, 1])
    found = bootstrap_statistic(macro_auc, [p, y], resamples=300)
    # The one positive is in no sample with probability (3/4)^4 = 0.32.
    assert 60 < found.undefined < 130 and found.low == found.high == 1


def test_mostly_undefined() -> None:
    with pytest.raises(InputError, match="undefined in most"):
        bootstrap_statistic(lambda x: math.nan, [[1, 2]], resamples=9)


def test_paired_scores_hand_case() -> None:
    a, b = [0.9, 0.8, 0.7, 0.95], [0.8, 0.75, 0.5, 0.8]
    found = paired_scores(a, b)
    assert found.difference == pytest.approx(0.125) and found.patients == 4
    assert 0.05 <= found.low <= 0.125 <= found.high <= 0.2
    assert found.p_bootstrap == pytest.approx(2 / 10000)
    assert found.p_wilcoxon == stats.wilcoxon(a, b).pvalue == 0.125
    assert str(found).startswith("+0.125 (+0.0")


def test_agrees_with_the_t_test_for_many_patients() -> None:
    rng = np.random.default_rng(2)
    a = rng.normal(0.8, 0.1, 200)
    b = a - rng.normal(0.01, 0.08, 200)
    found = paired_scores(a, b)
    expected = stats.ttest_rel(a, b)
    assert found.p_bootstrap == pytest.approx(expected.pvalue, abs=0.02)
    ends = expected.confidence_interval()
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high), abs=0.002)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=10))
def test_swapping_the_models_turns_the_sign(pairs: list[tuple[float, float]]) -> None:
    a, b = zip(*pairs)
    there, back = (paired_scores(*s, resamples=199) for s in ((a, b), (b, a)))
    assert there.difference == -back.difference
    assert there.low == pytest.approx(-back.high)
    assert there.p_bootstrap == back.p_bootstrap
    assert there.p_wilcoxon == pytest.approx(back.p_wilcoxon, nan_ok=True)


def test_equal_models() -> None:
    found = paired_scores([0.5, 0.7, 0.9], [0.5, 0.7, 0.9])
    assert found[:5] == (0, 0, 0, 1, 1)


def test_images_of_a_patient_are_averaged() -> None:
    found = paired_scores([1, 1, 1, 0], [0, 0, 0, 1], ["A", "A", "A", "B"])
    assert found.difference == 0 and found.patients == 2


def test_paired_statistic_uses_the_same_patients_for_both() -> None:
    rng = np.random.default_rng(3)
    y = rng.integers(2, size=100)
    first = np.where(rng.random(100) < 0.8, y, 1 - y)
    # Wrong wherever the first is, and on five images more: never better.
    second = first.copy()
    second[np.flatnonzero(first == y)[:5]] = 1 - y[np.flatnonzero(first == y)[:5]]
    found = paired_statistic(accuracy, [first, y], [second, y], resamples=999)
    assert found.difference == pytest.approx(0.05)
    assert found.low > 0 and found.p_bootstrap < 0.05
    assert math.isnan(found.p_wilcoxon) and found.patients == 100


def test_null_is_rarely_rejected() -> None:
    rng = np.random.default_rng(4)
    p = [
        paired_scores(*rng.normal(size=(2, 40)), resamples=399).p_bootstrap
        for _ in range(200)
    ]
    assert np.mean(np.asarray(p) < 0.05) < 0.12


def test_mcnemar() -> None:
    y = np.zeros(20, int)
    first, second = y.copy(), y.copy()
    first[:2], second[2:12] = 1, 1
    found = mcnemar(first, second, y)
    assert (found.only_first, found.only_second) == (10, 2)
    assert found.p == pytest.approx(2 * stats.binom.cdf(2, 12, 0.5))
    assert mcnemar(first, first, y) == (0, 0, 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: paired_scores([0.5], [0.5, 0.6]),
        lambda: paired_scores([], []),
        lambda: paired_scores([0.5, math.nan], [0.5, 0.6]),
        lambda: paired_scores([0.5, 0.4], [0.5, 0.6], ["A"]),
        lambda: bootstrap_statistic(np.mean, []),
        lambda: mcnemar([0], [0, 1], [0]),
        lambda: mcnemar([], [], []),
    ],
)
def test_bad_input(call: object) -> None:
    with pytest.raises(InputError):
        call()  # type: ignore[operator]
