"""A label map as a DICOM RT Structure Set, for planning systems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from mritumor._optional import require
from mritumor.dicom.algorithm import MAKER, Algorithm, clipped
from mritumor.dicom.codes import Code, colour_bytes, concept
from mritumor.dicom.contours import Ring, outlines
from mritumor.dicom.label_grid import turn_labels
from mritumor.dicom.segmentation_object import check_names
from mritumor.dicom.series import Series
from mritumor.dicom.source import SourceImages, source_images
from mritumor.dicom.study_header import patient_and_study
from mritumor.dicom.write import built, new_series_number, save
from mritumor.geometry import ras_lps, voxel_to_world
from mritumor.types import Affine, LabelMap, PathLike

RT_STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
_STUDY = "1.2.840.10008.3.1.2.3.1"  # Detached Study Management, as PS3.3 has it


def write_rtstruct(
    path: PathLike,
    labels: np.ndarray,
    affine: Affine,
    source: Series | Sequence[Any] | SourceImages,
    names: Mapping[int, str],
    algorithm: Algorithm,
    **options: Any,
) -> Path:
    """Write a label map as an RT Structure Set; arguments as for `write_seg`.

    Returns:
        The file.

    Raises:
        GeometryError, InputError, LabelError, MissingDependencyError: as there.
    """
    made = make_rtstruct(labels, affine, source, names, algorithm, **options)
    return save(made, path)


def make_rtstruct(
    labels: np.ndarray,
    affine: Affine,
    source: Series | Sequence[Any] | SourceImages,
    names: Mapping[int, str],
    algorithm: Algorithm,
    *,
    description: str = "",
    series_number: int | None = None,
) -> Any:
    """Return a label map as an RT Structure Set: one region for each structure.

    Contours are closed, lie in the planes of the source's slices, and refer to them;
    see `mritumor.dicom.contours.outlines` for corners and holes. A structure without
    voxels is a region without contours.

    Args:
        labels: as for `make_seg`.
        affine: voxel index to RAS+ mm.
        source: as for `make_seg`.
        names: meaning of each label value but 0; the names of the regions.
        algorithm: what drew the outline.
        description: of the series; default tells the algorithm.
        series_number: default follows from the source's.

    Returns:
        A pydicom Dataset.

    Raises:
        GeometryError, InputError, LabelError, MissingDependencyError: as `make_seg`.
    """
    images = source if isinstance(source, SourceImages) else source_images(source)
    mask = turn_labels(labels, affine, images.shape, images.affine, images.name)
    values = check_names(mask, names, images.name)
    said = clipped(description or f"RT {algorithm.name} {algorithm.version} (AI)")
    with built("RT Structure Set", images):
        made = _object(images, algorithm)
        made.SeriesDescription = said
        made.SeriesNumber = series_number or new_series_number(images, 2)
        made.ReferencedFrameOfReferenceSequence = [_referenced(images)]
        made.StructureSetROISequence = [
            _region(number, names[value], algorithm, images)
            for number, value in enumerate(values, 1)
        ]
        made.ROIContourSequence = [
            _contours(number, value, mask == value, images)
            for number, value in enumerate(values, 1)
        ]
        made.RTROIObservationsSequence = [
            _observation(number, names[value]) for number, value in enumerate(values, 1)
        ]
    return made


def _object(images: SourceImages, algorithm: Algorithm) -> Any:
    """Return a new object of the patient's study, without regions."""
    made = patient_and_study(images)
    uid, meta = require("pydicom.uid", "dicom"), require("pydicom.dataset", "dicom")
    made.file_meta = meta.FileMetaDataset()
    made.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = RT_STRUCTURE_SET
    made.SOPInstanceUID = uid.generate_uid()
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.SeriesInstanceUID = uid.generate_uid()
    made.Modality, made.OperatorsName, made.InstanceNumber = "RTSTRUCT", "", 1
    made.Manufacturer = MAKER
    made.ManufacturerModelName = clipped(algorithm.name)
    made.DeviceSerialNumber = algorithm.serial
    made.SoftwareVersions = clipped(algorithm.software)
    now = datetime.now()
    made.InstanceCreationDate = made.StructureSetDate = now.strftime("%Y%m%d")
    made.InstanceCreationTime = made.StructureSetTime = now.strftime("%H%M%S")
    made.StructureSetLabel = "AI outline"
    made.StructureSetDescription = clipped(f"Drawn by {algorithm.name}, not reviewed")
    made.ApprovalStatus = "UNAPPROVED"
    return made


def _referenced(images: SourceImages) -> Any:
    """Return the frame of reference with study, series and images."""
    series, study, frame = (_dataset() for _ in range(3))
    series.SeriesInstanceUID = images.series.series
    series.ContourImageSequence = [
        images.reference(k) for k in range(len(images.frames))
    ]
    study.ReferencedSOPClassUID = _STUDY
    study.ReferencedSOPInstanceUID = images.series.study
    study.RTReferencedSeriesSequence = [series]
    frame.FrameOfReferenceUID = str(images.header.FrameOfReferenceUID)
    frame.RTReferencedStudySequence = [study]
    return frame


def _region(number: int, name: str, algorithm: Algorithm, images: SourceImages) -> Any:
    item = _dataset()
    item.ROINumber, item.ROIName = number, clipped(name)
    item.ReferencedFrameOfReferenceUID = str(images.header.FrameOfReferenceUID)
    item.ROIGenerationAlgorithm = "AUTOMATIC"
    item.ROIGenerationDescription = clipped(f"{algorithm.name} {algorithm.version}")
    return item


def _contours(number: int, value: int, mask: LabelMap, images: SourceImages) -> Any:
    item = _dataset()
    item.ReferencedROINumber = number
    item.ROIDisplayColor = list(colour_bytes(value))
    found = list(_rings(mask))
    if found:
        item.ContourSequence = [
            _contour(k, ring, part, images) for part, (k, ring) in enumerate(found, 1)
        ]
    return item


def _rings(mask: LabelMap) -> Iterator[tuple[int, Ring]]:
    for k in np.flatnonzero(mask.any(axis=(0, 1))):
        for ring in outlines(mask[:, :, k]):
            yield int(k), ring


def _contour(k: int, ring: Ring, number: int, images: SourceImages) -> Any:
    item = _dataset()
    voxels = np.column_stack([ring, np.full(len(ring), float(k))])
    points = voxel_to_world(ras_lps(images.affine), voxels)
    item.ContourImageSequence = [images.reference(k)]
    item.ContourGeometricType = "CLOSED_PLANAR"
    item.ContourNumber = number
    item.NumberOfContourPoints = len(ring)
    item.ContourData = [f"{mm:.5f}" for mm in points.ravel()]
    return item


def _observation(number: int, name: str) -> Any:
    item = _dataset()
    item.ObservationNumber = item.ReferencedROINumber = number
    item.RTROIInterpretedType = ""
    item.ROIInterpreter = ""
    item.RTROIIdentificationCodeSequence = [_coded(concept(name).type)]
    return item


def _coded(code: Code) -> Any:
    item = _dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code
    return item


def _dataset() -> Any:
    return require("pydicom", "dicom").Dataset()
