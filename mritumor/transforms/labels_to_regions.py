"""Exclusive labels to the overlapping regions that networks predict."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from monai.config import KeysCollection, NdarrayOrTensor
from monai.data import MetaTensor
from monai.transforms import MapTransform, Transform
from monai.utils import TransformBackends, convert_to_numpy

from mritumor.errors import InputError, LabelError
from mritumor.transforms.source import source_of, with_history


class LabelsToRegions(Transform):
    """Turn a label map into one 0/1 channel per region.

    The result is float32, not bool: MONAI's ``DiceLoss`` cannot subtract bool tensors.

    Args:
        regions: label values of each region, such as ``[[1, 2, 3], [1, 3], [3]]`` for
            whole tumour, tumour core and enhancing tumour. 0 is background.

    Raises:
        InputError: no region, or a region that is empty or holds the background.

    Example:
        >>> LabelsToRegions([[1, 2], [2]])(np.array([[0, 1, 2]]))
        array([[0., 1., 1.],
               [0., 0., 1.]], dtype=float32)
    """

    backend = [TransformBackends.TORCH, TransformBackends.NUMPY]

    def __init__(self, regions: Sequence[Sequence[int]]) -> None:
        self.regions = [tuple(int(value) for value in region) for region in regions]
        if not self.regions or any(not r or 0 in r for r in self.regions):
            raise InputError(
                "each region needs label values other than the background's 0",
                where="regions",
                got=regions,
            )
        self.known = sorted({value for region in self.regions for value in region})

    def __call__(self, labels: NdarrayOrTensor) -> NdarrayOrTensor:
        """Convert one label map.

        Args:
            labels: (1, *spatial), any number type; array, tensor or MetaTensor.

        Returns:
            (R, *spatial) float32, values 0 and 1, of the kind that was given.

        Raises:
            InputError: more than one channel.
            LabelError: a value that is neither 0 nor in any region.
        """
        if labels.ndim < 2 or labels.shape[0] != 1:
            raise InputError(
                "a label map has one channel",
                where=source_of(labels),
                got=f"shape {tuple(labels.shape)}",
                expected="(1, …)",
            )
        self._refuse_unknown(labels)
        if isinstance(labels, torch.Tensor):
            return self._paint_tensor(labels)
        return np.concatenate([np.isin(labels, r) for r in self.regions], dtype="f4")

    def _paint_tensor(self, labels: torch.Tensor) -> torch.Tensor:
        plain = labels.as_tensor() if isinstance(labels, MetaTensor) else labels
        shape = (len(self.regions), *plain.shape[1:])
        out = torch.zeros(shape, dtype=torch.float32, device=plain.device)
        for channel, region in zip(out, self.regions, strict=True):
            for value in region:
                channel.masked_fill_(plain[0] == value, 1.0)
        return with_history(out, labels)

    def _refuse_unknown(self, labels: NdarrayOrTensor) -> None:
        unexplained = labels != 0
        for value in self.known:
            unexplained &= labels != value
        if not unexplained.any():
            return
        values = np.unique(convert_to_numpy(labels[unexplained])).tolist()
        raise LabelError(
            "label values that belong to no region",
            where=source_of(labels),
            got=values[:8],
            expected=f"0 and {self.known}",
            remedy="convert the labels to the convention of the regions first",
        )


class LabelsToRegionsd(MapTransform):
    """Dictionary form of `LabelsToRegions`.

    Args:
        keys: entries to convert.
        regions: as in `LabelsToRegions`.
        allow_missing_keys: skip keys that an item does not have.
    """

    backend = LabelsToRegions.backend

    def __init__(
        self,
        keys: KeysCollection,
        regions: Sequence[Sequence[int]],
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.convert = LabelsToRegions(regions)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return a copy of the item with the entries converted."""
        item = dict(data)
        for key in self.key_iterator(item):
            item[key] = self.convert(item[key])
        return item
