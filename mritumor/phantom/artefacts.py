"""What the scanner adds: uneven coils and noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mritumor.phantom.grid import CENTRE, FIELD_OF_VIEW
from mritumor.phantom.noise import Points, Values


def bias_field(rng: np.random.Generator, points: Points, strength: float) -> Values:
    """Return a smooth factor for each point, as of an uneven receive coil.

    A cubic polynomial of position, the usual model (Van Leemput et al., IEEE Trans
    Med Imaging 1999;18:885-896).

    Args:
        rng: draws the 19 coefficients, the same number for any grid.
        points: (N, 3) mm.
        strength: the largest deviation from 1 in the head, 0..0.9.

    Returns:
        (N,) float32 factors within 1 - strength and 1 + strength.
    """
    coefficients = rng.normal(size=19).astype(np.float32)
    half = np.asarray(FIELD_OF_VIEW, np.float32) / 2
    corner = np.linspace(-1, 1, 7, dtype=np.float32)
    box = np.stack(np.meshgrid(corner, corner, corner), axis=-1).reshape(-1, 3)
    box = box[(box**2).sum(axis=1) < 0.9]
    peak = np.abs(_cubic(box, coefficients)).max()
    x = np.clip((points - np.asarray(CENTRE, np.float32)) / half, -1, 1)
    return (1 + strength * np.clip(_cubic(x, coefficients) / peak, -1, 1)).astype("f4")


def add_rician_noise(
    rng: np.random.Generator, image: NDArray[np.float32], sigma: float
) -> NDArray[np.float32]:
    """Return the magnitude of the image with noise in both receive channels.

    The distribution of magnitude images (Gudbjartsson and Patz, Magn Reson Med
    1995;34:910-914).

    Args:
        rng: where the noise comes from.
        image: any shape, at least 0.
        sigma: standard deviation in each channel, in the image's unit.
    """
    if sigma <= 0:
        return image
    real = image + sigma * rng.standard_normal(image.shape, dtype=np.float32)
    imaginary = sigma * rng.standard_normal(image.shape, dtype=np.float32)
    return np.hypot(real, imaginary)


def _cubic(x: Points, coefficients: NDArray[np.float32]) -> Values:
    """Return the polynomial without constant term at x (N, 3) in -1..1."""
    u, v, w = np.ascontiguousarray(x.T)
    weights = iter(coefficients)
    total: Values = np.zeros(len(x), np.float32)
    # Horner's scheme in u; what each power of u is multiplied by is worked out inside.
    for a in (3, 2, 1, 0):
        total *= u
        for b in range(4 - a):
            row: Values = np.zeros(len(x), np.float32)
            for c in range(3 - a - b, -1, -1):
                row *= w
                row += next(weights) if a + b + c else np.float32(0)
            total += row * v**b
    return total
