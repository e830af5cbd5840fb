"""Cases with a sequence missing, beside complete ones."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import torch
from monai.config import KeysCollection
from monai.data import MetaTensor
from monai.transforms import MapTransform

from mritumor.data.modalities import canonical
from mritumor.errors import InputError
from mritumor.transforms.source import source_of, with_history

PRESENT = "modalities"


class FillModalitiesd(MapTransform):
    """Put a channel of zeros where an item says that a sequence is missing.

    An item of ``mritumor data prepare … --allow-missing`` says under ``modalities``
    which sequences its image has. Zeros are what `RandModalityDropout` leaves of a
    sequence, so only networks trained with it should be given such cases. Each is told
    once, as a warning. Items without ``modalities`` pass unchanged.

    Args:
        keys: of the images, channels first.
        modalities: all sequences, in channel order.
        allow_missing_keys: skip keys that an item does not have.
    """

    def __init__(
        self,
        keys: KeysCollection,
        modalities: Sequence[str],
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.modalities = [_name(modality) for modality in modalities]

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return the item with complete images and without ``modalities``.

        Raises:
            InputError: unknown sequences, or another number of channels than said.
        """
        item = dict(data)
        present = item.pop(PRESENT, None)
        if present is None:
            return item
        names = [_name(str(name)) for name in present]
        for key in self.key_iterator(item):
            item[key] = self._filled(item[key], names)
        return item

    def _filled(self, image: torch.Tensor, names: Sequence[str]) -> torch.Tensor:
        where = source_of(image)
        strange = sorted(set(names) - set(self.modalities))
        if strange or len(set(names)) != image.shape[0]:
            raise InputError(
                "an item's 'modalities' do not fit its image",
                where=where,
                got=f"{', '.join(names)} for {image.shape[0]} channel(s)",
                expected=f"one of {', '.join(self.modalities)} for each channel",
            )
        missing = [name for name in self.modalities if name not in names]
        if missing:
            warnings.warn(
                f"{where or 'a case'}: {' and '.join(missing)} missing, filled with 0",
                stacklevel=2,
            )
        plain = image.as_tensor() if isinstance(image, MetaTensor) else image
        out = plain.new_zeros((len(self.modalities), *plain.shape[1:]))
        for channel, name in zip(plain, names):
            out[self.modalities.index(name)] = channel
        return with_history(out, image)


def _name(modality: str) -> str:
    """Return the canonical name of a sequence; other channels keep their own."""
    try:
        return canonical(modality)
    except InputError:
        return modality
