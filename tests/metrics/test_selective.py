"""Coverage and accuracy, by hand and as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mritumor.errors import InputError
from mritumor.metrics.selective import (
    coverage_accuracy,
    threshold_for_accuracy,
    threshold_for_coverage,
)

SURE = [0.9, 0.8, 0.8, 0.6, 0.5]
RIGHT = [True, True, False, True, False]


def test_by_hand() -> None:
    curve = coverage_accuracy(SURE, RIGHT)
    np.testing.assert_allclose(curve.threshold, [0.9, 0.8, 0.6, 0.5])
    np.testing.assert_allclose(curve.coverage, [0.2, 0.6, 0.8, 1.0])
    np.testing.assert_allclose(curve.accuracy, [1, 2 / 3, 3 / 4, 3 / 5])
    assert curve.risk_area == pytest.approx(0.4 / 3 + 0.2 / 4 + 0.2 * 2 / 5)


def test_thresholds() -> None:
    assert threshold_for_accuracy(SURE, RIGHT, 0.7) == (0.6, 0.8, 0.75)
    assert threshold_for_accuracy(SURE, RIGHT, 0.9) == (0.9, 0.2, 1.0)
    nothing = threshold_for_accuracy([0.9, 0.5], [False, True], 0.9)
    assert nothing.threshold == float("inf") and nothing.coverage == 0
    assert threshold_for_coverage(SURE, RIGHT, 0.7) == (0.6, 0.8, 0.75)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1))
def test_against_counting(images: list[tuple[int, bool]]) -> None:
    sure, right = np.asarray(images).T / np.asarray([[10], [1]])
    curve = coverage_accuracy(sure, right)
    for threshold, coverage, accuracy in zip(*curve, strict=True):
        answered = right[sure >= threshold]
        assert coverage == pytest.approx(len(answered) / len(right))
        assert accuracy == pytest.approx(answered.mean())
    assert curve.coverage[-1] == 1 and (np.diff(curve.coverage) > 0).all()
    assert curve.accuracy[-1] == pytest.approx(right.mean())


@pytest.mark.parametrize(
    "sure, right", [([], []), ([0.5], [True, False]), ([float("nan")], [True])]
)
def test_wrong_input(sure: list, right: list) -> None:
    with pytest.raises(InputError):
        coverage_accuracy(sure, right)
