"""Intensities on one scale, not led by a few bright voxels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mritumor.errors import InputError

METHODS = ("none", "zscore", "percentile")


@dataclass(frozen=True)
class Scale:
    """What was done to the intensities inside; outside is 0 afterwards.

    Args:
        low: in the unit of the input; what was darker is set to it.
        high: likewise for what was brighter.
        offset: then subtracted.
        divisor: then divided by.
    """

    low: float
    high: float
    offset: float
    divisor: float


def normalise(
    array: NDArray[np.float32],
    method: str = "zscore",
    *,
    mask: NDArray[np.bool_] | None = None,
    percentiles: tuple[float, float] = (0.5, 99.5),
    name: object = None,
) -> tuple[NDArray[np.float32], Scale]:
    """Clip at two percentiles and bring to one scale.

    Args:
        array: any shape.
        method: ``"zscore"`` (mean 0 and standard deviation 1 inside),
            ``"percentile"`` (0 to 1) or ``"none"`` (unchanged).
        mask: what is inside, the array's shape; None takes what is not 0.
        percentiles: of the values inside, 0 to 100.
        name: of the volume, for the error.

    Returns:
        float32 of the same shape, and what was done.

    Raises:
        InputError: an unknown method, impossible percentiles, or all values inside
            are equal.
    """
    _check(method, percentiles)
    if method == "none":
        same = np.asarray(array, np.float32)
        return same, Scale(-np.inf, np.inf, 0.0, 1.0)
    inside = array != 0 if mask is None else np.asarray(mask, bool)
    values = array[inside].astype(np.float64)
    low, high = np.percentile(values, percentiles) if values.size else (0.0, 0.0)
    if not low < high:
        raise InputError(
            "all values inside are equal, so there is no scale",
            where=name,
            got=f"{values.size} voxels",
        )
    clipped = np.clip(values, low, high)
    offset, divisor = low, high - low
    if method == "zscore":
        offset, divisor = clipped.mean(), clipped.std()
    result: NDArray[np.float32] = np.zeros(array.shape, np.float32)
    result[inside] = (clipped - offset) / divisor
    return result, Scale(float(low), float(high), float(offset), float(divisor))


def _check(method: str, percentiles: tuple[float, float]) -> None:
    if method not in METHODS:
        raise InputError(
            "no such normalisation", got=method, expected=", ".join(METHODS)
        )
    low, high = percentiles
    if not 0 <= low < high <= 100:
        raise InputError(
            "these are no percentiles",
            got=percentiles,
            expected="two numbers from 0 to 100, the lower first",
        )
