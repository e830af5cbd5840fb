"""Source images as highdicom takes them, whatever kind of file they came in.

highdicom derives a SEG from classic images of exactly one orientation, or from one
multi-frame file as a whole. Series of files are less tidy: echoes share a file,
orientations differ in the seventh digit. So each image is handed over as a classic one,
and references to frames are set right afterwards.
"""

from __future__ import annotations

from typing import Any

from mritumor._optional import require
from mritumor.dicom.source import SourceImages
from mritumor.dicom.study_header import patient_and_study
from mritumor.geometry import spacing

_CLASSIC = "1.2.840.10008.5.1.4.1.1.4"


def planes(source: SourceImages) -> list[Any]:
    """Return one classic MR dataset per slice, without pixels.

    A slice of a multi-frame file carries a UID of its own for the time being; see
    `number_frames`.

    Args:
        source: the images.

    Returns:
        Datasets in the order of the volume's third axis.
    """
    base = patient_and_study(source)
    return [_plane(source, k, base) for k in range(len(source.frames))]


def number_frames(made: Any, source: SourceImages) -> None:
    """Let the references of an object point to the source's files and frames.

    Args:
        made: what was derived from `planes`; changed in place.
        source: the images.
    """
    if not source.has_frame_numbers:
        return
    known = {_stand_in(source, k): k for k in range(len(source.frames))}
    for groups in made.PerFrameFunctionalGroupsSequence:
        for derivation in groups.get("DerivationImageSequence", ()):
            for item in derivation.SourceImageSequence:
                k = known.get(item.ReferencedSOPInstanceUID)
                if k is not None:
                    item.update(source.reference(k))
    whole = _whole_files(source)
    made.SourceImageSequence = whole
    made.ReferencedSeriesSequence[0].ReferencedInstanceSequence = whole


def _plane(source: SourceImages, k: int, base: Any) -> Any:
    frame, first = source.frames[k], source.frames[0]
    step = spacing(source.affine)[2]
    plane = require("pydicom", "dicom").Dataset()
    plane.update(base)  # its elements are shared: none of them may be set again
    plane.SOPClassUID = _CLASSIC
    plane.SOPInstanceUID = _stand_in(source, k)
    plane.SeriesInstanceUID = source.series.series
    plane.Modality = "MR"
    plane.Columns, plane.Rows = frame.shape
    plane.ImagePositionPatient = _decimals(frame.position)
    plane.ImageOrientationPatient = _decimals(first.orientation)
    plane.PixelSpacing = _decimals(first.spacing[::-1])
    plane.SliceThickness = _decimals([source.thickness or step])[0]
    plane.SpacingBetweenSlices = _decimals([step])[0]
    return plane


def _stand_in(source: SourceImages, k: int) -> str:
    """Return the UID that a slice goes by until its references are set right."""
    uid = source.frames[k].uid
    if not source.has_frame_numbers:
        return uid
    pydicom_uid = require("pydicom.uid", "dicom")
    made = pydicom_uid.generate_uid(entropy_srcs=[uid, str(source.frames[k].index)])
    return str(made)


def _whole_files(source: SourceImages) -> list[Any]:
    items = {}
    for k in range(len(source.frames)):
        item = source.reference(k)
        del item.ReferencedFrameNumber  # all of the file, at this level
        items[item.ReferencedSOPInstanceUID] = item
    return list(items.values())


def _decimals(values: Any) -> list[Any]:
    """Return decimal strings, which DICOM ends after 16 characters."""
    decimal = require("pydicom.valuerep", "dicom").DSfloat
    return [decimal(float(v), auto_format=True) for v in values]
