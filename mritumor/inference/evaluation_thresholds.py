"""What an evaluation says about thresholds of probability, one row a threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mritumor.inference.no_tumour import NO_TUMOUR
from mritumor.metrics import count, coverage_accuracy

CALLED_FROM = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)


def answered_from(p: NDArray, y: NDArray, points: int = 11) -> list[dict[str, Any]]:
    """Return accuracy, and share of the images answered, when unsure ones are left out.

    Args:
        p: (N, K) probabilities.
        y: (N,) true classes.
        points: thresholds from chance to certainty, the last one left out.

    Returns:
        Rows with ``answered from``, ``coverage`` and ``accuracy``; last the area under
        the risk–coverage curve.
    """
    sure, right = p.max(1), p.argmax(1) == y
    curve = coverage_accuracy(sure, right)
    rows: list[dict[str, Any]] = []
    for threshold in np.linspace(1 / p.shape[1], 1, points)[:-1]:
        answered = sure >= threshold
        rows.append(
            {
                "answered from": round(float(threshold), 3),
                "coverage": round(float(answered.mean()), 4),
                "accuracy": (
                    round(float(right[answered].mean()), 4) if answered.any() else None
                ),
            }
        )
    rows.append(
        {
            "answered from": "area under risk–coverage",
            "coverage": "",
            "accuracy": round(curve.risk_area, 4),
        }
    )
    return rows


def called_from(p: NDArray, y: NDArray, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return how many are found and falsely called, where "tumour" is called from.

    A class that says "no tumour" makes the rest one question: tumour or none. What is
    missed can be weighed against false alarms here; predictions go by the most probable
    class, which for two classes is 0.5.

    Args:
        p: (N, K) probabilities; that of a tumour is 1 minus that of "no tumour".
        y: (N,) true classes.
        names: of the K.

    Returns:
        Rows with ``called from``, ``sensitivity``, ``specificity``, ``PPV``, ``NPV``,
        ``missed`` and ``false alarms`` (images); shares are None where nothing can be
        divided by. No rows without a class, or without an image, of either answer.
    """
    negative = [k for k, name in enumerate(names) if name.lower() in NO_TUMOUR]
    ill = ~np.isin(y, negative)
    if not negative or ill.all() or not ill.any():
        return []
    score = 1 - p[:, negative].sum(1)
    rows = []
    for threshold in CALLED_FROM:
        c = count(score >= threshold, ill)
        rows.append(
            {
                "called from": threshold,
                "sensitivity": _share(c.tp, c.fn),
                "specificity": _share(c.tn, c.fp),
                "PPV": _share(c.tp, c.fp),
                "NPV": _share(c.tn, c.fn),
                "missed": c.fn,
                "false alarms": c.fp,
            }
        )
    return rows


def _share(part: int, rest: int) -> float | None:
    return round(part / (part + rest), 4) if part + rest else None
