"""From a tumour's fields to a label map of exact volume, and to tissue fractions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mritumor.errors import InputError
from mritumor.phantom.fields import Fields
from mritumor.phantom.noise import Values
from mritumor.phantom.shapes import soft
from mritumor.phantom.tissues import Fractions, displace
from mritumor.types import LabelMap

LABELS = {1: "NCR", 2: "ED", 3: "ET"}
"""The label values, BraTS convention since 2023."""

UNREACHED = np.float32(-1e9)


@dataclass(frozen=True)
class Levels:
    """Where the fields are cut; a part of volume 0 has the level `UNREACHED`."""

    core: float
    necrosis: float
    oedema: float


def grow(
    fields: Fields,
    inside: NDArray[np.bool_],
    shape: tuple[int, int, int],
    voxel: float,
    volumes: dict[str, float],
) -> tuple[LabelMap, Levels]:
    """Choose the voxels of each label so that its volume is met to half a voxel.

    Args:
        fields: at the voxels of `inside`.
        inside: (I·J·K,) the voxels that the fields belong to.
        shape: (I, J, K).
        voxel: mm³.
        volumes: target mm³ of ``NCR``, ``ET``, ``ED``.

    Returns:
        The label map and the levels that make the same tumour on any other grid.

    Raises:
        InputError: the brain has no room for the volumes.
    """
    counts = {name: int(round(v / voxel)) for name, v in volumes.items()}
    label = np.zeros(inside.size, np.uint8)
    where = np.flatnonzero(inside)
    core, core_level = _lowest(fields.core, counts["NCR"] + counts["ET"])
    label[where[core]] = 3
    necrosis = _inner(label.reshape(shape) == 3, counts["NCR"])[where[core]]
    dead, dead_level = _lowest(
        np.where(necrosis, fields.necrosis[core], np.inf), counts["NCR"]
    )
    label[where[core[dead]]] = 1
    free = fields.oedema.copy()
    free[core] = np.inf
    swollen, swollen_level = _lowest(free, counts["ED"])
    label[where[swollen]] = 2
    return label.reshape(shape), Levels(core_level, dead_level, swollen_level)


def infiltrate(
    found: Fractions, fields: Fields, levels: Levels, sharp: bool = False
) -> None:
    """Put the tumour into healthy fractions (N,), in place.

    Args:
        found: healthy fractions.
        fields: of the tumour at the same points.
        levels: from `grow`.
        sharp: the outline is a capsule (a tumour outside the brain), not a fringe.
    """
    core = _part(fields.core, levels.core, 1.2 if sharp else 2.0)
    necrosis = _part(fields.necrosis, levels.necrosis, 2.0)
    water = _part(fields.oedema, levels.oedema, 5.0)
    for name in ("gm", "wm", "dgm"):
        # Swollen tissue is still tissue: the fringe keeps a part of it.
        taken = found[name] * water * (0.85 if name == "wm" else 0.6)
        found[name] = found[name] - taken
        found["ed"] = found.get("ed", 0) + taken
    displace(found, {"ncr": core * necrosis, "et": core * (1 - necrosis)})


def _part(field: Values, level: float, edge: float) -> Values:
    if level <= UNREACHED:
        return np.zeros_like(field)
    return soft(np.nan_to_num(np.float32(level) - field, neginf=-1e9), edge)


def _lowest(field: Values, count: int) -> tuple[NDArray[np.intp], float]:
    """Return the indices of the `count` lowest values, and the level above them."""
    if count <= 0:
        return np.zeros(0, np.intp), float(UNREACHED)
    room = int(np.isfinite(field).sum())
    if count > room:
        raise InputError(
            "the tumour does not fit into the brain",
            got=f"{count} voxels for one part of it",
            expected=f"at most {room}",
            remedy="ask for smaller volumes",
        )
    order = np.argsort(field, kind="stable")[:count]
    return order, float(field[order[-1]])


def _inner(core: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """Return the core without its outermost voxels, if `count` still fit; flat."""
    eroded = ndimage.binary_erosion(core)
    return (eroded if eroded.sum() >= count else core).ravel()
