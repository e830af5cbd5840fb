"""Features of a frozen backbone, computed once instead of in every epoch."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Mapping
from typing import Any

import torch
from monai.config import KeysCollection, NdarrayOrTensor
from monai.data import MetaTensor
from monai.transforms import MapTransform, Transform
from monai.utils import convert_to_tensor
from torch import nn

from mritumor.errors import InputError


class BackboneFeatures(Transform):
    """Replace an image by what a classifier's frozen backbone makes of it.

    Put last among the transforms that a cached data set computes once, it lets a head
    learn without running the backbone again. No random transform may come before it.

    The weights are those that the network has when this is built, copied: so they must
    be pre-trained or come from a fixed seed, and stay frozen.

    Args:
        network: has ``features``, (B, C, H, W) to (B, F), such as a `Classifier`.

    Raises:
        InputError: a network without ``features``.
    """

    def __init__(self, network: nn.Module) -> None:
        if not callable(getattr(network, "features", None)):
            raise InputError(
                "this network has no features to cache",
                where="network",
                got=type(network).__name__,
                expected="one with a method features, such as mritumor.networks.Classifier",
            )
        self.network = copy.deepcopy(network).eval().requires_grad_(False)

    @torch.no_grad()
    def __call__(self, image: NdarrayOrTensor) -> torch.Tensor:
        """Return the features (F,) of an image (C, H, W), on the CPU.

        A ``MetaTensor`` keeps its metadata: the file is still known.
        """
        device = next(self.network.parameters()).device
        plain = convert_to_tensor(image, dtype=torch.float32, device=device)
        features = self.network.features(plain[None])[0].cpu()
        if not isinstance(image, MetaTensor):
            return features
        return MetaTensor(features).copy_meta_from(image, keys=["_meta"])


class BackboneFeaturesd(MapTransform):
    """Dictionary form of `BackboneFeatures`.

    Args:
        keys: entries to replace.
        network: as in `BackboneFeatures`.
        allow_missing_keys: skip keys that an item does not have.
    """

    def __init__(
        self,
        keys: KeysCollection,
        network: nn.Module,
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.features = BackboneFeatures(network)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return a copy of the item with features (F,) in place of images."""
        item = dict(data)
        for key in self.key_iterator(item):
            item[key] = self.features(item[key])
        return item
