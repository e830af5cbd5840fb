"""Thresholds of an evaluation, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, precision_score, recall_score

from mritumor.inference.evaluation_thresholds import answered_from, called_from


def two(tumour: list[float]) -> np.ndarray:
    return np.stack([1 - np.array(tumour), tumour], axis=1)


def test_called_by_hand() -> None:
    """Tumours at 0.9 and 0.3, none at 0.4 and 0.1: from 0.5 on one of two is missed."""
    p, y = two([0.9, 0.3, 0.4, 0.1]), np.array([1, 1, 0, 0])
    rows = {r["called from"]: r for r in called_from(p, y, ("none", "tumour"))}
    assert rows[0.5] == {
        "called from": 0.5,
        "sensitivity": 0.5,
        "specificity": 1.0,
        "PPV": 1.0,
        "NPV": 0.6667,
        "missed": 1,
        "false alarms": 0,
    }
    assert (rows[0.2]["missed"], rows[0.2]["false alarms"]) == (0, 1)
    assert rows[0.95]["PPV"] is None and rows[0.95]["sensitivity"] == 0


def test_kinds_of_tumour_are_one_answer() -> None:
    p = np.array([[0.5, 0.1, 0.4], [0.2, 0.7, 0.1], [0.1, 0.2, 0.7]])
    rows = called_from(p, np.array([0, 1, 2]), ("glioma", "notumor", "pituitary"))
    half = next(r for r in rows if r["called from"] == 0.5)
    assert (half["sensitivity"], half["specificity"]) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("names", "y"),
    [(("a", "b"), [0, 1]), (("none", "b"), [1, 1]), (("none", "b"), [0, 0])],
)
def test_nothing_to_weigh(names: tuple[str, ...], y: list[int]) -> None:
    assert called_from(two([0.2, 0.8]), np.array(y), names) == []


@given(
    st.lists(
        st.tuples(st.floats(0, 1, width=16), st.integers(0, 1)), min_size=2, max_size=30
    )
)
def test_as_scikit_learn(pairs: list[tuple[float, int]]) -> None:
    scores, y = [s for s, _ in pairs], np.array([t for _, t in pairs])
    rows = called_from(two(scores), y, ("none", "tumour"))
    assert bool(rows) == (len(set(y)) == 2)
    tumour = 1 - two(scores)[:, 0]
    for row in rows:
        called = tumour >= row["called from"]
        (tn, fp), (fn, tp) = confusion_matrix(y, called, labels=[0, 1])
        assert (row["missed"], row["false alarms"]) == (fn, fp)
        assert row["sensitivity"] == pytest.approx(recall_score(y, called), abs=1e-4)
        wanted = precision_score(y, called, zero_division=np.nan)
        assert (row["PPV"] is None) == bool(np.isnan(wanted))
        if tn + fn:
            assert row["NPV"] == pytest.approx(tn / (tn + fn), abs=1e-4)


def test_answered_by_hand() -> None:
    p, y = two([0.9, 0.4, 0.2]), np.array([1, 1, 0])
    rows = {r["answered from"]: r for r in answered_from(p, y, 6)}
    assert rows[0.5]["coverage"] == 1 and rows[0.5]["accuracy"] == 0.6667
    assert rows[0.7]["coverage"] == 0.6667 and rows[0.7]["accuracy"] == 1
    assert "area under risk–coverage" in rows
