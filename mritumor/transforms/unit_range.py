"""Pictures of any number type to [0, 1]."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import torch
from monai.config import KeysCollection
from monai.transforms import MapTransform, ScaleIntensityRangePercentiles, Transform
from monai.utils import TransformBackends


class UnitRange(Transform):
    """Bring an image to [0, 1] as the networks for slices were trained.

    An 8-bit picture (0 to 255) is divided by 255: in the published sets a patient's
    slices share one scale, and stretching each by itself would lose it. An image within
    [0, 1] stays. Any other, such as a DICOM or NIfTI slice, is stretched, each channel
    by itself, from its darkest value to its percentile `upper`, and clipped.

    Args:
        upper: percentile, 0 to 100, that becomes 1.
    """

    backend = [TransformBackends.TORCH]

    def __init__(self, upper: float = 99.5) -> None:
        self.stretch = ScaleIntensityRangePercentiles(
            0, upper, 0.0, 1.0, clip=True, channel_wise=True
        )

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        """Return (C, *spatial) float32 in [0, 1] of an image in any range."""
        image = image.to(torch.float32)
        low, high = float(image.min()), float(image.max())
        if 0 <= low and high <= 1:
            return image
        if 0 <= low and high <= 255:
            return image / 255
        return self.stretch(image)


class UnitRanged(MapTransform):
    """Dictionary form of `UnitRange`.

    Args:
        keys: of the images.
        upper: as for `UnitRange`.
        allow_missing_keys: skip keys that an item does not have.
    """

    backend = UnitRange.backend

    def __init__(
        self,
        keys: KeysCollection,
        upper: float = 99.5,
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.scale = UnitRange(upper)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return the item with its images scaled."""
        item = dict(data)
        for key in self.key_iterator(item):
            item[key] = self.scale(item[key])
        return item
