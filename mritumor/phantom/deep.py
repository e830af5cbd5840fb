"""What lies inside the hemispheres: ventricles, deep grey nuclei, Sylvian fissure.

All shapes are given for the right side of template space and mirrored; sizes are
those of an adult, in mm.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mritumor.phantom.noise import Points, Values
from mritumor.phantom.shapes import blend, ellipsoid, tube

LATERAL = [
    (5.0, 31.0, 1.0, 1.5),
    (7.5, 24.0, 8.0, 5.0),
    (8.5, 8.0, 17.0, 5.5),
    (12.0, -14.0, 21.0, 5.0),
    (19.0, -32.0, 17.0, 6.5),
    (25.0, -42.0, 9.0, 6.5),
]
OCCIPITAL = [(25.0, -42.0, 9.0, 5.5), (26.0, -58.0, 8.0, 4.0), (22.0, -76.0, 6.0, 1.0)]
TEMPORAL = [
    (25.0, -42.0, 9.0, 5.5),
    (32.0, -32.0, -4.0, 3.2),
    (32.0, -12.0, -19.0, 2.0),
]
CAUDATE = [
    (12.0, 20.0, 3.0, 6.0),
    (14.5, 8.0, 13.0, 4.5),
    (18.0, -12.0, 21.0, 2.5),
    (24.0, -30.0, 18.0, 1.2),
]


def fold_sides(points: Points) -> Points:
    """Return points (N, 3) with the left side laid on the right one."""
    folded = points.copy()
    np.abs(folded[:, 0], out=folded[:, 0])
    return folded


def ventricles(points: Points, size: float) -> Values:
    """Return the depth (N,) in mm inside the ventricles.

    Args:
        points: (N, 3) mm in template space.
        size: 1 for a middle-aged adult, more with atrophy.
    """
    right = fold_sides(points)
    grow = 1.4 * (size - 1) * 4
    lateral = tube(right, LATERAL, flatten=1.25) + grow
    caudate = tube(right, CAUDATE)
    # The head of the caudate bulges into the frontal horn and hollows its side; the
    # septum keeps the two sides apart.
    lateral = np.minimum(np.minimum(lateral, -caudate + 0.5), right[:, 0] - 0.7)
    horns = np.maximum(tube(right, OCCIPITAL), tube(right, TEMPORAL)) + 0.7 * grow
    third = ellipsoid(right, (0, -11, 0), (1.6 + grow, 17, 11))
    fourth = ellipsoid(right, (0, -43, -34), (8, 5, 11))
    lateral = blend(lateral, horns, 3)
    return np.maximum(np.maximum(lateral, third), fourth)


def nuclei(points: Points) -> tuple[Values, Values]:
    """Return depths (N,) in mm inside (the deep grey nuclei, the pallidum).

    Args:
        points: (N, 3) mm in template space.
    """
    right = fold_sides(points)
    thalamus = _tilted(right, (11, -18, 8), (8, 15, 9.5), 25)
    putamen = _tilted(right, (26, 2, 1), (5.5, 17, 10), 12)
    caudate = tube(right, CAUDATE)
    hippocampus = tube(right, [(27, -8, -21, 5), (28, -22, -14, 4), (25, -35, -4, 2)])
    grey = np.maximum(np.maximum(thalamus, putamen), np.maximum(caudate, hippocampus))
    pallidum = _tilted(right, (19.5, -2, -1), (3.5, 9, 6.5), 25)
    return np.maximum(grey, pallidum), pallidum


def sylvian(points: Points, wander: Values) -> Values:
    """Return the distance (N,) in mm to the Sylvian fissure and the insula's cleft.

    Args:
        points: (N, 3) mm in template space.
        wander: (N,) mm that the sheets are moved by, so that they are not flat.
    """
    right = fold_sides(points)
    x, y, z = right.T
    above = (z + 5 + 0.42 * y) * 0.92 + 1.4 * wander
    x = x + wander
    beyond_y = np.maximum(np.abs(y + 10) - 28, 0)
    fissure = np.hypot(np.hypot(above, np.maximum(37 - x, 0)), beyond_y)
    cleft = np.hypot(
        np.hypot(x - 37.5 + 0.008 * (y + 4) ** 2, np.maximum(np.abs(above) - 12, 0)),
        np.maximum(np.abs(y + 3) - 22, 0),
    )
    return np.minimum(fissure, cleft)


def plexus(points: Points) -> Values:
    """Return the depth (N,) in mm inside the choroid plexus of the atria."""
    path = [(21, -33, 14, 1.2), (24, -39, 9, 2.0), (27, -37, 2, 0.8)]
    return tube(fold_sides(points), path)


def _tilted(
    right: Points, centre: Sequence[float], radii: Sequence[float], degrees: float
) -> Values:
    """Return the depth in an ellipsoid whose rear end leans outwards by an angle."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    turn = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]], np.float32)
    return ellipsoid(
        (right - np.asarray(centre, np.float32)) @ turn.T, (0, 0, 0), radii
    )
