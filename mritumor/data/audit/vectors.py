"""Thumbnails as unit vectors: a product of two is their correlation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from mritumor.data.audit.thumbs import SIDE, Thumb

Vectors: TypeAlias = "NDArray[np.float32]"
"""(N, D), each row of mean 0 and length 1."""

BLOCK = 1024
FINE = 2.0
"""Pixels: what is smoother than this says "a head", what is finer says which."""


def vectors(thumbs: Sequence[Thumb], *, fine: bool = False) -> Vectors:
    """Turn thumbnails of one size into unit vectors.

    Args:
        thumbs: (H, W) each.
        fine: keep fine detail only. Two heads correlate at up to 0.96 as they are and
            below 0.85 in their detail; copies stay above 0.98 after recompression,
            resizing and a change of brightness.
    """
    stack = np.stack(thumbs).astype(np.float32)
    if fine:
        stack -= gaussian_filter(stack, (0, FINE, FINE))
    rows = stack.reshape(len(stack), -1)
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True) + 1e-6
    return rows


def mirrored(thumb: Thumb) -> Thumb:
    """Return a thumbnail with left and right of the image exchanged."""
    flipped = thumb.copy()
    # A volume's panels are sagittal, coronal, axial: the first does not show left.
    starts = (0,) if thumb.shape[1] == SIDE else (SIDE, 2 * SIDE)
    for start in starts:
        panel = slice(start, start + SIDE)
        flipped[:, panel] = thumb[:, panel][:, ::-1]
    return flipped


def pairs_above(
    first: Vectors, second: Vectors, threshold: float
) -> Iterator[tuple[int, int, float]]:
    """Yield (i, j, correlation) for i < j, row i of `first` and j of `second`.

    Args:
        first: (N, D).
        second: (N, D), the same images in another guise, or the same array.
        threshold: least correlation.
    """
    for start in range(0, len(first), BLOCK):
        # Rows before `start` have met this block already: only i < j is asked for.
        table = first[start : start + BLOCK] @ second[start:].T
        for i, j in np.argwhere(table >= threshold):
            if i < j:
                yield start + int(i), start + int(j), float(table[i, j])


def nearest(among: Vectors, of: Vectors) -> NDArray[np.int64]:
    """Return for each row of `of` (M, D) the nearest row of `among` (N, D)."""
    found = [
        (of[start : start + BLOCK] @ among.T).argmax(axis=1)
        for start in range(0, len(of), BLOCK)
    ]
    return np.concatenate(found) if found else np.zeros(0, np.int64)
