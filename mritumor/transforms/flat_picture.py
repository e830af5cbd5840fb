"""A picture's label map as MONAI Label writes pictures: without a channel axis."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from monai.config import KeysCollection
from monai.transforms import MapTransform

# MONAI Label keeps its request in the item; no other program has this key.
ITS_MARK = "image_path"


class FlatPictured(MapTransform):
    """Drop the channel axis of (1, W, H), when MONAI Label asks; after SaveImaged.

    MONAI Label (0.8.5) drops the channel of volumes only, and writes (1, W, H) as a
    volume one voxel wide, of which a PNG keeps one line. Everybody else, MONAI Deploy
    among them, needs the channel.

    Args:
        keys: of the label maps.
        allow_missing_keys: skip keys that an item does not have.
    """

    def __init__(
        self, keys: KeysCollection = "pred", allow_missing_keys: bool = False
    ) -> None:
        super().__init__(keys, allow_missing_keys)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return the item; its maps are (W, H) if MONAI Label made it."""
        item = dict(data)
        if ITS_MARK not in item:
            return item
        for key in self.key_iterator(item):
            if item[key].ndim == 3 and item[key].shape[0] == 1:
                item[key] = item[key][0]
        return item
