"""How sure a mean over patients is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from mritumor.errors import InputError


class Interval(NamedTuple):
    """A mean over patients and its bootstrap interval.

    Attributes:
        mean: over the patients.
        low: lower end.
        high: upper end.
        patients: how many were resampled.
    """

    mean: float
    low: float
    high: float
    patients: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} ({self.low:.3f} to {self.high:.3f}, n={self.patients})"


def bootstrap_interval(
    scores: ArrayLike,
    patients: Sequence[str] | None = None,
    confidence: float = 0.95,
    resamples: int = 9999,
    seed: int = 0,
) -> Interval:
    """Return the mean score of patients with its percentile bootstrap interval.

    Patients are resampled, not images: several scores of one patient are averaged
    first (Efron & Tibshirani 1993, An Introduction to the Bootstrap).

    Args:
        scores: (N,) one number per image.
        patients: (N,) whose image it is; default: each another patient.
        confidence: share of the resampled means inside, 0 to 1.
        resamples: how many.
        seed: of the resampling.

    Raises:
        InputError: no scores, NaN among them, or another number of patients. A missed
            tumour is a score of 0, not NaN, and stays in the mean.
    """
    values: np.ndarray = np.asarray(scores, dtype=np.float64).ravel()
    if not values.size or np.isnan(values).any():
        raise InputError(
            "an interval needs a score of every patient",
            where="scores",
            got=f"{int(np.isnan(values).sum())} NaN among {values.size}",
        )
    if patients is not None:
        values = _per_patient(values, list(patients))
    mean = float(values.mean())
    if values.size == 1 or np.ptp(values) == 0:
        return Interval(mean, mean, mean, int(values.size))
    result = stats.bootstrap(
        (values,),
        np.mean,
        confidence_level=confidence,
        n_resamples=resamples,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    ends = result.confidence_interval
    return Interval(mean, float(ends.low), float(ends.high), int(values.size))


def _per_patient(values: np.ndarray, patients: list[str]) -> np.ndarray:
    if len(patients) != values.size:
        raise InputError(
            "one patient per score is needed",
            where="patients",
            got=len(patients),
            expected=values.size,
        )
    means = [
        values[[p == patient for p in patients]].mean()
        for patient in dict.fromkeys(patients)
    ]
    return np.asarray(means)
