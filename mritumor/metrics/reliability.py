"""How often a network is right when it says how sure it is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mritumor.errors import InputError


class Reliability(NamedTuple):
    """The reliability diagram of a classifier; empty bins are left out.

    Attributes:
        confidence: (B,) mean probability of the class given, by bin.
        accuracy: (B,) share of right answers, by bin.
        count: (B,) images, by bin.
    """

    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    count: NDArray[np.int64]


def reliability_table(
    probabilities: ArrayLike, labels: ArrayLike, bins: int = 15
) -> Reliability:
    """Sort images by the probability of the class that they were given.

    The gaps between the two columns, weighted by count, are `calibration_error`.

    Args:
        probabilities: (N, K), rows add up to 1.
        labels: (N,) true classes, from 0.
        bins: of equal width in [0, 1].

    Raises:
        InputError: no images, or other shapes.

    Source:
        Guo et al. 2017, arXiv:1706.04599, section 2.
    """
    values, classes = np.asarray(probabilities, np.float64), np.asarray(labels)
    if values.ndim != 2 or classes.shape != (len(values),) or not len(classes):
        raise InputError(
            "one class per image is needed",
            where="probabilities, labels",
            got=f"{values.shape} and {classes.shape}",
            expected="(N, K) and (N,)",
        )
    sure, right = values.max(1), values.argmax(1) == classes
    # Bins are open below and closed above, as in the paper.
    place = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    used = count > 0
    return Reliability(
        np.bincount(place, sure, bins)[used] / count[used],
        np.bincount(place, right, bins)[used] / count[used],
        count[used],
    )
