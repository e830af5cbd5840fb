"""One output of a joint network to a mask's logits and a class's."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import torch
from monai.config import KeysCollection
from monai.transforms import MapTransform
from monai.utils import TransformBackends


class SplitJointd(MapTransform):
    """Take mask and class apart, first of all postprocessing.

    A joint network gives one tensor, (R + K, *spatial): R maps of mask logits, then K
    class logits, each spread over the whole map, because every program that runs a
    network passes on one tensor.

    Args:
        keys: of the output; holds (R, *spatial) afterwards.
        regions: R.
        class_key: where the class logits (K,) go.
        allow_missing_keys: skip keys that an item does not have.
    """

    backend = [TransformBackends.TORCH]

    def __init__(
        self,
        keys: KeysCollection,
        regions: int = 1,
        class_key: str = "class_pred",
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.regions = regions
        self.class_key = class_key

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return the item with its output split."""
        item = dict(data)
        for key in self.key_iterator(item):
            output = item[key]
            # Deep supervision gives one output a level: the finest counts.
            output = output[0] if isinstance(output, (list, tuple)) else output
            classes = torch.as_tensor(output[self.regions :]).flatten(1).mean(1)
            item[key] = output[: self.regions]
            item[self.class_key] = classes
        return item
