"""The images that a label map belongs to: sorted, placed, and how to refer to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mritumor._optional import require
from mritumor.dicom.frames import Frame, flatten
from mritumor.dicom.header import SeriesHeader, number, text
from mritumor.dicom.patient import Patient
from mritumor.dicom.read import DAMAGED, MR_CLASSES, quiet, read_dataset, sop_class
from mritumor.dicom.series import Groups, Series, as_series, collect
from mritumor.dicom.volume import place
from mritumor.errors import InputError
from mritumor.types import Affine

_CLASSIC = "1.2.840.10008.5.1.4.1.1.4"


@dataclass(frozen=True)
class SourceImages:
    """The images of one volume, in the order of its third axis.

    Attributes:
        frames: the images.
        affine: voxel (column, row, slice) to RAS+ mm: that of `read_series`.
        series: facts of the series; its ``str`` names no person.
        header: the first image's dataset without pixels, patient and study included.
    """

    frames: tuple[Frame, ...] = field(repr=False)
    affine: Affine
    series: SeriesHeader
    header: Any = field(repr=False)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Columns, rows, slices: the shape of a label map on this grid."""
        columns, rows = self.frames[0].shape
        return columns, rows, len(self.frames)

    @property
    def sop_class(self) -> str:
        """UID of the kind of image."""
        return sop_class(self.header) or _CLASSIC

    @property
    def has_frame_numbers(self) -> bool:
        """Whether an image is one frame of a multi-frame file."""
        return self.sop_class != _CLASSIC

    @property
    def thickness(self) -> float | None:
        """Thickness of a slice in mm, not its distance from the next."""
        with quiet():
            return number(flatten(self.header, 0), "SliceThickness")

    @property
    def name(self) -> str:
        """Study and series, for errors; by pseudonyms."""
        return f"{self.series.case}, {self.series}"

    @property
    def patient(self) -> Patient:
        """Whose images they are."""
        return self.series.patient

    def reference(self, k: int) -> Any:
        """Return a dataset that refers to the image of slice `k`."""
        item = require("pydicom", "dicom").Dataset()
        item.ReferencedSOPClassUID = self.sop_class
        item.ReferencedSOPInstanceUID = self.frames[k].uid
        if self.has_frame_numbers:
            item.ReferencedFrameNumber = self.frames[k].index + 1
        return item


def source_images(source: Series | Sequence[Any]) -> SourceImages:
    """Return the images of a series, placed as `read_series` places them.

    Args:
        source: a series that `find_series` found, or pydicom datasets of one series,
            in any order, with or without pixels.

    Raises:
        InputError: no images, images of several series, no frame of reference, or a
            file that is gone.
        GeometryError: as for `read_series`.
        MissingDependencyError: pydicom is not installed.
    """
    if isinstance(source, Series):
        series, datasets = source, None
    else:
        series, datasets = _series_of(source)
    frames, affine = place(series)
    found = SourceImages(
        tuple(frames), affine, series.header, _header(frames[0], datasets, series)
    )
    if not text(found.header, "FrameOfReferenceUID"):
        raise InputError(
            "the images do not tell their frame of reference, so nothing can be said "
            "to lie where they do",
            where=found.name,
            remedy="export them again; some anonymisers remove FrameOfReferenceUID",
        )
    return found


def _series_of(datasets: Sequence[Any]) -> tuple[Series, dict[str, Any]]:
    """Sort datasets in memory as `find_series` sorts files."""
    groups: Groups = defaultdict(list)
    by_uid = {}
    try:
        with quiet():
            for k, dataset in enumerate(datasets):
                if sop_class(dataset) not in MR_CLASSES:
                    raise InputError("a dataset is no MR image", where=f"source {k}")
                by_uid[text(dataset, "SOPInstanceUID")] = dataset
                collect(dataset, Path(str(k)), groups)
            series = as_series(groups)
    except DAMAGED:
        raise InputError(
            "a dataset does not tell where its image lies", where=f"source {k}"
        ) from None
    if len(series) != 1:
        raise InputError(
            "the datasets are not the images of one volume",
            got=f"{len(series)} series, echoes or orientations",
            expected="one",
            remedy="sort them with mritumor.dicom.find_series",
        )
    return series[0], by_uid


def _header(frame: Frame, datasets: dict[str, Any] | None, series: Series) -> Any:
    if datasets is not None:
        return datasets[frame.uid]
    try:
        return read_dataset(frame.path)
    except DAMAGED:
        raise InputError(
            "an image can no longer be read",
            where=series,
            got=f"instance {frame.instance}",
            remedy="leave the DICOM files where they are until all is written",
        ) from None
