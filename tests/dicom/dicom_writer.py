"""DICOM series written from arrays, for tests: classic and enhanced multi-frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from mritumor.geometry import ras_lps

MR = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
NAME, ID = "Mustermann^Erika", "HOSP4711"
TIMES: dict[str, dict[str, Any]] = {
    "t1n": {"RepetitionTime": 550, "EchoTime": 9},
    "t1c": {"RepetitionTime": 550, "EchoTime": 9, "ContrastBolusAgent": "Gadovist"},
    "t2w": {"RepetitionTime": 4500, "EchoTime": 95},
    "t2f": {"RepetitionTime": 9000, "EchoTime": 120, "InversionTime": 2500},
}
DESCRIPTIONS = {"t1n": "t1_se_tra", "t1c": "t1_se_tra_km", "t2w": "t2_tse_tra"}
DESCRIPTIONS["t2f"] = "t2_flair_tra"


def as_stored(image: np.ndarray) -> np.ndarray:
    """Return a phantom's image as (I, J, K) uint16 of 12 bits."""
    return np.clip(np.rint(image), 0, 4095).astype(np.uint16)


def basis(affine: np.ndarray) -> tuple[list[float], list[float], np.ndarray, Any]:
    """Return orientation, pixel spacing, step between slices and position(k), LPS."""
    lps = ras_lps(affine)
    lengths = np.linalg.norm(lps[:3, :3], axis=0)
    axes = lps[:3, :3] / lengths
    orientation = [round(float(v), 13) for v in (*axes[:, 0], *axes[:, 1])]
    spacing = [float(lengths[1]), float(lengths[0])]
    return orientation, spacing, lengths, lambda k: lps[:3, 3] + k * lps[:3, 2]


def common(uids: tuple[str, str], sop_class: str, **tags: Any) -> Dataset:
    """Return what classic and enhanced images share."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = sop_class
    ds.SOPInstanceUID = generate_uid()
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.StudyInstanceUID, ds.SeriesInstanceUID = uids
    ds.Modality, ds.PatientName, ds.PatientID = "MR", NAME, ID
    ds.PatientBirthDate, ds.StudyDate = "19700101", "20240229"
    ds.SeriesNumber = 1
    # Series of one study share their positions.
    ds.FrameOfReferenceUID = generate_uid(entropy_srcs=[uids[0]])
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
    ds.PixelRepresentation = 0
    for keyword, value in tags.items():
        setattr(ds, keyword, value)
    return ds


def slices(
    array: np.ndarray, affine: np.ndarray, uids: tuple[str, str], **tags: Any
) -> list[Dataset]:
    """Return a classic dataset for each K of an (I, J, K) array."""
    orientation, spacing, lengths, position = basis(affine)
    found = []
    for k in range(array.shape[2]):
        ds = common(uids, MR, **tags)
        ds.InstanceNumber = k + 1
        ds.Columns, ds.Rows = array.shape[:2]
        ds.ImagePositionPatient = [f"{v:.10f}"[:16] for v in position(k)]
        ds.ImageOrientationPatient = [f"{v:.13f}"[:16] for v in orientation]
        ds.PixelSpacing, ds.SliceThickness = spacing, float(lengths[2])
        ds.PixelData = array[:, :, k].T.tobytes()
        found.append(ds)
    return found


def save(
    folder: Path,
    datasets: Iterable[Dataset],
    name: Callable[[int], str] = "IM{:04d}".format,
) -> Path:
    """Write datasets as files of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for k, ds in enumerate(datasets):
        ds.save_as(folder / name(k), enforce_file_format=True)
    return folder


def enhanced(
    array: np.ndarray, affine: np.ndarray, uids: tuple[str, str], **tags: Any
) -> Dataset:
    """Return one multi-frame dataset whose frames run backwards."""
    orientation, spacing, lengths, position = basis(affine)
    times = {k: tags.pop(k, None) for k in ("RepetitionTime", "EchoTime")}
    ds = common(uids, ENHANCED_MR, **tags)
    ds.Columns, ds.Rows = array.shape[:2]
    ds.NumberOfFrames = array.shape[2]
    measures, plane, echo, timing = Dataset(), Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = spacing, float(lengths[2])
    plane.ImageOrientationPatient = [f"{v:.13f}"[:16] for v in orientation]
    echo.EffectiveEchoTime = times["EchoTime"]
    timing.RepetitionTime = times["RepetitionTime"]
    shared = Dataset()
    shared.PixelMeasuresSequence = Sequence([measures])
    shared.PlaneOrientationSequence = Sequence([plane])
    shared.MREchoSequence = Sequence([echo])
    shared.MRTimingAndRelatedParametersSequence = Sequence([timing])
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    order = range(array.shape[2])[::-1]
    ds.PerFrameFunctionalGroupsSequence = Sequence(
        _per_frame(position(k), slope=2.0) for k in order
    )
    ds.PixelData = b"".join(array[:, :, k].T.tobytes() for k in order)
    return ds


def _per_frame(position: np.ndarray, slope: float) -> Dataset:
    place, scale, frame = Dataset(), Dataset(), Dataset()
    place.ImagePositionPatient = [f"{v:.10f}"[:16] for v in position]
    scale.RescaleSlope, scale.RescaleIntercept, scale.RescaleType = slope, -5.0, "US"
    frame.PlanePositionSequence = Sequence([place])
    frame.PixelValueTransformationSequence = Sequence([scale])
    return frame


def uids() -> tuple[str, str]:
    """Return new UIDs of a study and a series."""
    return generate_uid(), generate_uid()
