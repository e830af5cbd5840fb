"""Ratios of right and wrong voxels."""

from __future__ import annotations

import math

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sk

from mritumor import metrics
from mritumor.errors import InputError
from mritumor.losses import FocalTverskyLoss
from mritumor.metrics import RATIOS, Counts, count

NUMBERS = st.integers(0, 50)
COUNTS = st.builds(Counts, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
MASK = hnp.arrays(bool, (4, 5))
HAND = Counts(tp=6, fp=2, fn=4, tn=88)
EXPECTED = {
    "dice": 12 / 18,
    "iou": 6 / 12,
    "jaccard_distance": 6 / 12,
    "similarity_index": 12 / 18,
    "accuracy": 94 / 100,
    "sensitivity": 6 / 10,
    "specificity": 88 / 90,
    "precision": 6 / 8,
    "recall": 6 / 10,
    "f1": 12 / 18,
    "tversky_index": 6 / (6 + 0.7 * 4 + 0.3 * 2),
    "focal_tversky_score": 1 - (1 - 6 / (6 + 0.7 * 4 + 0.3 * 2)) ** 0.75,
}


@pytest.mark.parametrize("name", RATIOS)
def test_hand_case(name: str) -> None:
    assert RATIOS[name](HAND) == pytest.approx(EXPECTED[name])


def test_counts_of_masks() -> None:
    found = count([[1, 1, 0], [0, 0, 1]], [[1, 0, 1], [0, 0, 1]])
    assert found == Counts(tp=2, fp=1, fn=1, tn=2)
    assert (found.reference, found.predicted, found.total) == (3, 3, 6)


@settings(max_examples=30, deadline=None)
@given(MASK.filter(np.any), MASK.filter(np.any))
def test_equal_to_scikit_learn_and_simpleitk(p: np.ndarray, r: np.ndarray) -> None:
    c, y = count(p, r), (r.ravel(), p.ravel())
    assert metrics.dice(c) == pytest.approx(sk.f1_score(*y, zero_division=0))
    assert metrics.iou(c) == pytest.approx(sk.jaccard_score(*y, zero_division=0))
    assert metrics.accuracy(c) == pytest.approx(sk.accuracy_score(*y))
    assert metrics.precision(c) == pytest.approx(sk.precision_score(*y))
    assert metrics.recall(c) == pytest.approx(sk.recall_score(*y))
    itk = sitk.LabelOverlapMeasuresImageFilter()
    itk.Execute(*(sitk.GetImageFromArray(m.astype(np.uint8)) for m in (r, p)))
    assert metrics.dice(c) == pytest.approx(itk.GetDiceCoefficient())
    assert metrics.iou(c) == pytest.approx(itk.GetJaccardCoefficient())


@settings(max_examples=50, deadline=None)
@given(COUNTS)
def test_bounds_and_relations(c: Counts) -> None:
    assert all(0 <= ratio(c) <= 1 for ratio in RATIOS.values())
    j = metrics.iou(c)
    assert metrics.dice(c) == pytest.approx(2 * j / (1 + j))
    assert metrics.jaccard_distance(c) == pytest.approx(1 - j)
    assert metrics.tversky_index(c, alpha=0.5, beta=0.5) == pytest.approx(
        metrics.dice(c)
    )
    swapped = Counts(c.tp, c.fn, c.fp, c.tn)
    assert metrics.dice(c) == metrics.dice(swapped)


@settings(max_examples=30, deadline=None)
@given(MASK, MASK, st.integers(0, 99))
def test_the_order_of_voxels_does_not_matter(
    p: np.ndarray, r: np.ndarray, seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(p.size)
    assert count(p, r) == count(p.ravel()[order], r.ravel()[order])


def test_score_is_one_minus_the_loss() -> None:
    import torch

    p, r = (torch.tensor(m).float()[None, None] for m in ([[1, 1, 0]], [[1, 0, 1]]))
    loss = FocalTverskyLoss(smooth=1e-9)(p, r)
    score = metrics.focal_tversky_score(count(p.numpy(), r.numpy()))
    assert score == pytest.approx(1 - loss.item(), abs=1e-6)


BOTH_EMPTY, MISSED, INVENTED = Counts(tn=9), Counts(fn=3, tn=6), Counts(fp=3, tn=6)


@pytest.mark.parametrize(
    ("empty", "both", "invented"),
    [("one", 1, 0), ("zero", 0, 0), ("nan", math.nan, 0), ("skip", math.nan, math.nan)],
)
@pytest.mark.parametrize("name", ["dice", "iou", "f1", "tversky_index"])
def test_empty_policies(name: str, empty: str, both: float, invented: float) -> None:
    ratio = RATIOS[name]
    assert ratio(BOTH_EMPTY, empty) == pytest.approx(both, nan_ok=True)
    assert ratio(INVENTED, empty) == pytest.approx(invented, nan_ok=True)
    assert ratio(MISSED, empty) == 0


@pytest.mark.parametrize("empty", ["one", "zero", "nan", "skip"])
def test_a_miss_is_never_undefined(empty: str) -> None:
    for name in set(RATIOS) - {"jaccard_distance", "accuracy", "specificity"}:
        assert RATIOS[name](MISSED, empty) == 0, name
    assert metrics.jaccard_distance(MISSED, empty) == 1


def test_undefined_sides() -> None:
    assert math.isnan(metrics.sensitivity(INVENTED, "nan"))
    assert metrics.precision(INVENTED, "nan") == 0
    assert math.isnan(metrics.precision(BOTH_EMPTY, "nan"))
    assert math.isnan(metrics.specificity(Counts(tp=4), "nan"))
    assert metrics.jaccard_distance(BOTH_EMPTY, "one") == 0


def test_bad_input() -> None:
    with pytest.raises(InputError, match="different shapes"):
        count([1, 0], [1, 0, 0])
    with pytest.raises(InputError, match="prediction.*other values"):
        count([0.2, 0.9], [0, 1])
    with pytest.raises(InputError, match="reference.*other values"):
        count([0, 1], [0, 2])
    with pytest.raises(InputError, match="did you mean 'skip'"):
        metrics.dice(HAND, "skipp")  # type: ignore[arg-type]
