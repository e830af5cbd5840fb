"""Small pictures of images: to compare them, and to show them."""

from __future__ import annotations

import hashlib
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 48
"""Edge of a thumbnail in pixels."""

Thumb: TypeAlias = "NDArray[np.uint8]"
"""(48, 48) of a picture; (48, 144), three planes side by side, of a volume."""


def pixel_hash(array: NDArray[np.generic]) -> str:
    """Hash values and shape, so that another encoding of them is the same.

    Args:
        array: any shape and number type; compared in single precision.

    Returns:
        32 hexadecimal digits.
    """
    digest = hashlib.blake2b(str(array.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(array, dtype=np.float32))
    return digest.hexdigest()


def thumbnail(array: NDArray[np.generic], *, volume: bool = False) -> Thumb:
    """Make the thumbnail of an image.

    Args:
        array: (H, W), (H, W, 3) with colours last, or a volume (I, J, K) whose axes
            are in RAS+ order; finite.
        volume: it is a volume.
    """
    if volume:
        planes = [_middle(array, axis) for axis in range(3)]
        # Seen upright: the second axis of each plane points up.
        return _stretch(np.hstack([_small(plane.T[::-1]) for plane in planes]))
    return _stretch(_small(array.mean(axis=2) if array.ndim == 3 else array))


def plane_thumbnail(plane: NDArray[np.generic]) -> Thumb:
    """Make the (48, 48) thumbnail of a slice (I, J), seen upright."""
    return _stretch(_small(plane.T[::-1]))


def mask_thumbnail(mask: NDArray[np.bool_], *, upright: bool) -> NDArray[np.bool_]:
    """Make the (48, 48) outline of a mask, in the frame of its image's thumbnail.

    Args:
        mask: (H, W) of a picture, or (I, J) of a volume's slice.
        upright: it is a volume's slice.
    """
    return _small((mask.T[::-1] if upright else mask).astype(np.float32)) >= 0.5


def _middle(volume: NDArray[np.generic], axis: int) -> NDArray[np.float32]:
    """Return the middle slice, of an even number the mean of two: mirror images agree."""
    n = volume.shape[axis]
    pair = [
        np.take(volume, k, axis).astype(np.float32, copy=False)
        for k in ((n - 1) // 2, n // 2)
    ]
    return (pair[0] + pair[1]) / 2


def _small(plane: NDArray[np.generic]) -> NDArray[np.float32]:
    """Average (H, W) down, or interpolate it up, to (48, 48)."""
    if plane.dtype == np.uint8:
        image = Image.fromarray(np.ascontiguousarray(plane))
    else:
        image = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32))
    small = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(small, dtype=np.float32)


def _stretch(values: NDArray[np.float32]) -> Thumb:
    low, high = float(values.min()), float(values.max())
    scale = 255 / (high - low) if high > low else 0.0
    return np.rint((values - low) * scale).astype(np.uint8)
