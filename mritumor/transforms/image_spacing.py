"""MONAI's Spacingd, which touches nothing but its keys."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from monai.transforms import Spacingd


class ImageSpacingd(Spacingd):
    """Resample to a spacing; arguments and inverse as for MONAI's Spacingd.

    MONAI 1.6 takes every entry whose name begins with ``image_`` for the metadata of
    ``image``. MONAI Label (0.8.5) keeps ``image_path`` in the item, a text, and the
    step fails. Here it sees its own keys alone.
    """

    def __call__(
        self, data: Mapping[Hashable, Any], lazy: bool | None = None
    ) -> dict[Hashable, Any]:
        """Return the item with its images (C, I, J, K) resampled."""
        own = {key: data[key] for key in self.keys if key in data}
        return {**data, **super().__call__(own, lazy=lazy)}
