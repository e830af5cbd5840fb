"""Everything outside the dura: skull, fat, skin, muscle, eyes.

For studies that have not been skull-stripped. Layers follow the dura; face and neck
are simple solids, enough for a skull-stripping tool to have something to remove.
"""

from __future__ import annotations

import numpy as np

from mritumor.phantom.noise import Points, Values
from mritumor.phantom.shapes import blend, ellipsoid, soft, tube
from mritumor.phantom.tissues import Fractions

BONE_FROM = 0.8
"""mm from the dura's surface to the skull; fluid and meninges lie between."""


def head_fractions(at: Points, dura: Values, width: float) -> Fractions:
    """Return what lies outside the dura.

    Args:
        at: (N, 3) mm in template space.
        dura: (N,) mm inside the dura, negative outside.
        width: mm over which one voxel averages.

    Returns:
        Fractions (N,) that sum to 1 everywhere.
    """
    face, eye, airway = _face(at)
    skull = dura + 6.5 - 1.5 * np.clip((at[:, 2] + 20) / 60, -1, 0.5)
    flesh = blend(skull + 6.5, face, 12)
    skin = soft(flesh, width)
    fat = soft(flesh - 2.0, width)
    muscle = soft(np.minimum(flesh - 5.0, -skull - 2.0), 2 * width)
    vault = soft(skull, width)
    table = soft(np.minimum(skull - 1.8, -dura - BONE_FROM - 1.5), width)
    meninges = soft(dura + BONE_FROM, width)
    parts: Fractions = {"air": 1 - skin, "muscle": skin - fat, "fat": fat - vault * fat}
    parts["muscle"] = parts["muscle"] + parts["fat"] * muscle
    parts["fat"] = parts["fat"] * (1 - muscle)
    bone = np.maximum(vault - meninges, 0)
    # The spongy middle of the skull holds fatty marrow.
    parts["fat"] = parts["fat"] + bone * table * 0.55
    parts["bone"] = bone * (1 - table * 0.55)
    parts["csf"] = np.minimum(meninges, vault)
    _put(parts, "csf", soft(eye, width) * (1 - vault))
    _put(parts, "air", soft(airway, width) * (1 - vault))
    total = np.sum(list(parts.values()), axis=0)
    return {name: part / total for name, part in parts.items()}


def _face(at: Points) -> tuple[Values, Values, Values]:
    """Return depths (N,) in mm inside (face and neck, the eyes, the airways)."""
    right = at.copy()
    np.abs(right[:, 0], out=right[:, 0])
    face = ellipsoid(right, (0, 30, -52), (58, 52, 52))
    neck = tube(right, [(0, -40, -45, 52), (0, -45, -110, 54)])
    eye = ellipsoid(right, (31, 52, -31), (12, 12, 12))
    sinus = ellipsoid(right, (20, 52, -58), (13, 14, 14))
    throat = tube(right, [(0, 45, -40, 7), (0, 20, -50, 9), (0, 5, -100, 8)])
    return blend(face, neck, 20), eye, np.maximum(sinus, throat)


def _put(parts: Fractions, name: str, share: Values) -> None:
    for other in parts:
        parts[other] = parts[other] * (1 - share)
    parts[name] = parts[name] + share
