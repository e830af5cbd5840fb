"""Area under the ROC curve, with classes that have none said."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from mritumor.metrics.checks import check_both


class AUC(NamedTuple):
    """Areas under ROC curves; 0.5 is chance, 1 is best.

    Attributes:
        per_class: (K,) each class against the rest; NaN where all images are of the
            class, or none.
        macro: mean of the defined ones; NaN if there are none.
        micro: all (image, class) pairs as one two-class problem.
        used: classes in the mean.
        undefined: classes that are not.
    """

    per_class: tuple[float, ...]
    macro: float
    micro: float
    used: int
    undefined: tuple[int, ...]


def roc_auc(probabilities: ArrayLike, labels: ArrayLike) -> AUC:
    """Return the areas under the ROC curves, one class against the rest.

    With two classes both have the same area, and so has the mean.

    Args:
        probabilities: (N, K), or (N,) of class 1 of two.
        labels: (N,) 0 to K - 1.

    Raises:
        InputError: arrays that do not fit.

    Source:
        Hanley & McNeil 1982, DOI 10.1148/radiology.143.1.7063747: the area is the
        Mann-Whitney statistic. Ranks, as a bootstrap needs it thousands of times.
    """
    p, y = check_both(probabilities, labels)
    truth = np.eye(p.shape[1], dtype=bool)[y]
    areas = [_area(truth[:, k], p[:, k]) for k in range(p.shape[1])]
    undefined = tuple(k for k, area in enumerate(areas) if np.isnan(area))
    used = len(areas) - len(undefined)
    macro = float(np.nanmean(areas)) if used else float("nan")
    return AUC(tuple(areas), macro, _area(truth.ravel(), p.ravel()), used, undefined)


def _area(truth: np.ndarray, score: np.ndarray) -> float:
    """Return the share of (positive, negative) pairs in the right order, by ranks."""
    positive = int(truth.sum())
    pairs = positive * (truth.size - positive)
    if not pairs:
        return float("nan")
    above = rankdata(score)[truth].sum() - positive * (positive + 1) / 2
    return float(above / pairs)
