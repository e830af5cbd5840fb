"""One series to one volume in RAS+ mm."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from mritumor.dicom.frames import Frame
from mritumor.dicom.header import SeriesHeader
from mritumor.dicom.pixels import read_pixels
from mritumor.dicom.series import Series
from mritumor.dicom.stack import sort_slices, stack_affine
from mritumor.errors import GeometryError, InputError
from mritumor.types import Affine


@dataclass(frozen=True)
class Volume:
    """A series in space.

    Attributes:
        array: (I, J, K): columns, rows, slices along the normal; stored integers, or
            float32 where the header scales them.
        affine: voxel index to RAS+ mm.
        header: of the series.
    """

    array: np.ndarray
    affine: Affine
    header: SeriesHeader


def read_series(series: Series) -> Volume:
    """Read a series.

    Slices are sorted by position along their normal: neither file names nor
    InstanceNumber say where a slice lies.

    Args:
        series: from `mritumor.dicom.search.find_series`.

    Raises:
        GeometryError: slices are missing, doubled, unevenly spaced or leaning; the
            sentence gives positions along the normal in mm.
        InputError: truncated or damaged pixels.
        MissingDependencyError: pydicom or a decoder is not installed.
    """
    frames, affine = place(series)
    pixels = _pixels(frames, series)
    if len({array.shape for array in pixels}) > 1:
        raise InputError("the slices differ in size", where=series)
    # Mixed types arise where only some slices are scaled.
    return Volume(np.stack(pixels, axis=-1), affine, series.header)


def place(series: Series) -> tuple[list[Frame], Affine]:
    """Sort the images of a series and say where their voxels lie.

    Args:
        series: from `mritumor.dicom.search.find_series`.

    Returns:
        The images in the order of the volume's third axis, and the volume's affine.

    Raises:
        GeometryError: as for `read_series`.
    """
    frames = list(series.frames)
    first = frames[0]
    if len(frames) == 1:
        if not first.depth:
            raise GeometryError(
                "a single slice that does not tell its thickness", where=series
            )
        return frames, _affine(first, first.depth)
    order, step = sort_slices(
        [frame.position for frame in frames],
        first.orientation,
        where=series,
        name=lambda k: _name(frames[k], k),
    )
    frames = [frames[k] for k in order]
    return frames, _affine(frames[0], step)


def _affine(first: Frame, step: float) -> Affine:
    return stack_affine(first.position, first.orientation, (*first.spacing, step))


def _name(frame: Frame, k: int) -> str:
    # File names may tell the patient's; instance numbers do not.
    return f"instance {k if frame.instance is None else frame.instance}"


def _pixels(frames: list[Frame], series: Series) -> list[np.ndarray]:
    """Read each file once and return the frames in the given order."""
    by_file = defaultdict(list)
    for k, frame in enumerate(frames):
        by_file[frame.path].append(k)
    pixels: dict[int, np.ndarray] = {}
    for own in by_file.values():
        arrays = read_pixels([frames[k] for k in own], where=series)
        pixels.update(zip(own, arrays))
    return [pixels[k] for k in range(len(frames))]
