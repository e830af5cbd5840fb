"""Grey pictures saved in colour, and the reverse."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import torch
from monai.config import KeysCollection
from monai.data import MetaTensor
from monai.transforms import MapTransform, Transform
from monai.utils import TransformBackends

# ITU-R BT.601, as picture libraries turn colour to grey.
_GREY = (0.299, 0.587, 0.114)


class MatchChannels(Transform):
    """Bring a picture to one channel or to three.

    Scans are grey, yet many are saved with three equal channels or an opacity channel.

    - Opacity is dropped: the second channel of two, the fourth of four.
    - Three channels become one by luminance, which leaves equal channels as they are.
    - One channel becomes three copies only when `copy` allows it: three channels that
      are three sequences cannot be made from one.

    What does not fit is passed on unchanged, for `CheckImage` to name.

    Args:
        channels: wanted, 1 or 3.
        copy: whether one channel may be repeated.
    """

    backend = [TransformBackends.TORCH]

    def __init__(self, channels: int, copy: bool = False) -> None:
        self.channels = channels
        self.copy = copy

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        """Return (channels, *spatial) of a picture (C, *spatial), any range."""
        found = image.shape[0]
        if found in (2, 4) and found != self.channels:
            image = image[: found - 1]
        if self.channels == 1 and image.shape[0] == 3:
            return _grey(image)
        if self.channels == 3 and image.shape[0] == 1 and self.copy:
            return torch.cat([image] * 3)
        return image


class MatchChannelsd(MapTransform):
    """Dictionary form of `MatchChannels`.

    Args:
        keys: of the pictures.
        channels: as for `MatchChannels`.
        copy: as for `MatchChannels`.
        allow_missing_keys: skip keys that an item does not have.
    """

    backend = MatchChannels.backend

    def __init__(
        self,
        keys: KeysCollection,
        channels: int,
        copy: bool = False,
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.match = MatchChannels(channels, copy)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return the item with its pictures matched."""
        item = dict(data)
        for key in self.key_iterator(item):
            item[key] = self.match(torch.as_tensor(item[key]))
        return item


def _grey(image: torch.Tensor) -> torch.Tensor:
    first = image[:1]
    if bool((image == first).all()):
        return first
    weights = torch.tensor(_GREY, dtype=torch.float32, device=image.device)
    grey = torch.tensordot(weights, torch.as_tensor(image).float(), dims=1)[None]
    if isinstance(image, MetaTensor):
        return MetaTensor(
            grey.as_tensor() if isinstance(grey, MetaTensor) else grey,
            meta=image.meta,
            applied_operations=image.applied_operations,
        )
    return grey
