"""How far the predicted volume is off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mritumor.errors import InputError
from mritumor.metrics.counts import two_masks


class VolumeError(NamedTuple):
    """Predicted minus true volume.

    Attributes:
        signed: mm³, above 0 if too much was predicted.
        absolute: mm³.
        relative: signed, by the true volume; from -1 (missed).
    """

    signed: float
    absolute: float
    relative: float


def volume_error(
    prediction: ArrayLike,
    reference: ArrayLike,
    spacing: Sequence[float],
    invented: float = math.nan,
) -> VolumeError:
    """Return the error of the volume.

    Args:
        prediction: any shape, 0/1.
        reference: the same shape.
        spacing: mm per axis.
        invented: the relative error where there is no tumour but one was predicted; NaN
            (default): undefined, to be counted so. Two empty masks: 0.

    Raises:
        InputError: masks or spacing that do not fit.
    """
    p, r = two_masks(prediction, reference)
    if len(spacing) != p.ndim or min(spacing) <= 0:
        raise InputError(
            "a number of mm above 0 is needed for each axis",
            where="spacing",
            got=list(spacing),
            expected=f"{p.ndim} numbers",
        )
    voxel = float(np.prod(np.asarray(spacing, dtype=np.float64)))
    true, signed = int(r.sum()) * voxel, (int(p.sum()) - int(r.sum())) * voxel
    relative = signed / true if true else (invented if signed else 0.0)
    return VolumeError(signed, abs(signed), relative)
