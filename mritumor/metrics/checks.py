"""What probabilities and classes must look like."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mritumor.errors import InputError


def check_probabilities(probabilities: ArrayLike) -> NDArray[np.float64]:
    """Return probabilities as (N, K).

    Args:
        probabilities: (N, K) that sum to 1; or (N,) or (N, 1), of class 1 of two.

    Raises:
        InputError: none, or values that are no probabilities.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    p = p[:, None] if p.ndim == 1 else p
    if p.ndim == 2 and p.shape[1] == 1:
        p = np.concatenate([1 - p, p], axis=1)
    if p.ndim != 2 or not p.size:
        raise InputError(
            "probabilities are (N, K), one row per image",
            where="probabilities",
            got=f"shape {p.shape}",
        )
    # NaN fails all comparisons. Half precision rounds a sum of 1 by up to 1e-2.
    good = np.all((p >= 0) & (p <= 1)) and np.allclose(p.sum(1), 1, atol=1e-2)
    if not good:
        raise InputError(
            "these are not probabilities",
            where="probabilities",
            got=f"values {p.min():.3g} to {p.max():.3g}, sums {p.sum(1).min():.3g} "
            f"to {p.sum(1).max():.3g}",
            expected="0 to 1, each row with sum 1",
            remedy="apply a softmax to logits first",
        )
    return p


def check_labels(labels: ArrayLike, n: int, classes: int) -> NDArray[np.int64]:
    """Return labels as (N,) whole numbers.

    Args:
        labels: (N,) or (N, 1).
        n: how many there must be.
        classes: K; labels run from 0 to K - 1.

    Raises:
        InputError: another number, or a class that is unknown.
    """
    y = np.asarray(labels).reshape(-1)
    whole = y.astype(np.int64)
    if len(y) != n:
        raise InputError(
            "one label per image is needed", where="labels", got=len(y), expected=n
        )
    if n and (np.any(whole != y) or whole.min() < 0 or whole.max() >= classes):
        raise InputError(
            "a class that there is no probability for",
            where="labels",
            got=sorted(set(y.tolist())),
            expected=f"0 to {classes - 1}",
            remedy="leave out images of unknown class",
        )
    return whole


def check_both(
    probabilities: ArrayLike, labels: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return (N, K) probabilities and (N,) labels.

    Raises:
        InputError: either is wrong, or they do not fit.
    """
    p = check_probabilities(probabilities)
    return p, check_labels(labels, *p.shape)
