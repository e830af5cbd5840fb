"""Pictures to what a network for slices takes, and volumes to slices.

Seen from outside a picture is (H, W), rows downward; inside it is (W, H), as MONAI's
readers give it: the first spatial axis runs to the right.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import nibabel as nib
import numpy as np
import torch
from monai.data import MetaTensor
from numpy.typing import NDArray

from mritumor.data.sources.pictures import PICTURES, read_picture
from mritumor.errors import InputError
from mritumor.geometry import spacing
from mritumor.transforms.unit_range import UnitRange
from mritumor.types import Affine

# As a radiologist looks at slices along each world axis: to the right run the patient's
# posterior (sagittal) or left side, downward inferior or posterior.
_SEEN = {0: ("P", "I"), 1: ("L", "I"), 2: ("L", "P")}
ANISOTROPIC = 1.5


def load_picture(path: Path) -> NDArray[np.float32]:
    """Load a picture as it is seen.

    Args:
        path: PNG, JPEG, TIFF, BMP, WebP, or a ``.mat`` of Figshare's set.

    Returns:
        (C, H, W) float32 in the file's own range.

    Raises:
        InputError: it cannot be read, or is no picture.
    """
    if path.suffix.lower() == ".mat":
        from mritumor.data.sources.figshare_mat import eight_bit, read_slice

        return eight_bit(read_slice(path).image).astype(np.float32)[None]
    if not path.name.lower().endswith(PICTURES):
        raise InputError(
            "this is no picture that can be read",
            where=path,
            got=path.suffix or "no extension",
            expected=", ".join(PICTURES),
        )
    pixels = read_picture(path)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim != 3:
        raise InputError("this is not one picture", where=path, got=pixels.shape)
    return np.ascontiguousarray(np.moveaxis(pixels, -1, 0), dtype=np.float32)


def picture_tensor(image: NDArray[np.floating], where: object) -> MetaTensor:
    """Return a picture (C, H, W) as seen, as the (C, W, H) that a network takes."""
    inside = np.ascontiguousarray(np.swapaxes(image, 1, 2), dtype=np.float32)
    meta = {
        "original_channel_dim": 0,
        "spatial_shape": np.asarray(inside.shape[1:]),
        "original_affine": np.eye(4),
        "filename_or_obj": str(where),
    }
    return MetaTensor(torch.from_numpy(inside), affine=torch.eye(4), meta=meta)


def one_scale(image: NDArray[np.floating]) -> NDArray[np.float32]:
    """Bring all slices of a patient to one scale, as a network for pictures wants them.

    Slice by slice, as `UnitRange` would do it, an empty slice's noise would be stretched
    until it looks like tissue.

    Args:
        image: (C, …), all slices together, in any range.

    Returns:
        The same shape, in [0, 1].
    """
    plain = torch.from_numpy(np.ascontiguousarray(image, dtype=np.float32))
    scaled = UnitRange()(plain)
    return np.asarray(torch.as_tensor(scaled), dtype=np.float32)


class Slicing(NamedTuple):
    """How a volume is cut into pictures as they are seen, and put together again.

    Attributes:
        axis: of the array, across the slices.
        right: axis that runs to the right in a picture.
        down: axis that runs downward.
        flip_right: whether that axis is turned round.
        flip_down: likewise.
    """

    axis: int
    right: int
    down: int
    flip_right: bool
    flip_down: bool

    def cut(self, volume: NDArray, index: int) -> NDArray:
        """Return slice `index` of (C, I, J, K) as a picture (C, H, W)."""
        picture = np.take(volume, index, axis=self.axis + 1)
        if self.down > self.right:
            picture = np.swapaxes(picture, 1, 2)
        return np.flip(picture, self._flipped(1))

    def paste(self, volume: NDArray, index: int, picture: NDArray) -> None:
        """Write a picture (H, W) into slice `index` of (I, J, K)."""
        turned = np.flip(picture, self._flipped(0))
        where = [slice(None)] * 3
        where[self.axis] = index  # type: ignore[call-overload]
        volume[tuple(where)] = turned.T if self.down > self.right else turned

    def _flipped(self, rows: int) -> tuple[int, ...]:
        flips = ((rows, self.flip_down), (rows + 1, self.flip_right))
        return tuple(axis for axis, flip in flips if flip)


def slicing(shape: Sequence[int], affine: Affine, as_stored: bool = False) -> Slicing:
    """Choose how a volume is cut for a network that was trained on pictures.

    Along the axis of one voxel; else across the thickest slices, if they are clearly
    thicker than wide; else axially. Turned as a radiologist sees them.

    Args:
        shape: (I, J, K).
        affine: voxel index to RAS+ mm.
        as_stored: I are columns and J rows of pictures, as DICOM has them.
    """
    if as_stored:
        return Slicing(2, 0, 1, False, False)
    world = nib.io_orientation(affine)
    steps = spacing(affine)
    thick = int(np.argmax(steps))
    single = [axis for axis in range(3) if shape[axis] == 1]
    if single:
        axis = single[0]
    elif steps[thick] > ANISOTROPIC * sorted(steps)[1]:
        axis = thick
    else:
        axis = int(np.flatnonzero(world[:, 0] == 2)[0])
    right, down = (_towards(world, code) for code in _SEEN[int(world[axis, 0])])
    return Slicing(axis, right[0], down[0], right[1], down[1])


def _towards(world: NDArray, code: str) -> tuple[int, bool]:
    """Return the array axis nearest to a direction, and whether it runs against it."""
    row, positive = next(
        (i, pair[1] == code)
        for i, pair in enumerate(("LR", "PA", "IS"))
        if code in pair
    )
    axis = int(np.flatnonzero(world[:, 0] == row)[0])
    return axis, bool((world[axis, 1] > 0) != positive)
