"""Whether one model is better than another on the same patients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from mritumor.errors import InputError
from mritumor.metrics.cluster import group_rows, percentile_ends, resample


class PairedResult(NamedTuple):
    """The difference of two models, first minus second.

    Attributes:
        difference: of the means, or of the statistic.
        low: lower end of its bootstrap interval over patients.
        high: upper end.
        p_bootstrap: two-sided; share of samples on the other side of 0, doubled.
        p_wilcoxon: two-sided Wilcoxon signed-rank test over patients; NaN for a pooled
            statistic, which no patient has.
        patients: how many.
    """

    difference: float
    low: float
    high: float
    p_bootstrap: float
    p_wilcoxon: float
    patients: int

    def __str__(self) -> str:
        return (
            f"{self.difference:+.3f} ({self.low:+.3f} to {self.high:+.3f}, "
            f"p={self.p_bootstrap:.3g}, n={self.patients})"
        )


def paired_scores(
    first: ArrayLike,
    second: ArrayLike,
    patients: Sequence[str] | None = None,
    confidence: float = 0.95,
    resamples: int = 9999,
    seed: int = 0,
) -> PairedResult:
    """Compare two models by a score per image; several images of a patient are averaged.

    Args:
        first: (N,) scores, as Dice; no NaN.
        second: (N,) of the other model, same images in the same order.
        patients: (N,) whose image it is; default: each another patient.
        confidence: of the interval.
        resamples: how many.
        seed: of the drawing.

    Raises:
        InputError: other lengths, NaN, nothing.

    Source:
        Wilcoxon 1945, DOI 10.2307/3001968 (zeros dropped, ties averaged: SciPy).
    """
    (a, b), rows = group_rows([first, second], patients)
    difference = a.astype(np.float64) - b.astype(np.float64)
    if not np.isfinite(difference).all():
        raise InputError(
            "a comparison needs both scores of every image",
            got=f"{int((~np.isfinite(difference)).sum())} undefined of {len(a)}",
            remedy="score a missed tumour 0, or leave an image out for both models",
        )
    means = np.asarray([difference[r].mean() for r in rows])
    rng = np.random.default_rng(seed)
    drawn = rng.integers(means.size, size=(resamples, means.size))
    samples = means[drawn].mean(1)
    low, high, _ = percentile_ends(samples, confidence)
    return PairedResult(
        float(means.mean()), low, high, _p_value(samples), _wilcoxon(means), means.size
    )


def paired_statistic(
    statistic: Callable[..., float],
    first: Sequence[ArrayLike],
    second: Sequence[ArrayLike],
    patients: Sequence[str] | None = None,
    confidence: float = 0.95,
    resamples: int = 1999,
    seed: int = 0,
) -> PairedResult:
    """Compare two models by a pooled statistic (accuracy, AUC, F1 …).

    Both are computed on the same drawn patients.

    Args:
        statistic: ``statistic(*arrays) -> number``.
        first: arrays of the first model, as ``(probabilities, labels)``.
        second: of the second, same images in the same order.
        patients: (N,) whose image it is; default: each another patient.
        confidence: of the interval.
        resamples: how many.
        seed: of the drawing.

    Raises:
        InputError: other lengths, or a statistic that is mostly undefined.
    """
    values, rows = group_rows([*first, *second], patients)
    n = len(first)

    def difference(*arrays: np.ndarray) -> float:
        return float(statistic(*arrays[:n])) - float(statistic(*arrays[n:]))

    samples = resample(difference, values, rows, resamples, seed)
    low, high, _ = percentile_ends(samples, confidence)
    p = _p_value(samples[~np.isnan(samples)])
    return PairedResult(difference(*values), low, high, p, float("nan"), len(rows))


def _p_value(samples: np.ndarray) -> float:
    """Return the two-sided bootstrap p; never 0 (Davison & Hinkley 1997, ch. 4)."""
    sides = [(1 + np.count_nonzero(side)) for side in (samples <= 0, samples >= 0)]
    return float(min(1.0, 2 * min(sides) / (samples.size + 1)))


def _wilcoxon(differences: np.ndarray) -> float:
    """Return p; 1 where no patient differs, which SciPy cannot test."""
    if not differences.any():
        return 1.0
    return float(stats.wilcoxon(differences).pvalue)
