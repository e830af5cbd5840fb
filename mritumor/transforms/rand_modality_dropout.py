"""Training with missing sequences."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from monai.config import KeysCollection, NdarrayOrTensor
from monai.transforms import MapTransform, RandomizableTransform

from mritumor.errors import InputError


class RandModalityDropout(RandomizableTransform):
    """Sometimes replace channels by a constant; never all of them.

    A network trained so can be asked about patients of whom a sequence is missing
    (as in the modality dropout of Neverova et al. 2016,
    doi:10.1109/TPAMI.2015.2461544).

    Args:
        prob: that an image loses channels at all, 0 to 1.
        max_dropped: most channels lost, at least 1.
        fill: value of a lost channel; 0 is the background of a normalised image.

    Raises:
        InputError: impossible settings.
    """

    def __init__(
        self, prob: float = 0.1, max_dropped: int = 1, fill: float = 0.0
    ) -> None:
        super().__init__(prob)
        if not 0 <= prob <= 1:
            raise InputError(
                "no probability", where="prob", got=prob, expected="a share from 0 to 1"
            )
        if max_dropped < 1:
            raise InputError(
                "at least one channel", where="max_dropped", got=max_dropped
            )
        self.max_dropped = max_dropped
        self.fill = fill
        self._lost: list[int] = []

    def randomize(self, data: Any) -> None:
        """Draw whether, and which, channels of an image (C, …) are lost."""
        super().randomize(None)
        most = min(self.max_dropped, data.shape[0] - 1)
        if most < 1:
            self._do_transform: bool = False
        if self._do_transform:
            count = self.R.randint(1, most + 1)
            self._lost = self.R.choice(data.shape[0], count, replace=False).tolist()

    def __call__(
        self, image: NdarrayOrTensor, randomize: bool = True
    ) -> NdarrayOrTensor:
        """Return the image (C, *spatial), or a copy with channels lost."""
        if randomize:
            self.randomize(image)
        if not self._do_transform:
            return image
        image = image.copy() if isinstance(image, np.ndarray) else image.clone()
        image[self._lost] = self.fill
        return image


class RandModalityDropoutd(RandomizableTransform, MapTransform):
    """Dictionary form of `RandModalityDropout`; all keys lose the same channels.

    Args:
        keys: entries to change.
        prob: as in `RandModalityDropout`.
        max_dropped: as in `RandModalityDropout`.
        fill: as in `RandModalityDropout`.
        allow_missing_keys: skip keys that an item does not have.
    """

    def __init__(
        self,
        keys: KeysCollection,
        prob: float = 0.1,
        max_dropped: int = 1,
        fill: float = 0.0,
        allow_missing_keys: bool = False,
    ) -> None:
        MapTransform.__init__(self, keys, allow_missing_keys)
        RandomizableTransform.__init__(self, prob)
        self.drop = RandModalityDropout(prob, max_dropped, fill)

    def set_random_state(
        self, seed: int | None = None, state: np.random.RandomState | None = None
    ) -> RandModalityDropoutd:
        """Seed the drawing."""
        super().set_random_state(seed, state)
        self.drop.set_random_state(seed, state)
        return self

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return a copy of the item, its images perhaps without some channels."""
        item = dict(data)
        first = True
        for key in self.key_iterator(item):
            item[key] = self.drop(item[key], randomize=first)
            first = False
        return item
