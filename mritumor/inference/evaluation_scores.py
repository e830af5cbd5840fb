"""Scored items to the numbers of an evaluation, with intervals over patients."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mritumor.errors import InputError
from mritumor.inference.evaluation_items import Scored, Scoring
from mritumor.inference.evaluation_thresholds import answered_from, called_from
from mritumor.metrics import (
    Counts,
    EmptyPolicy,
    ScoreRow,
    bootstrap_interval,
    bootstrap_statistic,
    calibration_error,
    class_report,
    counts_per_patient,
    dice,
    roc_auc,
    sum_counts,
)


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
        _masks(found, masked, scoring, empty, resamples)
    known = [
        one
        for one in scoring.items
        if one.probabilities is not None and one.true_class >= 0
    ]
    if known:
        _classes(found, known, resamples)
    if not masked and not known:
        raise InputError(
            "no item has a truth that this bundle could be compared with",
            expected="'label' (a mask) or 'class' in the datalist",
        )
    found.failures = _failures(found, scoring)
    return found


def _masks(
    found: Evaluation,
    items: Sequence[Scored],
    scoring: Scoring,
    empty: EmptyPolicy,
    resamples: int,
) -> None:
    patients = [one.patient for one in items]
    note = f"two empty masks score {empty}"
    for region in scoring.regions:
        counts = [one.counts[region] for one in items]
        by_patient = {
            p: dice(c, empty) for p, c in counts_per_patient(counts, patients).items()
        }
        found.scores.append(
            _mean(f"Dice per patient, {region}", by_patient, resamples, note)
        )
        if not found.patients:
            found.patients = by_patient
            found.sites = {one.patient: one.site for one in items}
        if scoring.is_slices:
            found.scores.append(_slices(region, counts, patients, resamples))
        found.scores.append(_pooled(region, counts, patients, resamples))
        unit = "slices" if scoring.is_slices else "volumes"
        found.scores += _noticed(region, unit, counts, patients, resamples)
    named = {p: s for p, s in found.sites.items() if s}
    groups: dict[str, dict[str, float]] = {}
    for patient, site in named.items():
        groups.setdefault(site, {})[patient] = found.patients[patient]
    if groups:
        found.groups["by site"] = [
            _mean(site, values, resamples) for site, values in sorted(groups.items())
        ]
    _dice_by_class(found, items, scoring, resamples)


def _dice_by_class(
    found: Evaluation, items: Sequence[Scored], scoring: Scoring, resamples: int
) -> None:
    """Dice of the slices that show a tumour, for each true class."""
    region = scoring.regions[0]
    rows = []
    for number, name in enumerate(scoring.class_names):
        chosen = [i for i in items if i.true_class == number and i.counts]
        counts = [one.counts[region] for one in chosen]
        if any(c.reference for c in counts):
            score = _slices(region, counts, [i.patient for i in chosen], resamples)
            rows.append(ScoreRow(name, *_numbers(score)))
    if rows:
        found.groups["Dice by class"] = rows


def _slices(
    region: str, counts: Sequence[Counts], patients: Sequence[str], resamples: int
) -> ScoreRow:
    chosen = [(dice(c), p) for c, p in zip(counts, patients) if c.reference]
    name = f"Dice per slice with tumour, {region}"
    if not chosen:
        return ScoreRow(name, math.nan, n=0, undefined=len(counts))
    empty = len(counts) - len(chosen)
    note = f"{len(chosen)} slices" + (f", {empty} empty ones left out" if empty else "")
    return _over_images(name, chosen, resamples, note)


def _over_images(
    name: str, chosen: Sequence[tuple[float, str]], resamples: int, note: str
) -> ScoreRow:
    """Return the mean of (value, patient) of images; its interval is over patients."""
    values, whose = (list(column) for column in zip(*chosen))
    end = bootstrap_statistic(
        lambda v: float(np.mean(v)), [values], whose, resamples=resamples
    )
    if end.patients == 1:  # one patient has no spread
        return ScoreRow(name, end.value, n=1, note=note)
    return ScoreRow(name, end.value, end.low, end.high, end.patients, note=note)


def _pooled(
    region: str, counts: Sequence[Counts], patients: Sequence[str], resamples: int
) -> ScoreRow:
    per_patient = counts_per_patient(counts, patients)
    table = np.array([(c.tp, c.fp, c.fn) for c in per_patient.values()], float)

    def pooled(rows: NDArray) -> float:
        tp, fp, fn = rows.sum(0)
        return float(2 * tp / (2 * tp + fp + fn)) if tp + fp + fn else math.nan

    total = sum_counts(counts)
    name = f"Dice, all voxels pooled, {region}"
    if total.reference + total.predicted == 0:
        return ScoreRow(name, math.nan, n=len(per_patient))
    end = bootstrap_statistic(pooled, [table], resamples=resamples)
    return ScoreRow(name, end.value, end.low, end.high, end.patients)


def _noticed(
    region: str,
    unit: str,
    counts: Sequence[Counts],
    patients: Sequence[str],
    resamples: int,
) -> list[ScoreRow]:
    """Return the share of tumours touched by the outline, and of empty images left empty.

    A mean Dice hides both: many good outlines make up for a tumour that was missed, and
    a speck in an image without tumour costs little of a patient's volume.
    """
    items = list(zip(counts, patients))
    shown = [(float(c.tp > 0), p) for c, p in items if c.reference]
    empty = [(float(not c.predicted), p) for c, p in items if not c.reference]
    return [
        _over_images(
            f"{words}, {region}",
            chosen,
            resamples,
            f"{sum(good for good, _ in chosen):.0f} of {len(chosen)}",
        )
        for words, chosen in (
            (f"found, of {unit} with tumour", shown),
            (f"left empty, of {unit} without", empty),
        )
        if chosen
    ]


def _mean(
    name: str, by_patient: dict[str, float], resamples: int, note: str = ""
) -> ScoreRow:
    defined = [v for v in by_patient.values() if not math.isnan(v)]
    undefined = len(by_patient) - len(defined)
    if not defined:
        return ScoreRow(name, math.nan, n=0, undefined=undefined, note=note)
    if len(defined) == 1:  # one patient has no spread
        return ScoreRow(name, defined[0], n=1, undefined=undefined, note=note)
    end = bootstrap_interval(defined, resamples=resamples)
    median = f"median {float(np.median(defined)):.3f}, lowest {min(defined):.3f}"
    words = "; ".join(filter(None, (median, note)))
    return ScoreRow(name, end.mean, end.low, end.high, end.patients, undefined, words)


def _classes(found: Evaluation, items: Sequence[Scored], resamples: int) -> None:
    p = np.stack([one.probabilities for one in items])
    y = np.array([one.true_class for one in items])
    patients = [one.patient for one in items]
    found.labels, found.probabilities = y, p
    report = class_report(p, y, found.class_names)
    found.report = report.as_dict()
    measures: dict[str, Callable[..., float]] = {
        "accuracy": lambda a, b: float((a.argmax(1) == b).mean()),
        "macro F1": lambda a, b: class_report(a, b).macro["f1"],
        "macro AUC": lambda a, b: roc_auc(a, b).macro,
        "ECE": lambda a, b: calibration_error(a, b),
    }
    for name, measure in measures.items():
        found.scores.append(_statistic(name, measure, p, y, patients, resamples))
    if len(set(patients)) < len(patients) and (votes := _majority(p, y, patients)):
        found.scores.append(votes)
    found.groups["recall by class"] = [
        _statistic(name, _recall(k), p, y, patients, resamples)
        for k, name in enumerate(found.class_names)
        if (y == k).any()
    ]
    sites = np.array([one.site for one in items])
    by_site = []
    for site in sorted(set(sites) - {""}):
        at = sites == site
        there = [patient for patient, here in zip(patients, at) if here]
        measured = _statistic(
            site, measures["accuracy"], p[at], y[at], there, resamples
        )
        by_site.append(replace(measured, note=f"{len(there)} images"))
    if by_site:
        found.groups["accuracy by site"] = by_site
    found.thresholds = answered_from(p, y)
    found.operating_points = called_from(p, y, found.class_names)


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


def _numbers(score: ScoreRow) -> tuple[Any, ...]:
    return score.value, score.low, score.high, score.n, score.undefined, score.note


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
