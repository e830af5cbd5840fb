"""Whether a probability of 0.8 is right in 8 of 10 cases."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mritumor.errors import InputError
from mritumor.metrics.checks import check_both


def calibration_error(
    probabilities: ArrayLike, labels: ArrayLike, bins: int = 15, adaptive: bool = False
) -> float:
    """Return the expected calibration error of the most probable class.

    ``Σ (n_bin / N) · |accuracy - confidence|`` over bins of confidence.

    Args:
        probabilities: (N, K), or (N,) of class 1 of two.
        labels: (N,) 0 to K - 1.
        bins: how many; equally wide over (0, 1].
        adaptive: bins of equally many images instead (within one); less noise where
            nearly all confidences are high.

    Returns:
        0 (best) to 1.

    Raises:
        InputError: arrays that do not fit, or no bins.

    Source:
        Guo 2017, arXiv:1706.04599; adaptive: Nguyen & O'Connor 2015,
        DOI 10.18653/v1/D15-1182.
    """
    p, y = check_both(probabilities, labels)
    if bins < 1:
        raise InputError("at least one bin", where="bins", got=bins)
    confidence, right = p.max(1), p.argmax(1) == y
    if adaptive:
        parts = np.array_split(np.argsort(confidence, kind="stable"), bins)
    else:
        # Right-closed: a confidence of exactly 1 falls in the last bin.
        place = np.ceil(confidence * bins).astype(int).clip(1, bins)
        parts = [np.flatnonzero(place == b) for b in range(1, bins + 1)]
    gaps = [abs(float(right[i].sum() - confidence[i].sum())) for i in parts]
    return sum(gaps) / len(y)


def brier_score(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Return the mean squared distance between probabilities and truth.

    Summed over the classes, as Brier defined it: for two classes twice the value of
    ``sklearn.metrics.brier_score_loss``.

    Args:
        probabilities: (N, K), or (N,) of class 1 of two.
        labels: (N,) 0 to K - 1.

    Returns:
        0 (best) to 2.

    Raises:
        InputError: arrays that do not fit.

    Source:
        Brier 1950, DOI 10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    p, y = check_both(probabilities, labels)
    return float(((p - np.eye(p.shape[1])[y]) ** 2).sum(1).mean())
