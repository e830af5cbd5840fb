"""From tissue to images: signals, texture, coil and noise on a voxel grid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mritumor.phantom import artefacts
from mritumor.phantom.contrast import MODALITIES, Scanner, signals
from mritumor.phantom.grid import Grid
from mritumor.phantom.growth import Levels
from mritumor.phantom.noise import Values
from mritumor.phantom.options import StudyOptions
from mritumor.phantom.patient import Bare, Patient, stream
from mritumor.phantom.tissues import TISSUES, Fractions

CENTRAL = (0.0, 0.0, 0.0)
"""The middle of a voxel."""


def render(
    patient: Patient,
    scanner: Scanner,
    grids: Mapping[str, Grid],
    levels: Levels | None,
    known: tuple[Grid, Bare] | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Return noise-free images.

    Args:
        patient: who is scanned.
        scanner: by what.
        grids: of each sequence; sequences on one grid object share its anatomy.
        levels: where the tumour's fields are cut.
        known: a grid whose healthy tissue has been computed already.

    Returns:
        (I, J, K) float32 per sequence.
    """
    made: dict[str, NDArray[np.float32]] = {}
    for grid in {id(g): g for g in grids.values()}.values():
        names = [name for name, other in grids.items() if other is grid]
        tables = [signals(scanner, name) for name in names]
        offsets = list(grid.offsets())
        total: NDArray[np.float32] = np.zeros((len(names), *grid.shape), np.float32)
        for offset in offsets:
            if known is not None and grid is known[0] and offset == CENTRAL:
                bare = known[1]
            else:
                bare = patient.bare(grid, offset)
            found = patient.tissue(bare, levels)
            grain = _texture(patient, bare, found)
            for row, table in zip(total, tables):
                row += volume(_mix(table, found) * grain, bare, grid)
        made.update(zip(names, total / len(offsets)))
    return made


def _mix(table: NDArray[np.float32], found: Fractions) -> Values:
    """Return the signal (N,) of fractions; added in one order, so to the last bit."""
    signal: Values = np.zeros(len(found["wm"]), np.float32)
    for value, name in zip(table, TISSUES):
        if name in found and value != 0:
            signal += value * found[name]
    return signal


def _texture(patient: Patient, bare: Bare, found: Fractions) -> Values:
    """Return a factor (N,) near 1: tissue is never quite even, tumours even less."""
    grain = np.clip(patient.texture(bare.points), -2.5, 2.5)
    strength = np.full_like(grain, 0.02)
    for name, more in (("et", 0.05), ("ncr", 0.05), ("ed", 0.02)):
        if name in found:
            strength += more * found[name]
    return 1 + strength * grain


def scan(
    clean: NDArray[np.float32],
    name: str,
    grid: Grid,
    scanner: Scanner,
    options: StudyOptions,
    identity: tuple[int, int],
) -> NDArray[np.float32]:
    """Add the coil's unevenness and the receiver's noise to a noise-free image.

    Args:
        clean: (I, J, K) from `render`.
        name: of the sequence.
        grid: of the image.
        scanner: the same as in `render`.
        options: noise, bias and skull are used.
        identity: (seed, case).

    Returns:
        (I, J, K) float32 in 0..4095; without skull 0 outside the dura.
    """
    rng = stream(*identity, 10 + MODALITIES.index(name))
    strength = options.bias * rng.uniform(0.5, 1)
    seen = np.ones(clean.size, bool) if options.skull else clean.ravel() > 0
    factor = np.ones(clean.size, np.float32)
    factor[seen] = artefacts.bias_field(rng, grid.points()[seen], strength)
    normal = [TISSUES.index(t) for t in ("csf", "gm", "wm")]
    level = options.noise * rng.uniform(0.75, 1.25)
    sigma = float(level * signals(scanner, name)[normal].max())
    image = artefacts.add_rician_noise(rng, clean * factor.reshape(clean.shape), sigma)
    if not options.skull:
        image = np.where(clean > 0, image, np.float32(0))
    return np.clip(image, 0, 4095)


def volume(
    values: NDArray[np.float32], bare: Bare, grid: Grid, outside: float = 0.0
) -> NDArray[np.float32]:
    """Put values (N,) of the head's points back into (I, J, K)."""
    filled = np.full(bare.inside.size, outside, np.float32)
    filled[bare.inside] = values
    return filled.reshape(grid.shape)
