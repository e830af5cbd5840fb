"""Scores of classifiers."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from mritumor.errors import InputError
from mritumor.metrics import (
    brier_score,
    calibration_error,
    class_report,
    reliability_table,
    roc_auc,
)

# Called 0, 1, 1, 2, 0; nothing is of class 2.
P = np.array(
    [
        [0.8, 0.1, 0.1],
        [0.2, 0.7, 0.1],
        [0.3, 0.4, 0.3],
        [0.2, 0.2, 0.6],
        [0.5, 0.3, 0.2],
    ]
)
Y = np.array([0, 1, 0, 1, 0])


def images(seed: int, n: int = 60, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Return random probabilities, and labels that agree with them now and then."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(classes), n)
    guess = rng.integers(classes, size=n)
    return p, np.where(rng.random(n) < 0.6, p.argmax(1), guess)


def test_hand_case() -> None:
    found = class_report(P, Y, ["glioma", "meningioma", "pituitary"])
    assert found.accuracy == pytest.approx(3 / 5)
    assert found.confusion == ((2, 1, 0), (0, 1, 1), (0, 0, 0))
    assert found.recall == pytest.approx((2 / 3, 1 / 2, math.nan), nan_ok=True)
    assert found.precision == pytest.approx((1, 1 / 2, 0))
    assert found.specificity == pytest.approx((1, 2 / 3, 4 / 5))
    assert found.balanced_accuracy == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found.support == (3, 2, 0) and found.n == 5
    assert found.undefined == ("recall of pituitary",)
    assert json.loads(json.dumps(found.as_dict()))["names"][0] == "glioma"


def test_a_class_never_called_has_no_precision_and_f1_0() -> None:
    found = class_report([[0.9, 0.1], [0.8, 0.2]], [0, 1])
    assert found.precision == pytest.approx((0.5, math.nan), nan_ok=True)
    assert found.undefined == ("precision of 1",)
    assert found.f1[1] == 0 and found.macro["f1"] == pytest.approx(1 / 3)


def test_one_class_only() -> None:
    found = class_report([[0.9, 0.1], [0.8, 0.2]], [0, 0])
    assert found.accuracy == 1 and math.isnan(found.specificity[0])
    assert "specificity of 0" in found.undefined


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999))
def test_equal_to_scikit_learn(seed: int) -> None:
    p, y = images(seed)
    found, called = class_report(p, y), p.argmax(1)
    report = sk.classification_report(y, called, output_dict=True, zero_division=0)
    assert found.accuracy == pytest.approx(report["accuracy"])
    assert found.balanced_accuracy == pytest.approx(
        sk.balanced_accuracy_score(y, called)
    )
    for k in range(4):
        for mine, theirs in (("precision",) * 2, ("recall",) * 2, ("f1", "f1-score")):
            assert getattr(found, mine)[k] == pytest.approx(report[str(k)][theirs])
        assert found.support[k] == report[str(k)]["support"]
    for mean in ("macro", "weighted"):
        theirs = report[f"{mean} avg"]
        assert getattr(found, mean)["f1"] == pytest.approx(theirs["f1-score"])
        assert getattr(found, mean)["precision"] == pytest.approx(theirs["precision"])
    area = roc_auc(p, y)
    kinds = {"multi_class": "ovr", "labels": range(4)}
    assert area.macro == pytest.approx(sk.roc_auc_score(y, p, **kinds))
    assert area.micro == pytest.approx(sk.roc_auc_score(y, p, average="micro", **kinds))
    assert area.used == 4 and area.undefined == ()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999))
def test_the_order_of_images_does_not_matter(seed: int) -> None:
    p, y = images(seed)
    order = np.random.default_rng(seed).permutation(len(y))
    assert class_report(p, y) == class_report(p[order], y[order])
    assert roc_auc(p, y).macro == pytest.approx(roc_auc(p[order], y[order]).macro)
    for score in (calibration_error, brier_score):
        assert score(p, y) == pytest.approx(score(p[order], y[order]))
        assert 0 <= score(p, y) <= 2


def test_auc_by_counting_pairs() -> None:
    p, y = images(5, classes=2)
    pairs = [(a, b) for a in p[y == 1, 1] for b in p[y == 0, 1]]
    share = np.mean([(a > b) + 0.5 * (a == b) for a, b in pairs])
    found = roc_auc(p, y)
    assert found.per_class == pytest.approx((share, share))
    assert roc_auc(p[:, 1], y) == found


def test_auc_of_absent_classes_is_said() -> None:
    found = roc_auc(P, Y)
    assert math.isnan(found.per_class[2]) and found.undefined == (2,)
    assert found.used == 2 and found.macro == pytest.approx(
        np.mean(found.per_class[:2])
    )
    alone = roc_auc(P[:1], Y[:1])
    assert math.isnan(alone.macro) and alone.used == 0


def test_calibration_hand_case() -> None:
    # bins of 0.5: confidences .6 (wrong), .8 and 1 (right) in the upper one
    p = [[0.6, 0.4], [0.8, 0.2], [0, 1]]
    assert calibration_error(p, [1, 0, 1], bins=2) == pytest.approx(abs(2 - 2.4) / 3)
    # three bins of one image each
    found = calibration_error(p, [1, 0, 1], bins=3, adaptive=True)
    assert found == pytest.approx((0.6 + 0.2 + 0) / 3)


@pytest.mark.parametrize("seed", range(3))
def test_calibration_is_the_gap_of_the_reliability_diagram(seed: int) -> None:
    p, y = images(seed)
    table = reliability_table(p, y)
    gaps = np.abs(table.confidence - table.accuracy) * table.count / len(y)
    assert calibration_error(p, y) == pytest.approx(gaps.sum())


@pytest.mark.parametrize("adaptive", [True, False])
def test_calibrated_by_construction(adaptive: bool) -> None:
    rng = np.random.default_rng(0)
    p = rng.random(40000)
    y = (rng.random(40000) < p).astype(int)
    assert calibration_error(p, y, adaptive=adaptive) < 0.02
    overconfident = np.clip(1.6 * (p - 0.5) + 0.5, 0, 1)
    assert calibration_error(overconfident, y, adaptive=adaptive) > 0.08


def test_brier() -> None:
    assert brier_score([[0.6, 0.3, 0.1]], [1]) == pytest.approx(0.36 + 0.49 + 0.01)
    p, y = images(1, classes=2)
    assert brier_score(p, y) == pytest.approx(2 * sk.brier_score_loss(y, p[:, 1]))


@pytest.mark.parametrize(
    "measure", [class_report, roc_auc, brier_score, calibration_error]
)
@pytest.mark.parametrize(
    ("p", "y", "message"),
    [
        ([[2.0, -1.0]], [0], "softmax"),
        ([[0.5, 0.2]], [0], "softmax"),
        ([[math.nan, 1.0]], [0], "not probabilities"),
        (np.zeros((0, 2)), [], "one row per image"),
        (P, Y[:4], "one label per image"),
        (P, [0, 1, 2, 3, 0], "no probability"),
        (P, [0, 1, 2, -1, 0], "unknown class"),
        (P, [0, 1, 2, 0.5, 0], "no probability"),
    ],
)
def test_bad_input(measure: object, p: object, y: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        measure(p, y)  # type: ignore[operator]


def test_bad_names_and_bins() -> None:
    with pytest.raises(InputError, match="name per class"):
        class_report(P, Y, ["a"])
    with pytest.raises(InputError, match="bin"):
        calibration_error(P, Y, bins=0)
