"""One study's files to one array with its place in space."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from monai.data import MetaTensor

from mritumor.data.inputs import InputCase
from mritumor.data.read import read_volume
from mritumor.errors import GeometryError, InputError
from mritumor.geometry import grid_difference
from mritumor.types import Affine


def load_study(
    case: InputCase, modalities: Sequence[str], fill_missing: bool = False
) -> MetaTensor:
    """Load a case as a bundle's network expects its channels.

    Args:
        case: as `mritumor.data.find_cases` finds it.
        modalities: channel names in channel order.
        fill_missing: a missing sequence becomes a channel of zeros.

    Returns:
        (C, I, J, K) float32 with the affine (RAS+ mm) of the first file, and
        ``filename_or_obj`` and ``missing`` in its meta.

    Raises:
        InputError: a file that cannot be read, a missing sequence, a wrong number of
            channels, NaN or infinity.
        GeometryError: sequences on different grids.
    """
    if case.is_whole:
        image, affine = _whole(case, len(modalities))
        missing: tuple[str, ...] = ()
    else:
        missing = case.missing(modalities)
        if missing and (not fill_missing or len(missing) == len(modalities)):
            case.in_order(modalities)  # raises the sentence on missing sequences
        image, affine = _stacked(case, modalities)
    source = str(next(iter(case.files.values())))
    return study_tensor(image, affine, source, missing)


def study_tensor(
    image: np.ndarray, affine: Affine, source: str, missing: Sequence[str] = ()
) -> MetaTensor:
    """Return an array (C, I, J, K) with what MONAI's transforms want to know of it.

    Args:
        image: float32.
        affine: voxel index to RAS+ mm.
        source: file or name, for sentences on what is wrong with it.
        missing: sequences whose channels are zeros.
    """
    meta = {
        "filename_or_obj": source,
        "original_channel_dim": 0,
        "spatial_shape": np.asarray(image.shape[1:]),
        "original_affine": affine,
        "missing": list(missing),
    }
    return MetaTensor(
        torch.from_numpy(image), affine=torch.as_tensor(affine), meta=meta
    )


def _whole(case: InputCase, channels: int) -> tuple[np.ndarray, Affine]:
    path = case.files[""]
    array, affine = _read(path)
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4 or array.shape[3] != channels:
        raise InputError(
            "the image does not have the channels that the bundle needs",
            where=path,
            got=f"shape {array.shape}",
            expected=f"(I, J, K, {channels})",
            remedy="give one 4-D file or one file per sequence",
        )
    return np.ascontiguousarray(np.moveaxis(array, -1, 0), dtype=np.float32), affine


def _stacked(case: InputCase, modalities: Sequence[str]) -> tuple[np.ndarray, Affine]:
    image: np.ndarray | None = None
    first: tuple[tuple[int, ...], Affine, str] | None = None
    for channel, modality in enumerate(modalities):
        if modality not in case.files:
            continue
        path = case.files[modality]
        array, affine = _read(path)
        if array.ndim == 4 and array.shape[3] == 1:
            array = array[..., 0]
        if array.ndim != 3:
            raise InputError(
                "a sequence is one 3-D volume", where=path, got=f"shape {array.shape}"
            )
        if first is None:
            first = (array.shape, affine, path.name)
            image = np.zeros((len(modalities), *array.shape), np.float32)
        difference = grid_difference(*first[:2], array.shape, affine)
        if difference:
            raise GeometryError(
                f"the sequences lie on different grids: {difference}",
                where=path,
                expected=f"the grid of {first[2]}",
                remedy="resample the sequences to one of them",
            )
        image[channel] = array  # type: ignore[index]
    if image is None or first is None:
        raise InputError("the case holds no files", where=case.name)
    return image, first[1]


def _read(path: Path) -> tuple[np.ndarray, Affine]:
    array, affine = read_volume(path)
    broken = int(array.size - np.isfinite(array).sum())
    if broken:
        raise InputError(
            "the image holds NaN or infinity",
            where=path,
            got=f"{broken} of {array.size} voxels",
            expected="finite numbers",
            remedy="export the image again, or replace these voxels",
        )
    return array, affine
