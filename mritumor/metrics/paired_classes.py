"""Whether one classifier is right where another is wrong."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from mritumor.errors import InputError


class McNemar(NamedTuple):
    """McNemar's test of two classifiers on the same images.

    Attributes:
        only_first: images that only the first got right.
        only_second: images that only the second got right.
        p: two-sided, exact; 1 where they never differ.
    """

    only_first: int
    only_second: int
    p: float


def mcnemar(first: ArrayLike, second: ArrayLike, labels: ArrayLike) -> McNemar:
    """Test whether two classifiers are wrong equally often.

    Images are taken as independent: with several images of a patient p is too small;
    give one decision per patient, or use `paired_statistic`, which draws patients.

    Args:
        first: (N,) called classes.
        second: (N,) of the other classifier.
        labels: (N,) true classes.

    Raises:
        InputError: other lengths, or nothing.

    Source:
        McNemar 1947, DOI 10.1007/BF02295996; exact: binomial.
    """
    a, b, y = (np.asarray(x).reshape(-1) for x in (first, second, labels))
    if not len(a) == len(b) == len(y) or not len(y):
        raise InputError(
            "one class per image is needed from both, and the true one",
            got=f"lengths {len(a)}, {len(b)}, {len(y)}",
        )
    one = int(np.count_nonzero((a == y) & (b != y)))
    two = int(np.count_nonzero((a != y) & (b == y)))
    p = float(stats.binomtest(one, one + two).pvalue) if one + two else 1.0
    return McNemar(one, two, p)
