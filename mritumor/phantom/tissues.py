"""The materials that a voxel can be made of, and a container for their fractions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

TISSUES = (
    "air",
    "csf",
    "ventricle",
    "gm",
    "wm",
    "dgm",
    "vessel",
    "ncr",
    "et",
    "ed",
    "bone",
    "fat",
    "muscle",
)
"""Names; ``ventricle`` is fluid like ``csf``, ``dgm`` deep grey matter."""

Fractions: TypeAlias = "dict[str, NDArray[np.float32]]"
"""Each tissue's part of every point, (N,) in 0..1; they sum to 1."""


def displace(fractions: Fractions, parts: Mapping[str, NDArray[np.float32]]) -> None:
    """Put new tissues in place of the old ones, which shrink alike.

    Args:
        fractions: changed in place; sums to 1 before and after.
        parts: (N,) fractions of the new tissues; their sum is at most 1.
    """
    room = 1 - np.sum(list(parts.values()), axis=0)
    for name in fractions:
        fractions[name] = fractions[name] * room
    for name, part in parts.items():
        fractions[name] = fractions.get(name, np.zeros_like(part)) + part


def as_array(fractions: Fractions) -> NDArray[np.float32]:
    """Return (len(TISSUES), N): absent tissues are zero."""
    count = len(next(iter(fractions.values())))
    zero: NDArray[np.float32] = np.zeros(count, np.float32)
    return np.stack([fractions.get(name, zero) for name in TISSUES])
