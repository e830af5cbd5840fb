"""Smooth random fields that can be asked at any point in space.

A field is a periodic tile of filtered white noise. It is a function of position in
mm, so every voxel grid that samples it sees the same field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

Points: TypeAlias = "NDArray[np.float32]"
"""(N, 3) positions in mm."""

Values: TypeAlias = "NDArray[np.float32]"
"""(N,), one number per point."""


@dataclass(frozen=True)
class Noise:
    """A random function of position with mean 0 and standard deviation 1.

    Args:
        tile: (n, n, n) float32 samples of one period.
        step: distance between samples in mm.
        offset: (3,) mm, where the tile starts.
    """

    tile: NDArray[np.float32]
    step: float
    offset: NDArray[np.float32]

    def __call__(self, points: Points) -> Values:
        """Return the field at points (N, 3) in mm as (N,) float32."""
        index = ((points - self.offset) / self.step).T
        return ndimage.map_coordinates(self.tile, index, order=1, mode="grid-wrap")


def band_noise(
    rng: np.random.Generator, wavelength: float, width: float = 0.25, size: int = 48
) -> Noise:
    """Make noise of one wavelength: its level lines wind like a labyrinth.

    Args:
        rng: where the randomness comes from.
        wavelength: mm between one crest and the next.
        width: standard deviation of the pass band, relative to its centre.
        size: samples per edge of the tile; its period is ``size / 8`` wavelengths.

    Returns:
        The field.
    """
    step = wavelength / 8
    frequency = _radial_frequency(size, step) * wavelength
    return _filtered(rng, np.exp(-0.5 * ((frequency - 1) / width) ** 2), step)


def smooth_noise(
    rng: np.random.Generator, wavelength: float, size: int = 64, fineness: int = 16
) -> Noise:
    """Make noise without structure below a wavelength: blobs and slow drifts.

    Args:
        rng: where the randomness comes from.
        wavelength: mm; shorter waves are suppressed.
        size: samples per edge of the tile.
        fineness: samples per wavelength; fewer make level lines angular.

    Returns:
        The field; its period is ``size / fineness`` wavelengths.
    """
    step = wavelength / fineness
    frequency = _radial_frequency(size, step) * wavelength
    return _filtered(rng, np.exp(-0.5 * (frequency / 0.6) ** 2), step)


def _radial_frequency(size: int, step: float) -> NDArray[np.float64]:
    """Return |f| in 1/mm on the half spectrum (size, size, size // 2 + 1)."""
    full = np.fft.fftfreq(size, step)
    half = np.fft.rfftfreq(size, step)
    squares = full[:, None, None] ** 2 + full[None, :, None] ** 2 + half**2
    return np.sqrt(squares)


def _filtered(
    rng: np.random.Generator, response: NDArray[np.float64], step: float
) -> Noise:
    size = response.shape[0]
    white = rng.standard_normal((size, size, size), dtype=np.float32)
    response = response.copy()
    response[0, 0, 0] = 0
    tile = fft.irfftn(fft.rfftn(white) * response, s=white.shape, workers=1)
    offset = rng.uniform(0, size * step, 3).astype(np.float32)
    return Noise((tile / tile.std()).astype(np.float32), step, offset)
