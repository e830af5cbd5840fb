"""The overlapping regions that networks predict, back to exclusive labels."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from monai.config import KeysCollection, NdarrayOrTensor
from monai.data import MetaTensor
from monai.transforms import MapTransform, Transform
from monai.utils import TransformBackends

from mritumor.errors import InputError
from mritumor.transforms.source import source_of, with_history


class RegionsToLabels(Transform):
    """Paint regions over each other, first to last, into one label map.

    For nested regions this undoes `LabelsToRegions`: ``labels=[2, 1, 3]`` belongs to
    ``regions=[[1, 2, 3], [1, 3], [3]]``. A later region wins even where an earlier one
    is absent, so a voxel of enhancing tumour outside the predicted core is kept.

    Args:
        labels: value that each region is painted with, 1 to 255.
        threshold: a voxel belongs to a region where its value is greater than this
            (0.5 for probabilities and 0/1 channels, 0 for logits).

    Raises:
        InputError: no labels, or values outside 1 to 255.

    Example:
        >>> RegionsToLabels([1, 2])(np.array([[0.1, 0.9, 0.8], [0.0, 0.2, 0.7]]))
        array([[0, 1, 2]], dtype=uint8)
    """

    backend = [TransformBackends.TORCH, TransformBackends.NUMPY]

    def __init__(self, labels: Sequence[int], threshold: float = 0.5) -> None:
        self.labels = [int(value) for value in labels]
        self.threshold = threshold
        if not self.labels or not all(0 < value < 256 for value in self.labels):
            raise InputError(
                "each region needs one label value",
                where="labels",
                got=labels,
                expected="whole numbers from 1 to 255",
            )

    def __call__(self, regions: NdarrayOrTensor) -> NdarrayOrTensor:
        """Convert one prediction.

        Args:
            regions: (R, *spatial), probabilities, logits or 0/1.

        Returns:
            (1, *spatial) uint8, values 0 and ``labels``, of the kind that was given.

        Raises:
            InputError: another number of channels than there are labels.
        """
        if regions.ndim < 2 or regions.shape[0] != len(self.labels):
            raise InputError(
                "one channel per region is needed",
                where=source_of(regions),
                got=f"shape {tuple(regions.shape)}",
                expected=f"({len(self.labels)}, …)",
            )
        if isinstance(regions, torch.Tensor):
            return self._paint_tensor(regions)
        out = np.zeros((1, *regions.shape[1:]), dtype=np.uint8)
        for region, value in zip(regions, self.labels, strict=True):
            out[0][region > self.threshold] = value
        return out

    def _paint_tensor(self, regions: torch.Tensor) -> torch.Tensor:
        plain = regions.as_tensor() if isinstance(regions, MetaTensor) else regions
        shape = (1, *plain.shape[1:])
        out = torch.zeros(shape, dtype=torch.uint8, device=plain.device)
        for region, value in zip(plain, self.labels, strict=True):
            out[0].masked_fill_(region > self.threshold, value)
        return with_history(out, regions)


class RegionsToLabelsd(MapTransform):
    """Dictionary form of `RegionsToLabels`.

    Args:
        keys: entries to convert.
        labels: as in `RegionsToLabels`.
        threshold: as in `RegionsToLabels`.
        allow_missing_keys: skip keys that an item does not have.
    """

    backend = RegionsToLabels.backend

    def __init__(
        self,
        keys: KeysCollection,
        labels: Sequence[int],
        threshold: float = 0.5,
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.convert = RegionsToLabels(labels, threshold)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return a copy of the item with the entries converted."""
        item = dict(data)
        for key in self.key_iterator(item):
            item[key] = self.convert(item[key])
        return item
