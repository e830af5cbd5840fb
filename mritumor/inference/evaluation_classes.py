"""Scores of classes: accuracy, F1, AUC and ECE, by class, site and threshold."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mritumor.errors import InputError
from mritumor.inference.evaluation_items import Scored
from mritumor.inference.evaluation_thresholds import answered_from, called_from
from mritumor.metrics import (
    ScoreRow,
    bootstrap_interval,
    bootstrap_statistic,
    calibration_error,
    class_report,
    roc_auc,
)

MEASURES: dict[str, Callable[..., float]] = {
    "accuracy": lambda p, y: float((p.argmax(1) == y).mean()),
    "macro F1": lambda p, y: class_report(p, y).macro["f1"],
    "macro AUC": lambda p, y: roc_auc(p, y).macro,
    "ECE": lambda p, y: calibration_error(p, y),
}


@dataclass
class ClassifiedScores:
    """What is said of the classes.

    Attributes:
        labels: (N,) true classes.
        probabilities: (N, K).
        report: precision, recall … of each class.
        scores: pooled.
        groups: by class and by site.
        thresholds: accuracy by the share of images answered.
        operating_points: tumours missed and false alarms by the probability from which
            a tumour is called; empty without a class that says "no tumour".
    """

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    report: dict[str, Any]
    scores: list[ScoreRow] = field(default_factory=list)
    groups: dict[str, list[ScoreRow]] = field(default_factory=dict)
    thresholds: list[dict[str, Any]] = field(default_factory=list)
    operating_points: list[dict[str, Any]] = field(default_factory=list)


def score_classes(
    items: Sequence[Scored], names: Sequence[str], resamples: int
) -> ClassifiedScores:
    """Score the items whose class is known.

    Args:
        items: each with `probabilities` and a `true_class`; at least one.
        names: of the K classes.
        resamples: of the bootstrap over patients.
    """
    p = np.stack([one.probabilities for one in items])
    y = np.array([one.true_class for one in items])
    patients = [one.patient for one in items]
    found = ClassifiedScores(y, p, class_report(p, y, tuple(names)).as_dict())
    for name, measure in MEASURES.items():
        found.scores.append(_statistic(name, measure, p, y, patients, resamples))
    if len(set(patients)) < len(patients) and (votes := _majority(p, y, patients)):
        found.scores.append(votes)
    found.groups["recall by class"] = [
        _statistic(name, _recall(k), p, y, patients, resamples)
        for k, name in enumerate(names)
        if (y == k).any()
    ]
    sites = [one.site for one in items]
    by_site = _by_site(p, y, patients, sites, resamples)
    found.groups |= {"accuracy by site": by_site} if by_site else {}
    found.thresholds = answered_from(p, y)
    found.operating_points = called_from(p, y, tuple(names))
    return found


def _by_site(
    p: NDArray,
    y: NDArray,
    patients: Sequence[str],
    sites: Sequence[str],
    resamples: int,
) -> list[ScoreRow]:
    rows = []
    for site in sorted(set(sites) - {""}):
        at = np.array(sites) == site
        there = [patient for patient, here in zip(patients, at) if here]
        measured = _statistic(
            site, MEASURES["accuracy"], p[at], y[at], there, resamples
        )
        rows.append(replace(measured, note=f"{len(there)} images"))
    return rows


def _recall(k: int) -> Callable[..., float]:
    def recall(p: NDArray, y: NDArray) -> float:
        chosen = y == k
        return float((p[chosen].argmax(1) == k).mean()) if chosen.any() else math.nan

    return recall


def _statistic(
    name: str,
    measure: Callable[..., float],
    p: NDArray,
    y: NDArray,
    patients: Sequence[str],
    resamples: int,
) -> ScoreRow:
    if len(set(patients)) == 1:  # one patient has no spread
        return ScoreRow(name, measure(p, y), n=1)
    try:
        end = bootstrap_statistic(measure, [p, y], patients, resamples=resamples)
    except InputError:  # undefined in most samples: a class of one patient
        return ScoreRow(name, measure(p, y), n=len(set(patients)), note="no interval")
    return ScoreRow(name, end.value, end.low, end.high, end.patients)


def _majority(p: NDArray, y: NDArray, patients: Sequence[str]) -> ScoreRow | None:
    """Accuracy when a patient's slices vote; patients of several classes are left out.

    None where every patient is of several classes: there is nothing to vote about.
    """
    whose = np.array(patients)
    right, mixed = [], 0
    for patient in dict.fromkeys(patients):
        rows = whose == patient
        if len(set(y[rows])) > 1:
            mixed += 1
            continue
        votes = np.bincount(p[rows].argmax(1), minlength=p.shape[1])
        # A tie goes to the class that is more probable on the whole.
        best = np.lexsort((p[rows].sum(0), votes))[-1]
        right.append(float(best == y[rows][0]))
    name, note = "accuracy per patient, majority of slices", "patients of one class"
    if not right:
        return None
    end = bootstrap_interval(right)
    return ScoreRow(name, end.mean, end.low, end.high, end.patients, mixed, note)
