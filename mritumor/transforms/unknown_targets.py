"""Items without an outline or a class can train what they have."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import torch
from monai.config import KeysCollection
from monai.transforms import MapTransform

from mritumor.errors import InputError

UNKNOWN_CLASS = -1
"""The class of an image that nobody has named."""


class UnknownTargetsd(MapTransform):
    """Mark the absent of mask and class as unknown, as `mritumor.losses` expect it.

    Stands last: an unknown mask is NaN throughout, which no resampling would keep.

    Args:
        keys: the mask's key, then the class's.
        image_key: whose spatial shape an unknown mask gets.
        regions: channels of the mask.
    """

    def __init__(
        self,
        keys: KeysCollection = ("label", "class"),
        image_key: str = "image",
        regions: int = 1,
    ) -> None:
        super().__init__(keys, allow_missing_keys=True)
        if len(self.keys) != 2:
            raise InputError(
                "two keys are needed",
                where="keys",
                got=self.keys,
                expected="mask, class",
            )
        self.image_key = image_key
        self.regions = regions

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return the item with mask (regions, *spatial) and class (a 0-d int64)."""
        item = dict(data)
        mask, kind = self.keys
        if item.get(mask) is None:
            shape = (self.regions, *item[self.image_key].shape[1:])
            item[mask] = torch.full(shape, torch.nan)
        known = item.get(kind)
        number = UNKNOWN_CLASS if known is None else int(known)
        item[kind] = torch.tensor(number, dtype=torch.int64)
        return item
