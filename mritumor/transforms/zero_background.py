"""Give volumes that were normalised before the background zero again."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import torch
from monai.config import KeysCollection, NdarrayOrTensor
from monai.transforms import MapTransform, Transform
from monai.utils import TransformBackends


class ZeroBackground(Transform):
    """Set the constant background of each channel to 0.

    Skull-stripped volumes that somebody has z-scored carry a background such as -3.6,
    which foreground cropping and non-zero normalisation would take for brain. The
    background is the one value that fills most of the volume's outer faces exactly;
    where no value does, as in scans with noise or skull, nothing is changed.

    Args:
        share: of the face voxels, above which their commonest value is background.
    """

    backend = [TransformBackends.TORCH, TransformBackends.NUMPY]

    def __init__(self, share: float = 0.5) -> None:
        self.share = share

    def __call__(self, image: NdarrayOrTensor) -> NdarrayOrTensor:
        """Return the image (C, *spatial), or a copy with each background 0."""
        found = [self._background(channel) for channel in image]
        if not any(found):  # no background, or 0 already
            return image
        image = image.copy() if isinstance(image, np.ndarray) else image.clone()
        for index, value in enumerate(found):
            if value:
                image[index][image[index] == value] = 0
        return image

    def _background(self, channel: NdarrayOrTensor) -> float | None:
        plain = torch.as_tensor(channel).detach()
        faces = torch.cat(
            [
                plain.select(axis, end).flatten()
                for axis in range(plain.ndim)
                for end in (0, -1)
            ]
        )
        values, counts = torch.unique(faces, return_counts=True)
        commonest = int(counts.argmax())
        if int(counts[commonest]) <= self.share * faces.numel():
            return None
        return float(values[commonest])


class ZeroBackgroundd(MapTransform):
    """Dictionary version of `ZeroBackground`.

    Args:
        keys: of the images.
        share: as for `ZeroBackground`.
        allow_missing_keys: do not raise for keys that are absent.
    """

    def __init__(
        self, keys: KeysCollection, share: float = 0.5, allow_missing_keys: bool = False
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.transform = ZeroBackground(share)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return the data with each image's background 0."""
        result = dict(data)
        for key in self.key_iterator(result):
            result[key] = self.transform(result[key])
        return result
