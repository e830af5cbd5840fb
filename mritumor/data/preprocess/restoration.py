"""A mask file on a preprocessed grid, carried back to the study's own."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np

from mritumor.data.preprocess.grid import Grid
from mritumor.data.preprocess.record import read_record
from mritumor.data.preprocess.volume import Volume
from mritumor.data.read import read_volume
from mritumor.errors import GeometryError, InputError
from mritumor.types import PathLike


def restore(
    record: PathLike, mask: PathLike, out: PathLike, sequence: str | None = None
) -> Volume:
    """Carry a mask back and write it.

    Args:
        record: ``CASE_preprocess.json``.
        mask: label map on the grid of the preprocessed volumes.
        out: NIfTI file to write, its folder is made.
        sequence: whose own grid; None the reference's.

    Returns:
        The labels as written, uint8 where they fit.

    Raises:
        GeometryError: the mask lies on another grid.
        InputError: a file that cannot be read, or values that are no labels.
    """
    carrier = read_record(record)
    array, affine = read_volume(mask)
    labels = _labels(array, mask)
    grid = Grid(_three(labels.shape, mask), affine)
    difference = carrier.grid.difference(grid)
    if difference:
        raise GeometryError(
            f"the mask lies on another grid than the result: {difference}",
            where=mask,
            remedy="give the mask that was drawn on the volumes beside the record",
        )
    carried = carrier.to_original(labels, sequence)
    out = Path(out)
    if not out.name.lower().endswith((".nii", ".nii.gz")):
        raise InputError("masks are written as NIfTI", where=out, expected=".nii.gz")
    out.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(carried.array, carried.affine), out)
    return carried


def _labels(array: np.ndarray, where: object) -> np.ndarray:
    whole = np.rint(array)
    if not np.array_equal(whole, array) or whole.min() < 0 or whole.max() > 32767:
        raise InputError(
            "these are no labels",
            where=where,
            got=f"values from {array.min():g} to {array.max():g}",
            expected="whole numbers from 0",
        )
    return whole.astype(np.uint8 if whole.max() < 256 else np.int16)


def _three(shape: tuple[int, ...], where: object) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise InputError("this is not one mask", where=where, got=f"shape {shape}")
    return shape[0], shape[1], shape[2]
