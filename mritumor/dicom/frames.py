"""The single images of a file: one of a classic file, many of a multi-frame one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mritumor._optional import require
from mritumor.dicom.header import number, text, whole, words

# Parts of ImageType that tell images of one position apart.
COMPONENTS = frozenset(
    "M P R I MAGNITUDE PHASE REAL IMAGINARY ADC TRACEW FA WATER FAT "
    "IN_PHASE OUT_PHASE".split()
)


@dataclass(frozen=True)
class Frame:
    """Where one image lies and how its numbers are to be read.

    Attributes:
        path: the file.
        index: number of the frame in it, from 0.
        uid: SOPInstanceUID of the file.
        instance: InstanceNumber, or the frame's number from 1.
        shape: (columns, rows).
        position: centre of the first voxel, LPS mm.
        orientation: unit vectors along a row and down a column, LPS.
        spacing: distance of columns and of rows in mm.
        depth: distance of slices, else their thickness, in mm, where told.
        slope: of the stored numbers.
        intercept: of the stored numbers.
        kind: what tells frames of one position apart: echo, TI, b-value, time, part.
    """

    path: Path
    index: int
    uid: str
    instance: int | None
    shape: tuple[int, int]
    position: tuple[float, ...]
    orientation: tuple[float, ...]
    spacing: tuple[float, float]
    depth: float | None
    slope: float
    intercept: float
    kind: tuple[Any, ...]


def frame_count(dataset: Any) -> int:
    """Return the number of frames of a file."""
    return max(whole(dataset, "NumberOfFrames") or 1, 1)


def flatten(dataset: Any, index: int) -> Any:
    """Return all that holds for one frame in one flat dataset.

    Enhanced MR keeps position, spacing and timing in functional groups, shared or per
    frame; laid flat, they have the keywords of a classic file.

    Args:
        dataset: a pydicom Dataset.
        index: number of the frame, from 0.

    Returns:
        The dataset itself where there are no functional groups.

    Raises:
        IndexError: fewer groups than frames.
    """
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence")
    if not per_frame:
        return dataset
    flat = require("pydicom", "dicom").Dataset()
    for element in dataset:
        if not element.keyword.endswith("FunctionalGroupsSequence"):
            flat.add(element)
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    for groups in (*shared[:1], per_frame[index]):
        for group in groups:
            for element in group.value[0] if group.VR == "SQ" and group.value else ():
                flat.add(element)
    return flat


def frame_of(flat: Any, path: Path, index: int) -> Frame:
    """Return one frame.

    Args:
        flat: from `flatten`.
        path: the file.
        index: number of the frame, from 0.

    Raises:
        ValueError: size, position, orientation or spacing is absent or no number.
    """
    apart = _numbers(flat, "PixelSpacing", 2)
    return Frame(
        path=path,
        index=index,
        uid=text(flat, "SOPInstanceUID"),
        instance=(
            index + 1 if frame_count(flat) > 1 else whole(flat, "InstanceNumber")
        ),
        shape=(int(flat.Columns), int(flat.Rows)),
        position=_numbers(flat, "ImagePositionPatient", 3),
        orientation=_numbers(flat, "ImageOrientationPatient", 6),
        spacing=(apart[1], apart[0]),
        depth=number(flat, "SpacingBetweenSlices", "SliceThickness"),
        slope=_or(number(flat, "RescaleSlope"), 1.0),
        intercept=_or(number(flat, "RescaleIntercept"), 0.0),
        kind=_kind(flat),
    )


def _kind(flat: Any) -> tuple[Any, ...]:
    parts = COMPONENTS & set(words(flat, "ImageType", "FrameType"))
    return (
        whole(flat, "EchoNumbers"),
        round(_or(number(flat, "EffectiveEchoTime", "EchoTime"), 0.0), 1),
        round(_or(number(flat, "InversionTimes", "InversionTime"), 0.0)),
        _or(number(flat, "DiffusionBValue"), 0.0),
        whole(flat, "TemporalPositionIndex", "TemporalPositionIdentifier"),
        tuple(sorted(parts)),
    )


def _numbers(flat: Any, keyword: str, count: int) -> tuple[float, ...]:
    value = flat.get(keyword)
    if value is None or len(value) != count:
        raise ValueError(f"it has no {keyword} of {count} numbers")
    return tuple(float(v) for v in value)


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
