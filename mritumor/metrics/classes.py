"""How well each class is recognised.

The numbers are those of ``sklearn.metrics.classification_report`` (a test holds that),
from one confusion matrix: a bootstrap over patients needs them thousands of times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mritumor.errors import InputError
from mritumor.metrics.checks import check_both
from mritumor.metrics.counts import Counts
from mritumor.metrics.overlap import f1, precision, sensitivity, specificity


@dataclass(frozen=True)
class ClassReport:
    """Scores of the most probable class; 0 to 1, NaN where undefined.

    Attributes:
        n: images.
        names: (K,) of the classes.
        accuracy: share of right images.
        balanced_accuracy: mean sensitivity of the classes that occur.
        precision: (K,) share of right ones among those called this class.
        recall: (K,) share found; the sensitivity.
        specificity: (K,) share of the others not called this class.
        f1: (K,) harmonic mean of precision and recall.
        support: (K,) images of this class.
        macro: mean precision, recall and F1 of the classes that occur or are called;
            each class counts the same.
        weighted: the same, weighted by support.
        confusion: (K, K) images, by true class (row) and called class (column).
        undefined: what is undefined, in words: a class that is never called has no
            precision, one that does not occur no recall.
    """

    n: int
    names: tuple[str, ...]
    accuracy: float
    balanced_accuracy: float
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    specificity: tuple[float, ...]
    f1: tuple[float, ...]
    support: tuple[int, ...]
    macro: dict[str, float]
    weighted: dict[str, float]
    confusion: tuple[tuple[int, ...], ...]
    undefined: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, as for JSON."""
        return asdict(self)


def class_report(
    probabilities: ArrayLike, labels: ArrayLike, names: Sequence[str] | None = None
) -> ClassReport:
    """Score the most probable class of each image.

    Per class an undefined precision, recall or specificity is NaN and named in
    ``undefined``; in F1 and in the means it counts as 0 (scikit-learn's
    ``zero_division=0``): a class that is never called is a failure, not a gap. A class
    that neither occurs nor is called has no part in the means.

    Args:
        probabilities: (N, K), or (N,) of class 1 of two.
        labels: (N,) 0 to K - 1.
        names: (K,) of the classes; default: their numbers.

    Raises:
        InputError: arrays or names that do not fit.
    """
    p, y = check_both(probabilities, labels)
    classes = list(range(p.shape[1]))
    given = tuple(names) if names is not None else tuple(map(str, classes))
    if len(given) != len(classes):
        raise InputError(
            "one name per class is needed",
            where="names",
            got=given,
            expected=len(classes),
        )
    called = p.argmax(1)
    k = len(classes)
    matrix = np.bincount(y * k + called, minlength=k * k).reshape(k, k)
    counts = [_counts(matrix, c) for c in classes]
    recall = [sensitivity(c, "nan") for c in counts]
    support = [c.reference for c in counts]
    seen = [int(c.reference + c.predicted > 0) for c in counts]
    return ClassReport(
        n=len(y),
        names=given,
        accuracy=float((called == y).mean()),
        balanced_accuracy=float(np.nanmean(recall)),
        precision=tuple(c.tp / c.predicted if c.predicted else np.nan for c in counts),
        recall=tuple(recall),
        specificity=tuple(specificity(c, "nan") for c in counts),
        f1=tuple(f1(c, "zero") for c in counts),
        support=tuple(support),
        macro=_mean(counts, seen),
        weighted=_mean(counts, support),
        confusion=tuple(tuple(map(int, row)) for row in matrix),
        undefined=_undefined(given, counts),
    )


def _counts(matrix: np.ndarray, k: int) -> Counts:
    """Return the counts of class k against the rest."""
    tp = int(matrix[k, k])
    fp, fn = int(matrix[:, k].sum()) - tp, int(matrix[k].sum()) - tp
    return Counts(tp, fp, fn, int(matrix.sum()) - tp - fp - fn)


def _mean(counts: Sequence[Counts], weights: Sequence[int]) -> dict[str, float]:
    parts = {"precision": precision, "recall": sensitivity, "f1": f1}
    return {
        name: float(np.average([part(c, "zero") for c in counts], weights=weights))
        for name, part in parts.items()
    }


def _undefined(names: Sequence[str], counts: Sequence[Counts]) -> tuple[str, ...]:
    never = [f"precision of {k}" for k, c in zip(names, counts) if not c.predicted]
    absent = [f"recall of {k}" for k, c in zip(names, counts) if not c.reference]
    only = [
        f"specificity of {k}" for k, c in zip(names, counts) if c.reference == c.total
    ]
    return tuple(never + absent + only)
