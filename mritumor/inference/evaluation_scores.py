"""Scored items to the numbers of an evaluation, with intervals over patients."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mritumor.errors import InputError
from mritumor.inference.evaluation_classes import score_classes
from mritumor.inference.evaluation_items import Scored, Scoring
from mritumor.inference.evaluation_outlines import score_outlines
from mritumor.metrics import EmptyPolicy, ScoreRow, dice


@dataclass
class Evaluation:
    """All numbers of a bundle on a test set.

    Attributes:
        scores: pooled, with intervals; the primary one first.
        groups: by site and by class.
        patients: Dice of each patient (of the first region).
        sites: by patient.
        cases: one row an item.
        failures: the worst items, ranked.
        thresholds: accuracy by the share of images answered.
        operating_points: tumours missed and false alarms by the probability from which
            a tumour is called; empty without a class that says "no tumour".
        labels: (N,) true classes of the images whose class is known.
        probabilities: (N, K).
        class_names: of the K.
        report: precision, recall … of each class.
        policy: what two empty masks score.
    """

    scores: list[ScoreRow] = field(default_factory=list)
    groups: dict[str, list[ScoreRow]] = field(default_factory=dict)
    patients: dict[str, float] = field(default_factory=dict)
    sites: dict[str, str] = field(default_factory=dict)
    cases: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    thresholds: list[dict[str, Any]] = field(default_factory=list)
    operating_points: list[dict[str, Any]] = field(default_factory=list)
    labels: NDArray[np.int64] | None = None
    probabilities: NDArray[np.float64] | None = None
    class_names: tuple[str, ...] = ()
    report: dict[str, Any] = field(default_factory=dict)
    policy: EmptyPolicy = "one"

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, NaN as None, for JSON."""
        return _plain(
            {
                "scores": [asdict(s) for s in self.scores],
                "groups": {k: [asdict(s) for s in v] for k, v in self.groups.items()},
                "patients": self.patients,
                "failures": self.failures,
                "thresholds": self.thresholds,
                "operating_points": self.operating_points,
                "classes": self.report,
                "empty_masks_score": self.policy,
                "cases": self.cases,
            }
        )


def evaluate(
    scoring: Scoring, empty: EmptyPolicy = "one", resamples: int = 1999
) -> Evaluation:
    """Compute all numbers.

    Args:
        scoring: of `score_items`.
        empty: what a patient (or slice) scores whose reference and prediction are both
            empty. A missed tumour is 0 whatever it says.
        resamples: of the bootstrap.
    """
    found = Evaluation(policy=empty, class_names=scoring.class_names)
    found.cases = [_row(one, scoring, empty) for one in scoring.items]
    masked = [one for one in scoring.items if one.counts]
    if masked:
        outlines = score_outlines(masked, scoring, empty, resamples)
        found.scores += outlines.scores
        found.groups |= outlines.groups
        found.patients, found.sites = outlines.patients, outlines.sites
    known = [
        one
        for one in scoring.items
        if one.probabilities is not None and one.true_class >= 0
    ]
    if known:
        classes = score_classes(known, scoring.class_names, resamples)
        found.scores += classes.scores
        found.groups |= classes.groups
        found.labels, found.probabilities = classes.labels, classes.probabilities
        found.report, found.thresholds = classes.report, classes.thresholds
        found.operating_points = classes.operating_points
    if not masked and not known:
        raise InputError(
            "no item has a truth that this bundle could be compared with",
            expected="'label' (a mask) or 'class' in the datalist",
        )
    found.failures = _failures(found, scoring)
    return found


def _failures(
    found: Evaluation, scoring: Scoring, most: int = 20
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        _failure(sentence, "could not be read") for sentence in scoring.failures
    ]
    if found.patients:
        ranked = sorted(found.patients.items(), key=lambda x: (x[1], x[0]))
        for patient, value in ranked[: most // 2]:
            rows.append(_failure(patient, "patient's outline", dice=round(value, 4)))
    wrong = [
        (float(i.probabilities.max()), i)
        for i in scoring.items
        if i.probabilities is not None
        and i.true_class >= 0
        and int(i.probabilities.argmax()) != i.true_class
    ]
    for sure, one in sorted(wrong, key=lambda x: -x[0])[:most]:
        called = scoring.class_names[int(one.probabilities.argmax())]  # type: ignore[union-attr]
        true = scoring.class_names[one.true_class]
        what = f"{true} called {called}"
        rows.append(_failure(one.case, what, probability=round(sure, 4)))
    return rows


def _failure(
    case: str, what: str, dice: float | None = None, probability: float | None = None
) -> dict[str, Any]:
    return {"case": case, "what": what, "Dice": dice, "probability": probability}


def _row(one: Scored, scoring: Scoring, empty: EmptyPolicy) -> dict[str, Any]:
    row: dict[str, Any] = {
        "case": one.case,
        "patient": one.patient,
        "site": one.site,
        "image": one.image,
        "seconds": round(one.seconds, 3),
    }
    for region in scoring.regions if one.counts else ():
        c = one.counts[region]
        row[f"dice {region}"] = round(dice(c, empty), 4)
        row[f"predicted {region}"], row[f"true {region}"] = c.predicted, c.reference
    if one.probabilities is not None:
        names = scoring.class_names
        row["true class"] = names[one.true_class] if one.true_class >= 0 else ""
        row["class"] = names[int(one.probabilities.argmax())]
        row |= {f"p {n}": round(float(v), 6) for n, v in zip(names, one.probabilities)}
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
