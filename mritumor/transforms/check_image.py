"""Stop early, and name the file, when an image cannot be used."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from monai.config import KeysCollection, NdarrayOrTensor
from monai.transforms import MapTransform, Transform
from monai.utils import TransformBackends

from mritumor.errors import InputError
from mritumor.transforms.source import source_of


class CheckImage(Transform):
    """Pass an image through unchanged, or say in one sentence what is wrong with it.

    Stands right after the channels have come first. A network would otherwise answer
    with a shape mismatch deep in a convolution, or learn from NaN.

    Args:
        channels: number of channels wanted.
        channel_names: what they are, in order, for the sentence.
        finite: refuse NaN and infinity.
        min_size: fewest voxels along each spatial axis: one number, or one per axis.
    """

    backend = [TransformBackends.TORCH, TransformBackends.NUMPY]

    def __init__(
        self,
        channels: int = 4,
        channel_names: Sequence[str] = (),
        finite: bool = True,
        min_size: int | Sequence[int] = 1,
    ) -> None:
        self.channels = channels
        self.channel_names = tuple(channel_names)
        self.finite = finite
        self.min_size = min_size

    def __call__(self, image: NdarrayOrTensor) -> NdarrayOrTensor:
        """Check an image (C, *spatial), any number type.

        Returns:
            The same object.

        Raises:
            InputError: wrong number of channels, too few voxels, NaN or infinity, or
                one value throughout. Names the file where a MetaTensor knows it.
        """
        where = source_of(image)
        self._check_shape(tuple(image.shape), where)
        finite = np.isfinite if isinstance(image, np.ndarray) else torch.isfinite
        sound = finite(image)
        if self.finite and not bool(sound.all()):
            raise InputError(
                "the image holds NaN or infinity",
                where=where,
                got=f"{int((~sound).sum())} such voxel(s) in {self._spoilt(sound)}",
                expected="numbers throughout",
                remedy="export the image again, or replace these voxels",
            )
        first = image.reshape(-1)[0]
        if bool((image == first).all()):
            raise InputError(
                "the image holds one value throughout",
                where=where,
                got=float(first),
                expected="an image that varies",
                remedy="check that the right file was exported",
            )
        return image

    def _spoilt(self, sound: NdarrayOrTensor) -> str:
        """Name the channels that hold a voxel which is not sound."""
        spoilt = [i for i in range(sound.shape[0]) if not bool(sound[i].all())]
        known = len(self.channel_names) == sound.shape[0]
        return ", ".join(
            self.channel_names[i] if known else f"channel {i}" for i in spoilt
        )

    def _check_shape(self, shape: tuple[int, ...], where: str | None) -> None:
        found = shape[0] if shape else 0
        if found != self.channels:
            wanted = f" ({', '.join(self.channel_names)})" if self.channel_names else ""
            order = " in that order" if self.channel_names else ""
            raise InputError(
                "the image does not have the channels that the bundle needs",
                where=where,
                got=f"{found} channel(s), shape {shape}",
                expected=f"{self.channels}{wanted}",
                remedy=f"give one 4-D file or one file per sequence{order}",
            )
        axes = len(shape) - 1
        least = (
            [self.min_size] * axes if isinstance(self.min_size, int) else self.min_size
        )
        if axes != len(least) or any(n < m for n, m in zip(shape[1:], least)):
            raise InputError(
                "the image is too small",
                where=where,
                got=f"size {shape[1:]}",
                expected=f"{' x '.join(map(str, least))} voxels or more",
                remedy="check that the whole volume was exported, or pad it",
            )


class CheckImaged(MapTransform):
    """Dictionary form of `CheckImage`.

    Args:
        keys: entries to check.
        channels: as in `CheckImage`.
        channel_names: as in `CheckImage`.
        finite: as in `CheckImage`.
        min_size: as in `CheckImage`.
        allow_missing_keys: skip keys that an item does not have.
    """

    backend = CheckImage.backend

    def __init__(
        self,
        keys: KeysCollection,
        channels: int = 4,
        channel_names: Sequence[str] = (),
        finite: bool = True,
        min_size: int | Sequence[int] = 1,
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.check = CheckImage(channels, channel_names, finite, min_size)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return the item unchanged when its entries pass."""
        item = dict(data)
        for key in self.key_iterator(item):
            item[key] = self.check(item[key])
        return item
