"""N4 bias correction inside a chain of transforms."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from monai.config import KeysCollection, NdarrayOrTensor
from monai.transforms import MapTransform, Transform
from monai.utils import TransformBackends, convert_to_dst_type, convert_to_numpy

from mritumor.data.preprocess.bias_field import EDGE, ITERATIONS, correct_bias
from mritumor.data.preprocess.volume import Volume
from mritumor.errors import InputError
from mritumor.transforms.source import source_of


class N4BiasField(Transform):
    """Divide each channel by its bias field; see `correct_bias`.

    A second or more for each volume: put it before a cache, not into training's loop.

    Args:
        iterations: at most, one number for each level of detail.
        edge: mm of the voxels on which the field is estimated.

    Raises:
        InputError: not (C, I, J, K), or intensities below 0.
    """

    backend = [TransformBackends.NUMPY]

    def __init__(
        self, iterations: Sequence[int] = ITERATIONS, edge: float = EDGE
    ) -> None:
        self.iterations = tuple(iterations)
        self.edge = edge

    def __call__(self, image: NdarrayOrTensor) -> NdarrayOrTensor:
        """Return the image (C, I, J, K) corrected, float32, its metadata kept."""
        array = convert_to_numpy(image)
        if array.ndim != 4:
            raise InputError(
                "N4 corrects volumes",
                got=f"shape {array.shape}",
                expected="(C, I, J, K)",
            )
        affine = np.asarray(getattr(image, "affine", np.eye(4)), np.float64)
        corrected = [
            correct_bias(
                Volume(np.asarray(channel, np.float32), affine),
                iterations=self.iterations,
                edge=self.edge,
                name=source_of(image),
            ).volume.array
            for channel in array
        ]
        return convert_to_dst_type(np.stack(corrected), image, dtype=np.float32)[0]


class N4BiasFieldd(MapTransform):
    """Dictionary version of `N4BiasField`.

    Args:
        keys: of the images.
        iterations: as for `N4BiasField`.
        edge: as for `N4BiasField`.
        allow_missing_keys: do not raise for keys that are absent.
    """

    def __init__(
        self,
        keys: KeysCollection,
        iterations: Sequence[int] = ITERATIONS,
        edge: float = EDGE,
        allow_missing_keys: bool = False,
    ) -> None:
        super().__init__(keys, allow_missing_keys)
        self.transform = N4BiasField(iterations, edge)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Return the data with each image corrected."""
        result = dict(data)
        for key in self.key_iterator(result):
            result[key] = self.transform(result[key])
        return result
