"""How well two volumes match: shared information and overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from mritumor.data.preprocess.resampling import resample
from mritumor.data.preprocess.volume import Volume, to_itk
from mritumor.types import Affine

BINS = 32
FEWEST = 500  # voxels; of fewer, a histogram of 32×32 says nothing


@dataclass(frozen=True)
class Match:
    """How well a moving volume matches a fixed one.

    Args:
        nmi: normalised mutual information, 1 (none) to 2 (one tells the other); as
            Studholme et al., Pattern Recognition 1999;32:71-86.
        overlap: share of the smaller head that lies in the other, 0 to 1.
    """

    nmi: float
    overlap: float


def foreground(volume: Volume) -> NDArray[np.bool_]:
    """Return the head or brain, (I, J, K): brighter than Otsu's threshold, filled."""
    array = volume.array
    if array.min() == array.max():
        return np.zeros(array.shape, bool)
    mask = sitk.OtsuThreshold(to_itk(volume), 0, 1, 128)
    filled = ndimage.binary_fill_holes(sitk.GetArrayViewFromImage(mask).T > 0)
    return np.asarray(filled, bool)


def compare(fixed: Volume, moving: Volume, matrix: Affine) -> Match:
    """Measure a match at the fixed volume's voxels.

    Args:
        fixed: (I, J, K), best at some 4 mm: what is finer is noise.
        moving: likewise.
        matrix: 4×4, fixed positions to moving positions, RAS+ mm.
    """
    seen = Volume(np.ones(moving.array.shape, np.uint8), moving.affine)
    inside = resample(seen, fixed.grid, matrix, label=True).array > 0
    moved = resample(moving, fixed.grid, matrix)
    ours = foreground(fixed)
    head = Volume(foreground(moving).astype(np.uint8), moving.affine)
    theirs = resample(head, fixed.grid, matrix, label=True).array > 0
    smaller = min(int(ours.sum()), _voxels(head, fixed))
    overlap = float((ours & theirs).sum()) / max(smaller, 1)
    # A margin of background: without an outline, half of what matches is gone.
    region = ndimage.binary_dilation(ours | theirs, iterations=2) & inside
    if region.sum() < FEWEST:
        return Match(1.0, min(overlap, 1.0))
    return Match(_nmi(fixed.array[region], moved.array[region]), min(overlap, 1.0))


def _voxels(head: Volume, fixed: Volume) -> int:
    """Return how many of the fixed volume's voxels the moving head would fill."""
    share = np.prod(head.grid.spacing) / np.prod(fixed.grid.spacing)
    return int(head.array.sum() * share)


def _nmi(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Return (H(a) + H(b)) / H(a, b) of paired values, robust to a few bright ones."""
    a, b = (np.clip(x, *np.percentile(x, (0.5, 99.5))) for x in (a, b))
    joint = np.histogram2d(a, b, bins=BINS)[0]
    both = _entropy(joint)
    if both <= 0:
        return 1.0
    return float((_entropy(joint.sum(0)) + _entropy(joint.sum(1))) / both)


def _entropy(counts: NDArray[np.float64]) -> float:
    """Return the entropy in nats of what was counted.

    A histogram of few values looks more ordered than their source is; what is added
    makes up for that to first order (Miller 1955), so small volumes gain nothing.
    """
    there = counts[counts > 0]
    total = there.sum()
    shares = there / total
    return float(-(shares * np.log(shares)).sum() + (len(there) - 1) / (2 * total))
