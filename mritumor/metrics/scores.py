"""One number from many images, with how many it rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mritumor.metrics.counts import Counts, counts_per_patient, sum_counts
from mritumor.metrics.empty import EmptyPolicy


class Scores(NamedTuple):
    """A mean, and what it rests on.

    Attributes:
        mean: of the defined values; NaN if there are none.
        used: how many values are defined.
        undefined: how many are not, and therefore not in the mean.
        values: (N,) all of them, NaN where undefined.
        names: (N,) whose they are (patients or images), where known.
    """

    mean: float
    used: int
    undefined: int
    values: tuple[float, ...]
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        more = f", {self.undefined} undefined" if self.undefined else ""
        return f"{self.mean:.3f} (n={self.used}{more})"


def summarize(values: ArrayLike, names: Sequence[str] = ()) -> Scores:
    """Return the mean of the defined values, and how many there are.

    Args:
        values: (N,) scores; NaN where undefined.
        names: (N,) whose they are.
    """
    array: np.ndarray = np.asarray(values, dtype=np.float64).ravel()
    defined = array[~np.isnan(array)]
    mean = float(defined.mean()) if defined.size else float("nan")
    undefined = int(array.size - defined.size)
    return Scores(
        mean, int(defined.size), undefined, tuple(array.tolist()), tuple(names)
    )


def score_per_patient(
    metric: Callable[..., float],
    counts: Sequence[Counts],
    patients: Sequence[str],
    empty: EmptyPolicy = "one",
) -> Scores:
    """Score each patient's volume, and average over the patients.

    Args:
        metric: one of `mritumor.metrics.RATIOS`.
        counts: one per image or slice.
        patients: (N,) whose it is.
        empty: what a patient without tumour and without prediction scores.

    Returns:
        One value per patient: the ratio of the added counts.

    Raises:
        InputError: another number of patients than of images, an unknown policy.
    """
    sums = counts_per_patient(counts, patients)
    return summarize([metric(c, empty) for c in sums.values()], list(sums))


def score_pooled(
    metric: Callable[..., float], counts: Sequence[Counts], empty: EmptyPolicy = "one"
) -> float:
    """Score all images as if they were one: large tumours weigh most.

    Args:
        metric: one of `mritumor.metrics.RATIOS`.
        counts: one per image.
        empty: what is scored if all masks are empty.
    """
    return metric(sum_counts(counts), empty)
