"""Saying "I don't know": how many images are answered, how many of these rightly."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mritumor.errors import InputError


class CoverageAccuracy(NamedTuple):
    """What a classifier reaches when it answers only where it is sure.

    Attributes:
        threshold: (T,) the class is given from this probability on, falling.
        coverage: (T,) share of the images that are answered, rising to 1.
        accuracy: (T,) share of right ones among these.
    """

    threshold: NDArray[np.float64]
    coverage: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @property
    def risk_area(self) -> float:
        """Area under the risk–coverage curve (AURC): mean error over all coverages."""
        steps = np.diff(self.coverage, prepend=0.0)
        return float(((1 - self.accuracy) * steps).sum())


class Abstention(NamedTuple):
    """A threshold and what it buys.

    Attributes:
        threshold: "I don't know" below it; above 1 when nothing may be answered.
        coverage: share of the images that are answered.
        accuracy: among these; NaN when there are none.
    """

    threshold: float
    coverage: float
    accuracy: float


def coverage_accuracy(confidence: ArrayLike, correct: ArrayLike) -> CoverageAccuracy:
    """Return accuracy by coverage, one point per distinct confidence.

    Args:
        confidence: (N,) such as the largest class probability.
        correct: (N,) whether the class was right.

    Raises:
        InputError: no images, other shapes, or NaN.

    Source:
        Geifman & El-Yaniv 2017, "Selective Classification for Deep Neural Networks",
        arXiv:1705.08500.
    """
    sure, right = np.asarray(confidence, np.float64), np.asarray(correct, bool)
    if sure.ndim != 1 or sure.shape != right.shape or not sure.size:
        raise InputError(
            "one confidence and one verdict per image are needed",
            where="confidence, correct",
            got=f"{sure.shape} and {right.shape}",
            expected="(N,) and (N,)",
        )
    if np.isnan(sure).any():
        raise InputError("NaN among them", where="confidence")
    order = np.argsort(-sure, kind="stable")
    sure, right = sure[order], right[order]
    # Images of one confidence are answered together: only the last of them is a point.
    last = np.flatnonzero(np.append(np.diff(sure) != 0, True))
    answered: NDArray[np.int64] = last + 1
    return CoverageAccuracy(
        sure[last], answered / sure.size, np.cumsum(right)[last] / answered
    )


def threshold_for_accuracy(
    confidence: ArrayLike, correct: ArrayLike, accuracy: float
) -> Abstention:
    """Return the threshold that answers most while reaching an accuracy.

    Args:
        confidence: (N,) of images that were not trained on.
        correct: (N,).
        accuracy: wanted among the answered images, 0 to 1.

    Returns:
        The threshold of the largest coverage; where even the surest images are too
        often wrong, infinity, with a coverage of 0.
    """
    curve = coverage_accuracy(confidence, correct)
    good = np.flatnonzero(curve.accuracy >= accuracy)
    if not good.size:
        return Abstention(float("inf"), 0.0, float("nan"))
    return _point(curve, int(good[-1]))


def threshold_for_coverage(
    confidence: ArrayLike, correct: ArrayLike, coverage: float
) -> Abstention:
    """Return the highest threshold that still answers a share of the images.

    Args:
        confidence: (N,).
        correct: (N,).
        coverage: share wanted, 0 to 1.
    """
    curve = coverage_accuracy(confidence, correct)
    return _point(curve, int(np.flatnonzero(curve.coverage >= coverage)[0]))


def _point(curve: CoverageAccuracy, index: int) -> Abstention:
    return Abstention(
        float(curve.threshold[index]),
        float(curve.coverage[index]),
        float(curve.accuracy[index]),
    )
