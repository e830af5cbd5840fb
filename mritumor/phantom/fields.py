"""Tumours as fields: how far from a tumour's seed any point is, in its own measure.

A tumour is three nested level sets: necrosis, enhancing rim and oedema. The fields
are functions of position, so every voxel grid cuts the same tumour; `growth` chooses
the levels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mritumor.phantom.hull import Hull
from mritumor.phantom.noise import Points, Values
from mritumor.phantom.shapes import soft
from mritumor.phantom.tissues import Fractions
from mritumor.phantom.tumour import Tumour


class Fields(NamedTuple):
    """Level-set fields, each (N,); smaller is nearer to the tumour's seed."""

    core: Values
    necrosis: Values
    oedema: Values


def tumour_fields(
    tumour: Tumour, points: Points, at: Points, found: Fractions, parts: Hull
) -> Fields:
    """Return the fields at points where the healthy anatomy is known.

    Args:
        tumour: the plan.
        points: (N, 3) RAS+ mm.
        at: the same points in template space, mass effect included.
        found: healthy fractions there.
        parts: the hull there.

    Returns:
        Fields; infinite where that part of the tumour may not grow.
    """
    core = tumour.core(points)
    thin = _rim_share(tumour.volumes)
    necrosis = core * np.exp(thin * np.clip(tumour.rim(points), -1, 1))
    if tumour.kind == "pituitary":
        return Fields(core, necrosis, np.full_like(core, np.inf))
    fluid = found["ventricle"] > 0.4
    margin = 1.5 if tumour.intra_axial else -1.0
    core = np.where(fluid | (parts.dura < margin), np.inf, core)
    necrosis = necrosis + 2 * np.maximum(6 - parts.dura, 0)
    return Fields(
        core.astype(np.float32),
        necrosis.astype(np.float32),
        _oedema(tumour, points, at, found, parts),
    )


def efface(tumour: Tumour, points: Points, found: Fractions) -> None:
    """Close the sulci that a tumour inside the brain has grown over, in place.

    Args:
        tumour: the plan.
        points: (N, 3) RAS+ mm.
        found: healthy fractions there; fluid of sulci becomes grey matter.
    """
    if not tumour.intra_axial:
        return
    closed = found["csf"] * soft(0.9 * tumour.radius - tumour.core(points), 5)
    found["csf"] = found["csf"] - closed
    found["gm"] = found["gm"] + closed


def _oedema(
    tumour: Tumour, points: Points, at: Points, found: Fractions, parts: Hull
) -> Values:
    """Return the oedema's field: it runs along white matter, halts at grey matter."""
    grey = found["gm"] + 0.6 * found["dgm"]
    side = np.sign(tumour.foci[0].centre[0])
    crossed = np.clip(-side * at[:, 0] / 10, 0, 1)
    elsewhere = (parts.cerebellum > parts.cerebrum) | (parts.stem > parts.cerebrum)
    infiltrating = 0.5 if tumour.kind == "low-grade" else 1.3
    # The way down to the temporal lobe leads around the Sylvian fissure.
    below = np.clip((-2 - at[:, 2]) / 10, 0, 1) * (tumour.foci[0].centre[2] > 4)
    cost = 1 + infiltrating * grey + 1.2 * crossed + 0.8 * below + 3 * elsewhere
    uneven = np.exp(0.22 * np.clip(tumour.spread(points), -2, 2))
    fluid = found["csf"] + found["ventricle"] + found["vessel"]
    field = tumour.core(points) * cost * uneven
    return np.where((fluid > 0.5) | (parts.dura < 1.0), np.inf, field).astype("f4")


def _rim_share(volumes: dict[str, float]) -> float:
    """Return how much the rim may vary so that necrosis never breaks through it."""
    necrosis, core = volumes["NCR"], volumes["NCR"] + volumes["ET"]
    if necrosis <= 0 or core <= necrosis:
        return 0.0
    return float(min(0.3, 0.5 * np.log((core / necrosis) ** (1 / 3))))
