"""Where a registration begins: several poses tried on coarse copies."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import SimpleITK as sitk

from mritumor.data.preprocess.pyramid import centre_of_mass, coarse
from mritumor.data.preprocess.search import Pair, descend, pair_at, polish
from mritumor.data.preprocess.volume import Volume
from mritumor.errors import InputError

COARSE, CENTRING = 8.0, 4.0  # mm, edges of the voxels looked at
TILT = float(np.deg2rad(15))  # between starts; descent bridges some 15° either side


def best_start(fixed: Volume, moving: Volume, name: str) -> sitk.Transform:
    """Return a rigid transform a few mm from the best, found on coarse copies.

    Args:
        fixed: (I, J, K).
        moving: likewise.
        name: of the moving volume, for the error.

    Raises:
        InputError: the volumes overlap from no start.
    """
    pair = pair_at(fixed, moving, COARSE)
    tried = [found for start in _starts(fixed, moving) for found in _try(pair, start)]
    if not tried:
        raise InputError(
            "the registration found no start at which the volumes overlap",
            where=name,
            remedy="check that both show the same head, or leave registration out",
        )
    best = min(tried, key=lambda found: found[0])[1]
    return polish(pair, best, 2.0)[1]


def _try(pair: Pair, start: sitk.Transform) -> list[tuple[float, sitk.Transform]]:
    """Return what a start leads to; nothing where the images drift apart."""
    try:
        return [descend(pair, start)]
    except RuntimeError:
        return []


def _starts(fixed: Volume, moving: Volume) -> Iterator[sitk.Euler3DTransform]:
    centre = centre_of_mass(coarse(fixed, CENTRING))
    shift = centre_of_mass(coarse(moving, CENTRING)) - centre
    tilts = np.concatenate([np.zeros((1, 3)), TILT * np.eye(3), -TILT * np.eye(3)])
    lps = np.array([-1.0, -1.0, 1.0])
    for angles, move in [(np.zeros(3), np.zeros(3)), *((t, shift) for t in tilts)]:
        start = sitk.Euler3DTransform()
        start.SetCenter((centre * lps).tolist())
        start.SetRotation(*angles.tolist())
        start.SetTranslation((move * lps).tolist())
        yield start


def as_affine_transform(rigid: sitk.Euler3DTransform) -> sitk.AffineTransform:
    """Return a rigid transform in a form whose scales and shears can be improved."""
    affine = sitk.AffineTransform(3)
    affine.SetCenter(rigid.GetCenter())
    affine.SetMatrix(rigid.GetMatrix())
    affine.SetTranslation(rigid.GetTranslation())
    return affine
