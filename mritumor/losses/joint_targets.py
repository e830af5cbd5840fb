"""Which images of a batch have a mask, and which a class."""

from __future__ import annotations

from typing import Any

import torch

from mritumor.errors import InputError
from mritumor.transforms.unknown_targets import UNKNOWN_CLASS


def known_masks(label: torch.Tensor) -> torch.Tensor:
    """Return (B,) which masks are given.

    Args:
        label: (B, C, *spatial); all voxels NaN: an unknown mask.

    Raises:
        InputError: a mask with some NaN: neither known nor unknown.
    """
    if not label.is_floating_point():
        return torch.ones(len(label), dtype=torch.bool, device=label.device)
    missing = label.isnan().flatten(1)
    if bool((missing.any(1) != missing.all(1)).any()):
        raise InputError(
            "a mask has some NaN voxels",
            where="target['label']",
            expected="numbers, or NaN in all voxels for an unknown mask",
        )
    return ~missing.any(1)


def known_classes(classes: torch.Tensor, num_classes: int) -> torch.Tensor:
    """Return (B,) which classes are given.

    Args:
        classes: (B,) whole numbers; `UNKNOWN_CLASS`: unknown.
        num_classes: of the network.

    Raises:
        InputError: a class that the network does not have.
    """
    if classes.min() < UNKNOWN_CLASS or classes.max() >= num_classes:
        raise InputError(
            "a class that the network does not have",
            where="target['class']",
            got=sorted(set(classes.tolist())),
            expected=f"{UNKNOWN_CLASS} (unknown) or 0 to {num_classes - 1}",
        )
    return classes != UNKNOWN_CLASS


def plain(x: Any) -> torch.Tensor:
    """Return a tensor without metadata, which does not follow a selection of images."""
    return torch.as_tensor(x).as_subclass(torch.Tensor)
