"""Scores of outlines: Dice by patient, slice, voxel, site and class, and what was found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from mritumor.inference.evaluation_items import Scored, Scoring
from mritumor.metrics import (
    Counts,
    EmptyPolicy,
    ScoreRow,
    bootstrap_interval,
    bootstrap_statistic,
    counts_per_patient,
    dice,
    sum_counts,
)


@dataclass
class OutlineScores:
    """What is said of the outlines.

    Attributes:
        scores: pooled; Dice per patient of the first region is the first.
        groups: by site and by class.
        patients: Dice of each patient (of the first region).
        sites: by patient.
    """

    scores: list[ScoreRow] = field(default_factory=list)
    groups: dict[str, list[ScoreRow]] = field(default_factory=dict)
    patients: dict[str, float] = field(default_factory=dict)
    sites: dict[str, str] = field(default_factory=dict)


def score_outlines(
    items: Sequence[Scored], scoring: Scoring, empty: EmptyPolicy, resamples: int
) -> OutlineScores:
    """Score the items whose outline is known.

    Args:
        items: each with `counts`; at least one.
        scoring: whose items they are.
        empty: what a patient scores whose reference and prediction are both empty.
        resamples: of the bootstrap over patients.
    """
    found = OutlineScores()
    patients = [one.patient for one in items]
    note = f"two empty masks score {empty}"
    unit = "slices" if scoring.is_slices else "volumes"
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
        found.scores += _noticed(region, unit, counts, patients, resamples)
    by_site = _by_site(found, resamples)
    by_class = _by_class(items, scoring, resamples)
    found.groups |= {"by site": by_site} if by_site else {}
    found.groups |= {"Dice by class": by_class} if by_class else {}
    return found


def _by_site(found: OutlineScores, resamples: int) -> list[ScoreRow]:
    sites: dict[str, dict[str, float]] = {}
    for patient, site in found.sites.items():
        if site:
            sites.setdefault(site, {})[patient] = found.patients[patient]
    return [_mean(site, values, resamples) for site, values in sorted(sites.items())]


def _by_class(
    items: Sequence[Scored], scoring: Scoring, resamples: int
) -> list[ScoreRow]:
    """Dice of the slices that show a tumour, for each true class."""
    region = scoring.regions[0]
    rows = []
    for number, name in enumerate(scoring.class_names):
        chosen = [one for one in items if one.true_class == number]
        counts = [one.counts[region] for one in chosen]
        if any(c.reference for c in counts):
            score = _slices(region, counts, [i.patient for i in chosen], resamples)
            rows.append(replace(score, name=name))
    return rows


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
