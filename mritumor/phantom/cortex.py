"""The folded cortex: how deep a point lies under the pial surface.

Sulci are walls that start at the hull and run inwards. Where they stand is the zero
level of band-limited noise on the surface, which winds and branches like sulci do;
the distance to that level divided by the noise's slope is a distance in mm, so the
cortical ribbon has an even thickness along hull, walls and floors of the sulci.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mritumor.phantom.hull import hull, midline
from mritumor.phantom.noise import Noise, Points, Values, band_noise, smooth_noise

STEP = 3.0
LOW = np.array([-85.0, -117.0, -90.0], np.float32)
HIGH = np.array([85.0, 83.0, 90.0], np.float32)


@dataclass(frozen=True)
class Folds:
    """The sulci of one brain, sampled on a lattice in template space.

    Args:
        major: (I, J, K) signed mm to the nearest main sulcus.
        minor: the same for the shallow sulci between them.
        reach: (I, J, K) mm, how deep the main sulci go.
    """

    major: NDArray[np.float32]
    minor: NDArray[np.float32]
    reach: NDArray[np.float32]

    def __call__(self, points: Points) -> tuple[Values, Values, Values]:
        """Return (mm to a main sulcus, mm to a shallow one, reach in mm), each (N,)."""
        index = ((points - LOW) / STEP).T
        major, minor, reach = (
            ndimage.map_coordinates(field, index, order=1, mode="nearest")
            for field in (self.major, self.minor, self.reach)
        )
        return np.abs(major), np.abs(minor), reach


def make_folds(rng: np.random.Generator) -> Folds:
    """Draw the sulci of one brain."""
    shape, points = _lattice()
    surface = _project(points, shape)
    major = _level_distance(band_noise(rng, 24.0), surface, shape)
    minor = _level_distance(band_noise(rng, 15.0), surface, shape)
    reach = 24 + 7 * smooth_noise(rng, 40.0)(surface).reshape(shape)
    return Folds(major, minor, np.clip(reach, 8, 34).astype(np.float32))


def _lattice() -> tuple[tuple[int, int, int], Points]:
    axes = [np.arange(a, b, STEP, dtype=np.float32) for a, b in zip(LOW, HIGH)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    i, j, k = points.shape[:3]
    return (i, j, k), points.reshape(-1, 3)


def _project(points: Points, shape: tuple[int, int, int]) -> Points:
    """Move points (N, 3) most of the way out to the hemisphere's surface.

    Noise asked there hardly changes along the way in, so sulci are walls; not quite
    the whole way, so that they bend.
    """
    parts = hull(points)
    depth = np.minimum(np.maximum(parts.cerebrum, parts.stem), midline(points)[0])
    slopes = np.gradient(depth.reshape(shape), STEP)
    inward = np.stack(slopes, axis=-1).reshape(-1, 3)
    inward /= np.maximum(np.linalg.norm(inward, axis=1, keepdims=True), 0.3)
    return (points - 0.7 * np.clip(depth, -5, 30)[:, None] * inward).astype(np.float32)


def _level_distance(
    noise: Noise, surface: Points, shape: tuple[int, int, int]
) -> NDArray[np.float32]:
    """Return the signed distance in mm to the noise's zero level, (I, J, K)."""
    value = noise(surface).reshape(shape)
    slopes = np.gradient(value, STEP)
    slope = np.sqrt(sum(s * s for s in slopes))
    # The slope vanishes on crests, far from the level: a floor keeps the ratio finite.
    return (value / np.hypot(slope, 0.25 * np.median(slope))).astype(np.float32)
