"""How sure a number over many images is: patients are drawn, not images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mritumor.errors import InputError

MIN_DEFINED = 0.5


class StatisticInterval(NamedTuple):
    """A statistic and its bootstrap interval over patients.

    Attributes:
        value: of all images.
        low: lower end.
        high: upper end.
        patients: how many were resampled.
        undefined: samples in which the statistic was NaN (as AUC is without a positive),
            left out of the interval.
    """

    value: float
    low: float
    high: float
    patients: int
    undefined: int = 0

    def __str__(self) -> str:
        return (
            f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f}, n={self.patients})"
        )


def bootstrap_statistic(
    statistic: Callable[..., float],
    arrays: Sequence[ArrayLike],
    patients: Sequence[str] | None = None,
    confidence: float = 0.95,
    resamples: int = 1999,
    seed: int = 0,
) -> StatisticInterval:
    """Return a pooled statistic (accuracy, AUC, F1 …) with its percentile interval.

    Whole patients are drawn with all their images, since images of one patient are
    alike, and the statistic is computed anew (cluster bootstrap; Field & Welsh 2007,
    DOI 10.1111/j.1467-9868.2007.00593.x).

    Args:
        statistic: ``statistic(*arrays) -> number``; may return NaN.
        arrays: each (N, …), one row per image, as ``(probabilities, labels)``.
        patients: (N,) whose image it is; default: each another patient.
        confidence: 0 to 1.
        resamples: how many.
        seed: of the drawing.

    Raises:
        InputError: arrays of different lengths, or a statistic that is mostly undefined.

    Example:
        >>> auc = lambda p, y: roc_auc(p, y).macro
        >>> bootstrap_statistic(auc, (probabilities, labels), patients)
    """
    values, rows = group_rows(arrays, patients)
    value = float(statistic(*values))
    samples = resample(statistic, values, rows, resamples, seed)
    low, high, undefined = percentile_ends(samples, confidence)
    return StatisticInterval(value, low, high, len(rows), undefined)


def group_rows(
    arrays: Sequence[ArrayLike], patients: Sequence[str] | None
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the arrays, and the rows of each patient.

    Raises:
        InputError: nothing, or different lengths.
    """
    values = [np.asarray(array) for array in arrays]
    lengths = [len(v) for v in values] + (
        [len(patients)] if patients is not None else []
    )
    if not lengths or len(set(lengths)) > 1 or not lengths[0]:
        raise InputError(
            "one row per image is needed in each array, and one patient",
            where="arrays, patients",
            got=f"lengths {lengths}",
        )
    names = list(patients) if patients is not None else range(lengths[0])
    rows: dict[object, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(name, []).append(row)
    return values, [np.asarray(r) for r in rows.values()]


def resample(
    statistic: Callable[..., float],
    values: Sequence[np.ndarray],
    rows: Sequence[np.ndarray],
    resamples: int,
    seed: int,
) -> np.ndarray:
    """Return the statistic of (resamples,) draws of as many patients as there are."""
    rng = np.random.default_rng(seed)
    found = np.empty(resamples)
    for i in range(resamples):
        drawn = rng.integers(len(rows), size=len(rows))
        index = np.concatenate([rows[patient] for patient in drawn])
        found[i] = statistic(*(v[index] for v in values))
    return found


def percentile_ends(samples: np.ndarray, confidence: float) -> tuple[float, float, int]:
    """Return both ends of the percentile interval, and how many samples were NaN.

    Raises:
        InputError: more NaN than numbers.
    """
    defined = samples[~np.isnan(samples)]
    if defined.size < MIN_DEFINED * samples.size:
        raise InputError(
            "the statistic is undefined in most samples of patients",
            got=f"{defined.size} defined of {samples.size}",
            remedy="there are too few patients, or a class is too rare, for an interval",
        )
    tail = 50 * (1 - confidence)
    low, high = np.percentile(defined, [tail, 100 - tail])
    return float(low), float(high), int(samples.size - defined.size)
