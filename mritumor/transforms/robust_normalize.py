"""Clip the extremes and normalise what is not background, channel by channel."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from monai.config import KeysCollection, NdarrayOrTensor
from monai.transforms import MapTransform, Transform
from monai.utils import TransformBackends, convert_to_dst_type, convert_to_numpy

from mritumor.data.preprocess.normalisation import normalise
from mritumor.transforms.source import source_of


class RobustNormalize(Transform):
    """Bring each channel to one scale; see `normalise`. What is 0 stays 0.

    A channel that is 0 throughout, as of a sequence that was not acquired, stays so.

    Args:
        method: ``"zscore"`` or ``"percentile"``.
        lower: percentile of the values that are not 0, below which they are clipped.
        upper: likewise above.

    Raises:
        InputError: all values of a channel but 0 are equal.
    """

    backend = [TransformBackends.NUMPY]

    def __init__(
        self, method: str = "zscore", lower: float = 0.5, upper: float = 99.5
    ) -> None:
        self.method = method
        self.percentiles = (lower, upper)

    def __call__(self, image: NdarrayOrTensor) -> NdarrayOrTensor:
        """Return the image (C, *spatial) as float32, its metadata kept."""
        where = source_of(image)
        channels = [
            self._one(np.asarray(channel, np.float32), where)
            for channel in convert_to_numpy(image)
        ]
        return convert_to_dst_type(np.stack(channels), image, dtype=np.float32)[0]

    def _one(self, channel: np.ndarray, where: object) -> np.ndarray:
        if not channel.any():
            return channel
        return normalise(
            channel, self.method, percentiles=self.percentiles, name=where
        )[0]


class RobustNormalized(MapTransform):
    """Dictionary version of `RobustNormalize`.

    Args:
        keys: of the images.
        method: as for `RobustNormalize`.
        lower: as for `RobustNormalize`.
        upper: as for `RobustNormalize`.
        allow_missing_keys: do not raise for keys that are absent.
    """

    def __init__(
        self,
        keys: KeysCollection,
        method: str = "zscore",
        lower: float = 0.5,
        upper: float = 99.5,
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.transform = RobustNormalize(method, lower, upper)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return the data with each image normalised."""
        result = dict(data)
        for key in self.key_iterator(result):
            result[key] = self.transform(result[key])
        return result
