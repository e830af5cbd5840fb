"""What the sources of volumes share: one grid per case, outlines written anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import nibabel as nib
import numpy as np

from mritumor.data.labels import Convention
from mritumor.data.read import read_geometry, read_volume
from mritumor.errors import GeometryError
from mritumor.geometry import grid_difference
from mritumor.types import LabelMap


def check_one_grid(paths: Sequence[Path]) -> None:
    """Refuse sequences that do not lie on one voxel grid.

    Raises:
        GeometryError: names the first that differs and how.
        InputError: a file that cannot be read.
    """
    shape, affine = read_geometry(paths[0])
    for path in paths[1:]:
        difference = grid_difference(shape, affine, *read_geometry(path))
        if difference:
            raise GeometryError(
                f"the sequences lie on different grids: {difference}",
                where=path,
                expected=f"the grid of {paths[0].name}",
                remedy="resample the sequences to one of them",
            )


def write_outline(
    source: Path,
    image: Path,
    target: Path,
    convert: Callable[[np.ndarray, Path], LabelMap],
) -> int:
    """Write an outline anew, with other values, on its grid.

    Args:
        source: the outline.
        image: one of the case's images; a fourth axis of it is channels.
        target: the NIfTI file to write; its folder is made.
        convert: from the values read and their file to a label map.

    Returns:
        Number of voxels above 0.

    Raises:
        GeometryError: the outline lies on another grid than the image.
        InputError: a file that cannot be read.
        LabelError: values that `convert` refuses.
    """
    array, affine = read_volume(source)
    shape, image_affine = read_geometry(image)
    difference = grid_difference(array.shape, affine, shape[:3], image_affine)
    if difference:
        raise GeometryError(
            f"the outline lies on another grid: {difference}",
            where=source,
            expected=f"the grid of {image.name}",
        )
    made = convert(array, source)
    target.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(made, affine), target)
    return int((made > 0).sum())


def meaning(labels: Convention) -> str:
    """Return a convention as a clause: ``"1 NCR, 2 ED, 3 ET"``."""
    return ", ".join(
        f"{value} {structure}" for value, structure in labels.structures.items()
    )
