"""The outer shape of the brain's parts, in template space.

Template space is RAS+ mm with the anterior commissure near the origin, sized like an
average adult brain (about 135 mm wide, 175 mm long). Left and right are mirrored; a
case's own asymmetry comes from the warp that leads into template space.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mritumor.phantom.noise import Points, Values
from mritumor.phantom.shapes import blend, ellipsoid, trim, tube

DURA_GAP = 0.7
"""mm of fluid between the brain's convexity and the dura."""


class Hull(NamedTuple):
    """Depths in mm, each (N,)."""

    cerebrum: Values
    cerebellum: Values
    stem: Values
    dura: Values


def hull(points: Points) -> Hull:
    """Return the depths inside the brain's parts and inside the dura.

    Args:
        points: (N, 3) mm in template space.
    """
    mirrored = np.abs(points * np.array([1, 0, 0], np.float32))
    folded = points * np.array([0, 1, 1], np.float32) + mirrored
    cerebrum = _cerebrum(folded)
    cerebellum = _cerebellum(folded)
    stem = _stem(points)
    whole = blend(blend(cerebrum, cerebellum, 12), stem, 10)
    return Hull(cerebrum, cerebellum, stem, whole + DURA_GAP)


def midline(points: Points) -> tuple[Values, Values]:
    """Return where points lie towards the fissure between the hemispheres.

    The fissure is the plane x = 0 outside the corpus callosum's outline, an ellipse
    in that plane.

    Returns:
        mm to the fissure, and mm outside the outline (negative inside), each (N,).
    """
    y = (points[:, 1] + 6) / 39
    z = (points[:, 2] - 1) / 27
    outside = (np.sqrt(y * y + z * z) - 1) * 30
    return np.hypot(points[:, 0], np.minimum(outside, 0)), outside


def _cerebrum(folded: Points) -> Values:
    # An egg: narrower in front, widest over the parietal lobes.
    egg = folded.copy()
    egg[:, 0] *= 1 + 0.07 * np.clip((folded[:, 1] + 25) / 85, -0.2, 1.2)
    dome = ellipsoid(egg, (0, -17, 10), (66, 86, 65), power=2.2)
    floor = folded[:, 2] + 20 + 0.02 * folded[:, 1]
    dome = trim(dome, floor, 12)
    temporal = ellipsoid(folded, (42, -14, -20), (21, 42, 22))
    return blend(dome, temporal, 9)


def _cerebellum(folded: Points) -> Values:
    lobe = ellipsoid(folded, (23, -66, -35), (29, 30, 23))
    vermis = ellipsoid(folded, (0, -62, -31), (13, 26, 21))
    return blend(lobe, vermis, 8)


def _stem(points: Points) -> Values:
    midbrain = tube(points, [(0, -18, 0, 17), (0, -25, -24, 14)])
    pons = ellipsoid(points, (0, -25, -36), (18, 14, 15))
    medulla = tube(points, [(0, -31, -46, 10), (0, -44, -95, 8)])
    return blend(blend(midbrain, pons, 6), medulla, 6)
