"""Where an array came from: for errors, and to be handed on."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from monai.data import MetaTensor
from monai.utils import ImageMetaKey


def source_of(image: object) -> str | None:
    """Return the file that a ``MetaTensor`` was loaded from, or None if unknown."""
    if not isinstance(image, MetaTensor):
        return None
    name = image.meta.get(ImageMetaKey.FILENAME_OR_OBJ)
    if isinstance(name, Sequence) and not isinstance(name, str):
        name = name[0] if name else None
    return str(name) if name else None


def with_history(out: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    """Give ``out`` the affine, metadata and applied operations of ``source``.

    Args:
        out: plain tensor, on the same voxel grid as ``source``.
        source: what ``out`` was made from; a plain tensor has nothing to give.

    Returns:
        A MetaTensor if ``source`` is one, else ``out``.
    """
    if not isinstance(source, MetaTensor):
        return out
    history = ["_meta", "_applied_operations"]
    return MetaTensor(out).copy_meta_from(source, keys=history)
