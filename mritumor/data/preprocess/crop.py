"""A study cut to what matters; the carrier keeps the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mritumor.data.preprocess.carrier import Carrier
from mritumor.data.preprocess.grid import bounding_box
from mritumor.data.preprocess.match import foreground
from mritumor.data.preprocess.rough_brain import looks_stripped
from mritumor.data.preprocess.volume import Volume


def cropped(
    carrier: Carrier,
    volumes: Mapping[str, Volume],
    mask: NDArray[np.bool_] | None,
    margin: float,
) -> tuple[Carrier, dict[str, Volume], NDArray[np.bool_] | None]:
    """Cut a study's volumes to the brain, or to the head where nothing was stripped.

    Args:
        carrier: whose grid the volumes lie on.
        volumes: the sequences.
        mask: the brain, or None.
        margin: mm left around it.

    Returns:
        Carrier, volumes and mask on the smaller grid.
    """
    kept = mask if mask is not None else np.any([_seen(v) for v in volumes.values()], 0)
    width = [int(np.ceil(margin / step)) for step in carrier.grid.spacing]
    box = bounding_box(kept, width)
    part = tuple(slice(first, stop) for first, stop in box)
    grid = carrier.grid.cropped(box)
    cut = {n: Volume(v.array[part].copy(), grid.affine) for n, v in volumes.items()}
    return replace(carrier, grid=grid), cut, None if mask is None else mask[part].copy()


def _seen(volume: Volume) -> NDArray[np.bool_]:
    """Return brain where it was stripped, else the head."""
    stripped = looks_stripped(volume)
    return volume.array != 0 if stripped else foreground(volume)
