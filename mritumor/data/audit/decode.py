"""Pictures and volumes from files: an array and, for volumes, an affine."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from mritumor.data.inputs import VOLUMES
from mritumor.data.present import check_present
from mritumor.data.read import read_volume
from mritumor.errors import InputError
from mritumor.types import Affine

PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
_UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    UnidentifiedImageError,
    Image.DecompressionBombError,
)
_PLAIN = ("L", "RGB", "F", "I", "I;16", "I;16B")


@dataclass(frozen=True)
class Decoded:
    """A file's content.

    Attributes:
        array: (H, W) or (H, W, 3) of a picture, (I, J, K) or (I, J, K, C) of a volume.
        affine: voxel index to RAS+ mm, None for a picture.
    """

    array: NDArray[np.generic]
    affine: Affine | None = None

    @property
    def channels(self) -> list[NDArray[np.generic]]:
        """The channels of a 4-D volume, else the one array."""
        if self.affine is None or self.array.ndim == 3:
            return [self.array]
        return [self.array[..., c] for c in range(self.array.shape[3])]


def is_image(name: str) -> bool:
    """Say whether a file name is that of a picture or a volume."""
    return name.lower().endswith(PICTURES + VOLUMES)


def is_picture(path: Path) -> bool:
    """Say whether a file name is that of a picture."""
    return path.name.lower().endswith(PICTURES)


def decode(path: Path) -> Decoded:
    """Read a file once, whole.

    Args:
        path: picture or volume.

    Raises:
        InputError: no such file, empty, truncated, a Git-LFS pointer, or not an image.
    """
    if is_picture(path):
        return Decoded(_read_picture(path))
    array, affine = read_volume(path)
    if array.dtype.kind not in "biuf":
        raise InputError(
            "the values are not plain numbers",
            where=path,
            got=array.dtype,
            expected="integers or floats",
        )
    return Decoded(array, affine)


def _read_picture(path: Path) -> NDArray[np.generic]:
    """Return (H, W), or (H, W, 3) where the three colours differ."""
    check_present(path, "picture")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                plain = image if image.mode in _PLAIN else image.convert("RGB")
                array = np.asarray(plain)
    except _UNREADABLE as error:
        raise InputError(
            f"this is no readable picture: {error}",
            where=path,
            remedy="it may be truncated; fetch or export it again",
        ) from None
    # Grey stored as colour is the same picture, and must hash so.
    if array.ndim == 3 and (array[..., :1] == array).all():
        array = array[..., 0]
    return array
