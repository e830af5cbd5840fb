"""Does a volume look as a prepared one should: brain only, sequences in register?

Rules of thumb that raise warnings, not verdicts. Both look at the volume on a coarse
grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

COARSE_MM = 4.0
LARGEST_BRAIN_ML = 2500.0
"""Brain, meninges and fluid of an adult fill up to about 2000 mL; a head over 3000."""
BLANK_BORDER = 0.5
SHIFT_MM = 8.0
"""A smaller displacement is not reported: the grid is coarse, and so is the search."""
FARTHEST_MM = 24.0
GAIN = 1.05
BINS = 24
SMALLEST = 8

Volume: TypeAlias = "NDArray[np.float32]"


def looks_unstripped(volume: NDArray[np.generic], spacing: Sequence[float]) -> bool:
    """Say whether a volume seems to hold a whole head rather than a brain.

    After skull stripping the border of a volume is one constant value, and what
    differs from it has the size of a brain.

    Args:
        volume: (I, J, K), finite.
        spacing: mm along its axes.
    """
    values = np.asarray(volume)
    background, share = _commonest(_border(values))
    if share < BLANK_BORDER:
        return True
    coarse, steps = _coarse(np.abs(values - background).astype(np.float32), spacing)
    inside = coarse > 0.1 * np.percentile(coarse, 99)
    slices = (inside[:, :, k] for k in range(inside.shape[2]))
    filled = sum(int(ndimage.binary_fill_holes(plane).sum()) for plane in slices)
    return bool(filled * np.prod(steps) / 1000 > LARGEST_BRAIN_ML)


def displacement(
    fixed: NDArray[np.generic], moving: NDArray[np.generic], spacing: Sequence[float]
) -> float:
    """Estimate how far one sequence lies from another on the same grid.

    Mutual information is followed uphill over whole steps of a coarse grid, in shifts
    only: turned heads show as far as a shift helps.

    Args:
        fixed: (I, J, K), finite.
        moving: the same shape.
        spacing: mm along the axes.

    Returns:
        mm; 0 where no shift makes the match better by 5 %.
    """
    still, steps = _coarse(np.asarray(fixed, np.float32), spacing)
    other, _ = _coarse(np.asarray(moving, np.float32), spacing)
    if min(still.shape) < SMALLEST:
        return 0.0
    first, second = _binned(still), _binned(other)
    at_rest = _information(first, second)
    best, shift = at_rest, (0, 0, 0)
    for stride in (3, 1):
        best, shift = _climb(first, second, steps, (best, shift), stride)
    if best < GAIN * at_rest:
        return 0.0
    return float(np.linalg.norm(np.multiply(shift, steps)))


def _climb(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    steps: Sequence[float],
    start: tuple[float, tuple[int, int, int]],
    stride: int,
) -> tuple[float, tuple[int, int, int]]:
    """Walk to the best neighbour until none is better."""
    best, shift = start
    improved = True
    while improved:
        improved = False
        for axis in range(3):
            for sign in (-stride, stride):
                trial = [n + sign * (a == axis) for a, n in enumerate(shift)]
                if np.linalg.norm(np.multiply(trial, steps)) > FARTHEST_MM:
                    continue
                moved = np.roll(second, trial, axis=(0, 1, 2))
                value = _information(first, moved)
                if value > best:
                    best, improved = value, True
                    shift = (trial[0], trial[1], trial[2])
    return best, shift


def _information(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Return the mutual information of two binned images in nats."""
    pairs = np.bincount((first * BINS + second).ravel(), minlength=BINS * BINS)
    joint = pairs.reshape(BINS, BINS) / first.size
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    return float((joint[seen] * np.log(joint[seen] / apart[seen])).sum())


def _binned(volume: Volume) -> NDArray[np.int64]:
    low = float(np.percentile(volume, 1))
    high = float(np.percentile(volume, 99.5))
    scaled = (volume - low) / max(high - low, 1e-6) * BINS
    return np.clip(scaled, 0, BINS - 1).astype(np.int64)


def _coarse(volume: Volume, spacing: Sequence[float]) -> tuple[Volume, list[float]]:
    """Average a volume to voxels of about 4 mm; return it and its spacing in mm."""
    factors = [max(1, int(COARSE_MM / step + 0.5)) for step in spacing]
    kept = tuple(slice(0, n - n % f or n) for n, f in zip(volume.shape, factors))
    part = volume[kept]
    if any(n % f for n, f in zip(part.shape, factors)):  # thinner than one block
        return part, [float(step) for step in spacing]
    i, j, k = (n // f for n, f in zip(part.shape, factors))
    a, b, c = factors
    blocks = part.reshape(i, a, j, b, k, c).mean(axis=(1, 3, 5))
    return blocks, [step * f for step, f in zip(spacing, factors)]


def _border(volume: NDArray[np.generic]) -> NDArray[np.generic]:
    # The ends of the shortest axis often cut through the head: they say nothing.
    axes = np.argsort(volume.shape)[1:]
    faces = [np.take(volume, end, int(axis)) for axis in axes for end in (0, -1)]
    return np.concatenate([face.ravel() for face in faces])


def _commonest(values: NDArray[np.generic]) -> tuple[float, float]:
    """Return the commonest value and its share."""
    found, counts = np.unique(values, return_counts=True)
    most = int(counts.argmax())
    return float(found[most]), float(counts[most] / counts.sum())
