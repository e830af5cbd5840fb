"""Labels drawn over a slice: the one way this project paints outlines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Colour = tuple[float, float, float]

# Told apart by people with any colour vision, on grey: Okabe and Ito's set.
PALETTE: tuple[Colour, ...] = (
    (0.84, 0.37, 0.00),
    (0.34, 0.71, 0.91),
    (0.94, 0.89, 0.26),
    (0.00, 0.62, 0.45),
    (0.80, 0.47, 0.65),
)


def window(
    image: NDArray[np.floating], low: float = 1.0, high: float = 99.0
) -> NDArray:
    """Scale a slice to [0, 1] between two percentiles of its non-zero values.

    Args:
        image: (H, W), any range.
        low: percentile that becomes black.
        high: percentile that becomes white.

    Returns:
        (H, W) float32 in [0, 1].
    """
    values = image[np.isfinite(image) & (image != 0)]
    if values.size == 0:
        return np.zeros(image.shape, np.float32)
    black, white = np.percentile(values, [low, high])
    # Zero is the background of a skull-stripped scan, normalised or not: keep it dark.
    black = min(float(black), 0.0) if black < 0 else float(black)
    scaled = (np.nan_to_num(image) - black) / max(float(white) - black, 1e-6)
    return np.where(image == 0, 0, np.clip(scaled, 0, 1)).astype(np.float32)


def border(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels just outside of a mask (H, W), by binary dilation."""
    return ndimage.binary_dilation(mask) & ~mask


def draw(
    image: NDArray[np.floating],
    labels: NDArray[np.integer],
    fill: float = 0.35,
    palette: Sequence[Colour] = PALETTE,
) -> NDArray[np.float32]:
    """Paint a label map over a grey slice: tinted inside, a firm line around.

    Args:
        image: (H, W) in [0, 1].
        labels: (H, W), 0 is background; value v takes colour v-1 of the palette.
        fill: opacity of the inside, 0 (outline only) to 1.
        palette: RGB colours in [0, 1].

    Returns:
        (H, W, 3) float32 in [0, 1].
    """
    rgb = np.repeat(image[..., None].astype(np.float32), 3, axis=-1)
    for value in np.unique(labels[labels > 0]):
        colour = np.asarray(palette[(int(value) - 1) % len(palette)], np.float32)
        inside = labels == value
        rgb[inside] = (1 - fill) * rgb[inside] + fill * colour
        rgb[border(inside) & (labels == 0)] = colour
    return rgb


def fullest_slice(labels: NDArray[np.integer], axis: int = 2) -> int:
    """Return the index, along one axis, of the slice with most labelled voxels.

    An empty map gives the middle slice.
    """
    others = tuple(a for a in range(labels.ndim) if a != axis)
    counts = (labels > 0).sum(axis=others)
    return int(counts.argmax()) if counts.any() else labels.shape[axis] // 2
