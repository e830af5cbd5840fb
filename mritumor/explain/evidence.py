"""Does the heat lie in the tumour? Asked where the truth is known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mritumor.errors import InputError


class Evidence(NamedTuple):
    """How a heat map and a true outline agree.

    Attributes:
        hit: whether the hottest point lies in the tumour, or within the tolerance.
        energy: share of the heat inside the tumour, 0 to 1.
        share: share of the image that the tumour fills: what an even heat map reaches.
    """

    hit: bool
    energy: float
    share: float


def evidence(
    heat: NDArray[np.floating], mask: NDArray[np.bool_], tolerance: float = 0.0
) -> Evidence | None:
    """Return pointing score and energy of one image.

    Args:
        heat: (H, W) or (I, J, K), not negative.
        mask: the same shape, true in the tumour.
        tolerance: as for `pointing_hit`.

    Returns:
        None for an image without tumour, where both are undefined.
    """
    if not np.any(mask):
        return None
    return Evidence(
        pointing_hit(heat, mask, tolerance),
        energy_in_mask(heat, mask),
        float(np.mean(mask != 0)),
    )


def pointing_hit(
    heat: NDArray[np.floating], mask: NDArray[np.bool_], tolerance: float = 0.0
) -> bool:
    """Say whether the hottest point lies in a mask: the pointing game.

    Args:
        heat: any shape; where it is nowhere positive nothing is pointed at.
        mask: the same shape.
        tolerance: distance outside of the mask that still counts, in pixels (voxels).

    Raises:
        InputError: other shapes, or an empty mask.

    Source:
        Zhang et al. 2016, "Top-down Neural Attention by Excitation Backprop",
        arXiv:1608.00507 (there with a tolerance of 15 pixels).
    """
    inside = _check(heat, mask)
    if not np.any(heat > 0):
        return False
    peak = np.unravel_index(int(np.argmax(heat)), heat.shape)
    return bool(ndimage.distance_transform_edt(~inside)[peak] <= tolerance)


def energy_in_mask(heat: NDArray[np.floating], mask: NDArray[np.bool_]) -> float:
    """Return the share of the heat that lies in a mask, 0 when there is no heat.

    Args:
        heat: any shape, not negative.
        mask: the same shape.

    Raises:
        InputError: other shapes, an empty mask, or negative heat.

    Source:
        Wang et al. 2020, "Score-CAM", arXiv:1910.01279, the energy-based pointing game.
    """
    inside = _check(heat, mask)
    if np.min(heat) < 0:
        raise InputError(
            "heat is not negative",
            where="heat",
            got=float(np.min(heat)),
            remedy="turn differences into heat with mritumor.explain.as_heat",
        )
    total = float(np.sum(heat, dtype=np.float64))
    return float(np.sum(heat[inside], dtype=np.float64)) / total if total > 0 else 0.0


def _check(heat: NDArray[np.floating], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    if heat.shape != mask.shape:
        raise InputError(
            "heat and mask are on other grids", got=heat.shape, expected=mask.shape
        )
    inside = np.asarray(mask) != 0
    if not inside.any():
        raise InputError(
            "where there is no tumour, no heat can lie in it", where="mask"
        )
    return inside
