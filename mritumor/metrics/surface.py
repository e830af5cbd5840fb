"""Distances between two outlines, in mm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from monai.metrics import compute_hausdorff_distance, compute_surface_dice
from monai.metrics.utils import get_edge_surface_distance
from numpy.typing import ArrayLike

from mritumor.errors import InputError
from mritumor.metrics.counts import two_masks
from mritumor.metrics.empty import EmptyPolicy, ratio

BRATS_PENALTY = 374.0
"""mm for a tumour missed or invented: about the diagonal of BraTS' 240×240×155 mm."""


def hausdorff(
    prediction: ArrayLike,
    reference: ArrayLike,
    spacing: Sequence[float],
    percentile: float = 95,
    missed: float | Literal["diagonal"] = BRATS_PENALTY,
    both_empty: float = 0.0,
    surface: Literal["voxels", "areas"] = "voxels",
) -> float:
    """Return the Hausdorff distance (by default HD95), the larger of both directions.

    A missed tumour, or an invented one, has no distance: it gets a penalty, so that it
    stays in the mean. MONAI's metric gives NaN there.

    Args:
        prediction: 2-D or 3-D, 0/1.
        reference: the same shape.
        spacing: mm per axis.
        percentile: of the distances, 0 to 100; 100: the largest.
        missed: mm, if just one mask is empty; ``"diagonal"``: of the image.
        both_empty: mm, if both are; NaN: undefined.
        surface: ``"voxels"``: each border voxel counts once (MONAI); ``"areas"``: each
            piece of the surface by its area (DeepMind's, which BraTS uses).

    Returns:
        mm, from 0.

    Raises:
        InputError: masks or spacing that do not fit.
    """
    p, r = two_masks(prediction, reference)
    mm = _check(p, spacing)
    if not p.any() or not r.any():
        if p.any() == r.any():
            return float(both_empty)
        if missed == "diagonal":
            return float(np.linalg.norm(np.multiply(p.shape, mm)))
        return float(missed)
    if surface == "areas":
        return _by_areas(p, r, mm, percentile)
    distance = compute_hausdorff_distance(
        _batch(p), _batch(r), True, percentile=percentile, spacing=mm
    )
    return float(distance[0, 0])


def _by_areas(
    p: np.ndarray, r: np.ndarray, mm: list[float], percentile: float
) -> float:
    edges, distances, areas = get_edge_surface_distance(
        torch.as_tensor(p),
        torch.as_tensor(r),
        spacing=mm,
        use_subvoxels=True,
        symmetric=True,
    )
    directions = []
    for edge, distance, area in zip(edges, distances, areas):
        order = torch.argsort(distance)
        share = torch.cumsum(area[edge].double()[order], 0)
        place = torch.searchsorted(share / share[-1], percentile / 100)
        directions.append(distance[order][min(int(place), len(distance) - 1)])
    return float(max(directions))


def surface_dice(
    prediction: ArrayLike,
    reference: ArrayLike,
    spacing: Sequence[float],
    tolerance: float = 1.0,
    empty: EmptyPolicy = "one",
) -> float:
    """Return the share of both surfaces that lies within the tolerance of the other.

    Computed by MONAI with areas of surface pieces. One empty mask scores 0.

    Args:
        prediction: 2-D or 3-D, 0/1.
        reference: the same shape.
        spacing: mm per axis.
        tolerance: mm, from 0.
        empty: scored for two empty masks.

    Returns:
        0 to 1.

    Raises:
        InputError: masks, spacing or tolerance that do not fit.

    Source:
        Nikolov 2021, DOI 10.2196/26151.
    """
    p, r = two_masks(prediction, reference)
    mm = _check(p, spacing)
    if tolerance < 0 or not math.isfinite(tolerance):
        raise InputError("impossible", where="tolerance", got=tolerance, expected="mm")
    if not p.any() or not r.any():
        return ratio(0, float(p.any() or r.any()), float(r.any()), empty)
    share = compute_surface_dice(
        _batch(p), _batch(r), [tolerance], True, spacing=mm, use_subvoxels=True
    )
    return float(share[0, 0])


def _batch(mask: np.ndarray) -> torch.Tensor:
    """Return (1, 1, *spatial)."""
    return torch.as_tensor(mask)[None, None]


def _check(mask: np.ndarray, spacing: Sequence[float]) -> list[float]:
    mm = [float(s) for s in spacing]
    if mask.ndim not in (2, 3) or len(mm) != mask.ndim or min(mm) <= 0:
        raise InputError(
            "mask and spacing do not fit",
            got=f"shape {mask.shape}, spacing {mm}",
            expected="2 or 3 axes, and a number of mm above 0 for each",
        )
    return mm
