"""A class has no place in space: say so to programs that would restore it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from monai.config import KeysCollection
from monai.transforms import MapTransform


class ForgetShaped(MapTransform):
    """Remove ``spatial_shape`` from the metadata of images; last of postprocessing.

    MONAI Label (0.8.5) resizes each result to its image's ``spatial_shape``, also the
    probabilities of a classification, and fails. Without the entry it leaves them.

    Args:
        keys: of the images (MetaTensor).
        allow_missing_keys: skip keys that an item does not have.
    """

    def __init__(
        self, keys: KeysCollection = "image", allow_missing_keys: bool = True
    ) -> None:
        super().__init__(keys, allow_missing_keys)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return the item; its images' metadata no longer tell their shape."""
        item = dict(data)
        for key in self.key_iterator(item):
            getattr(item[key], "meta", {}).pop("spatial_shape", None)
        return item
