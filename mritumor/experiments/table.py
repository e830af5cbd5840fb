"""Rows of cases to one table: scores with intervals, and paired tests."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from mritumor.errors import InputError
from mritumor.experiments.cases import CaseRow
from mritumor.metrics import (
    bootstrap_interval,
    bootstrap_statistic,
    class_report,
    dice,
    mcnemar,
    paired_scores,
    paired_statistic,
    roc_auc,
    score_per_patient,
)
from mritumor.report import ComparisonFacts, ModelFacts, PairRow, ScoreRow
from mritumor.report.facts import History

RESAMPLES = 999
EMPTY = "one"
POLICY = "Dice of a patient's added voxels; empty in both counts 1, a miss 0"


def comparison_facts(
    title: str,
    cases: Mapping[str, Sequence[CaseRow]],
    histories: Mapping[str, History] | None = None,
    protocol: str = "",
) -> ComparisonFacts:
    """Compare models on the same cases.

    Args:
        title: what is compared.
        cases: rows by model, of the same cases in the same order.
        histories: of their training runs.
        protocol: which cases, in one sentence.

    Raises:
        InputError: other cases in one of them, or nothing to compare.
    """
    _check_same(cases)
    histories = histories or {}
    models = [
        ModelFacts(
            name,
            _mask_scores(rows) + _class_scores(rows),
            _patients(rows),
            histories.get(name, {}),
            {"cases": len(rows)},
        )
        for name, rows in cases.items()
    ]
    pairs = [
        pair
        for first, second in itertools.combinations(cases, 2)
        for pair in _pairs(first, cases[first], second, cases[second])
    ]
    notes = [POLICY] if _regions(next(iter(cases.values()))) else []
    return ComparisonFacts(title, models, pairs, protocol, notes=notes)


def _check_same(cases: Mapping[str, Sequence[CaseRow]]) -> None:
    if not cases or not all(cases.values()):
        raise InputError("nothing to compare")
    first = next(iter(cases))
    expected = [(row.case, row.patient) for row in cases[first]]
    for name, rows in cases.items():
        if [(row.case, row.patient) for row in rows] != expected:
            raise InputError(
                "models are compared on the same cases",
                where=name,
                got=f"{len(rows)} cases",
                expected=f"the {len(expected)} of {first}",
            )


def _regions(rows: Sequence[CaseRow]) -> list[str]:
    return list(rows[0].regions)


def _dice(rows: Sequence[CaseRow], region: str) -> dict[str, float]:
    scores = score_per_patient(
        dice, [r.regions[region] for r in rows], [r.patient for r in rows], EMPTY
    )
    return dict(zip(scores.names, scores.values))


def _patients(rows: Sequence[CaseRow]) -> dict[str, float]:
    regions = _regions(rows)
    return _dice(rows, regions[0]) if regions else {}


def _mask_scores(rows: Sequence[CaseRow]) -> list[ScoreRow]:
    found = []
    for region in _regions(rows):
        own = list(_dice(rows, region).values())
        i = bootstrap_interval(own)
        found.append(ScoreRow(f"Dice {region}", i.mean, i.low, i.high, i.patients))
    return found


def _accuracy(p: np.ndarray, y: np.ndarray) -> float:
    return float((p.argmax(1) == y).mean())


def _macro(name: str, p: np.ndarray, y: np.ndarray) -> float:
    return class_report(p, y).macro[name]


STATISTICS = {
    "accuracy": _accuracy,
    "macro precision": lambda p, y: _macro("precision", p, y),
    "macro recall": lambda p, y: _macro("recall", p, y),
    "macro F1": lambda p, y: _macro("f1", p, y),
    "macro AUC": lambda p, y: roc_auc(p, y).macro,
}


def _classes(
    rows: Sequence[CaseRow],
) -> tuple[np.ndarray, np.ndarray, list[str]] | None:
    known = [row for row in rows if row.probabilities and row.label >= 0]
    if not known:
        return None
    p = np.asarray([row.probabilities for row in known])
    y = np.asarray([row.label for row in known])
    return p, y, [row.patient for row in known]


def _class_scores(rows: Sequence[CaseRow]) -> list[ScoreRow]:
    known = _classes(rows)
    if known is None:
        return []
    p, y, patients = known
    found = []
    for name, statistic in STATISTICS.items():
        i = bootstrap_statistic(statistic, (p, y), patients, resamples=RESAMPLES)
        found.append(ScoreRow(name, i.value, i.low, i.high, i.patients))
    return found


def _pairs(
    first: str, a: Sequence[CaseRow], second: str, b: Sequence[CaseRow]
) -> list[PairRow]:
    found = []
    for region in _regions(a):
        one, two = _dice(a, region), _dice(b, region)
        r = paired_scores(list(one.values()), list(two.values()))
        ends = (r.difference, r.low, r.high, r.p_wilcoxon, "Wilcoxon, patients")
        found.append(PairRow(first, second, f"Dice {region}", *ends))
    left, right = _classes(a), _classes(b)
    if left is not None and right is not None:
        r = paired_statistic(
            _accuracy, left[:2], right[:2], left[2], resamples=RESAMPLES
        )
        # Images of one patient are alike: the test draws patients. McNemar's, which
        # papers print, takes them for independent and stands beside it.
        exact = mcnemar(left[0].argmax(1), right[0].argmax(1), left[1])
        test = f"bootstrap, patients (McNemar, images: {exact.p:.3g})"
        ends = (r.difference, r.low, r.high, r.p_bootstrap, test)
        found.append(PairRow(first, second, "accuracy", *ends))
    return found
