"""Ratios of right and wrong voxels.

Each takes `Counts` (of an image, a patient or everything) and what an empty mask scores,
and returns a number from 0 to 1, or NaN where the policy says undefined. Definitions:
Taha & Hanbury 2015, "Metrics for evaluating 3D medical image segmentation", DOI
10.1186/s12880-015-0068-x.
"""

from __future__ import annotations

from collections.abc import Callable

from mritumor.metrics.counts import Counts
from mritumor.metrics.empty import EmptyPolicy, ratio


def dice(counts: Counts, empty: EmptyPolicy = "one") -> float:
    """Return 2·TP / (2·TP + FP + FN); 0/0 if both masks are empty."""
    twice = 2 * counts.tp
    return ratio(twice, twice + counts.fp + counts.fn, counts.reference, empty)


def iou(counts: Counts, empty: EmptyPolicy = "one") -> float:
    """Return the Jaccard index TP / (TP + FP + FN); 0/0 if both masks are empty."""
    union = counts.tp + counts.fp + counts.fn
    return ratio(counts.tp, union, counts.reference, empty)


def jaccard_distance(counts: Counts, empty: EmptyPolicy = "one") -> float:
    """Return 1 - IoU, where 0 is best: for two empty masks ``one`` gives 0."""
    return 1 - iou(counts, empty)


def similarity_index(counts: Counts, empty: EmptyPolicy = "one") -> float:
    """Return the similarity index (Zijdenbos 1994, DOI 10.1109/42.363096): Dice."""
    return dice(counts, empty)


def f1(counts: Counts, empty: EmptyPolicy = "one") -> float:
    """Return the harmonic mean of precision and recall, which is Dice."""
    return dice(counts, empty)


def accuracy(counts: Counts, empty: EmptyPolicy = "one") -> float:
    """Return the share of right voxels; high for any small tumour, found or not."""
    right = counts.tp + counts.tn
    return ratio(right, counts.total, counts.reference, empty)


def sensitivity(counts: Counts, empty: EmptyPolicy = "one") -> float:
    """Return TP / (TP + FN), the share found; 0/0 if the reference is empty."""
    return ratio(counts.tp, counts.reference, counts.reference, empty)


def recall(counts: Counts, empty: EmptyPolicy = "one") -> float:
    """Return TP / (TP + FN): the sensitivity."""
    return sensitivity(counts, empty)


def specificity(counts: Counts, empty: EmptyPolicy = "one") -> float:
    """Return TN / (TN + FP); 0/0 if the reference fills the image."""
    return ratio(counts.tn, counts.tn + counts.fp, counts.reference, empty)


def precision(counts: Counts, empty: EmptyPolicy = "one") -> float:
    """Return TP / (TP + FP).

    0/0 if nothing was predicted. Where that is a miss (the reference is not empty) the
    score is 0 whatever the policy: a miss is not perfect precision.
    """
    if counts.predicted == 0 and counts.reference > 0:
        return 0.0
    return ratio(counts.tp, counts.predicted, counts.reference, empty)


def tversky_index(
    counts: Counts, empty: EmptyPolicy = "one", alpha: float = 0.7, beta: float = 0.3
) -> float:
    """Return TP / (TP + α·FN + β·FP) (Salehi 2017, arXiv:1706.05721).

    Args:
        counts: of voxels.
        empty: scored for two empty masks.
        alpha: weight of misses, named as in `mritumor.losses.FocalTverskyLoss`.
        beta: weight of false alarms.
    """
    weighted = counts.tp + alpha * counts.fn + beta * counts.fp
    return ratio(counts.tp, weighted, counts.reference, empty)


def focal_tversky_score(
    counts: Counts,
    empty: EmptyPolicy = "one",
    alpha: float = 0.7,
    beta: float = 0.3,
    gamma: float = 4 / 3,
) -> float:
    """Return 1 - (1 - Tversky index)^(1/γ): the loss turned round, 1 is best.

    Source:
        Abraham & Khan 2019, DOI 10.1109/ISBI.2019.8759329.
    """
    wrong = 1 - tversky_index(counts, empty, alpha, beta)
    return float(1 - wrong ** (1 / gamma))


RATIOS: dict[str, Callable[..., float]] = {
    "dice": dice,
    "iou": iou,
    "jaccard_distance": jaccard_distance,
    "similarity_index": similarity_index,
    "accuracy": accuracy,
    "sensitivity": sensitivity,
    "specificity": specificity,
    "precision": precision,
    "recall": recall,
    "f1": f1,
    "tversky_index": tversky_index,
    "focal_tversky_score": focal_tversky_score,
}
"""Every ratio by name: each is called as ``ratio(counts, empty)``."""
