"""A label map written as RT Structure Set comes back voxel by voxel."""

from __future__ import annotations

import random
from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from dicom_writer import ID, NAME, enhanced, save, slices, uids
from matplotlib.path import Path as Polygon
from pydicom.sr.codedict import codes

from mritumor.dicom import (
    Algorithm,
    find_series,
    make_rtstruct,
    source_images,
    write_rtstruct,
)
from mritumor.dicom.codes import colour_bytes
from mritumor.errors import GeometryError, LabelError
from mritumor.geometry import ras_lps

ALL_48 = list(product(permutations(range(3)), product((1.0, -1.0), repeat=3)))
NAMES = {1: "necrotic core", 2: "oedema", 3: "enhancing tumour"}
AI = Algorithm("brats_segmentation", "0.1.0")
TURN, _ = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))
SHAPE = (12, 11, 5)


def study(axes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return image, labels with a hole and an island, and affine (RAS)."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[1:8, 2:9, 1:4] = 2
    labels[3:6, 4:7, 2] = 0
    labels[4, 5, 2] = 2
    labels[9, 1, 3] = 1
    affine = np.eye(4)
    affine[:3, :3] = axes
    affine[:3, 3] = [12.5, -40.25, 7.125]
    return np.zeros(SHAPE, np.uint16), labels, affine


def voxels_in(made: Any, number: int, affine: np.ndarray) -> np.ndarray:
    """Return the voxels of a region, on the grid of an affine (RAS)."""
    back, found = np.linalg.inv(ras_lps(affine)), np.zeros(SHAPE, int)
    (item,) = [i for i in made.ROIContourSequence if i.ReferencedROINumber == number]
    for contour in item.get("ContourSequence", ()):
        points = np.reshape([float(v) for v in contour.ContourData], (-1, 3))
        assert len(points) == contour.NumberOfContourPoints
        index = points @ back[:3, :3].T + back[:3, 3]
        (flat,) = np.flatnonzero(np.ptp(index, axis=0) < 1e-3)
        k = index[:, flat].mean()
        assert abs(k - round(k)) * np.linalg.norm(affine[:3, flat]) < 1e-3
        plane = np.take(found, round(k), axis=flat)
        centres = np.indices(plane.shape).reshape(2, -1).T
        closed = Polygon(np.delete(index, flat, axis=1)[[*range(len(index)), 0]])
        inside = closed.contains_points(centres).reshape(plane.shape)
        where = [slice(None)] * 3
        where[flat] = round(k)
        found[tuple(where)] += inside
    return found


@pytest.mark.parametrize(("order", "signs"), ALL_48)
def test_all_48_orientations(order: tuple[int, ...], signs: tuple[float, ...]) -> None:
    axes = np.eye(3)[:, list(order)] * signs * [0.9, 1.2, 4.0]
    check(axes, source_order=random.Random(2))


@pytest.mark.parametrize("flip", [1, -1])
def test_oblique(flip: int) -> None:
    check(TURN @ np.diag([0.94, 1.1, 3.3 * flip]), source_order=random.Random(3))


def check(axes: np.ndarray, source_order: random.Random) -> None:
    image, labels, affine = study(axes)
    source = slices(image, affine, uids())
    source_order.shuffle(source)
    made = make_rtstruct(labels, affine, source, NAMES, AI)
    for value in NAMES:
        assert np.array_equal(voxels_in(made, value, affine), labels == value)
    by_uid = {ds.SOPInstanceUID: ds for ds in source}
    for region in made.ROIContourSequence:
        for contour in region.get("ContourSequence", ()):
            (item,) = contour.ContourImageSequence
            ds = by_uid[item.ReferencedSOPInstanceUID]
            point = np.array([float(v) for v in contour.ContourData[:3]])
            across = np.cross(*np.reshape(ds.ImageOrientationPatient, (2, 3)))
            assert abs(across @ (point - np.array(ds.ImagePositionPatient))) < 1e-3


def test_the_file(tmp_path: Path) -> None:
    image, labels, affine = study(TURN @ np.diag([0.94, 1.1, 3.3]))
    source = slices(image, affine, uids(), PatientSex="F")
    path = write_rtstruct(tmp_path / "a/rs.dcm", labels, affine, source, NAMES, AI)
    made, first = pydicom.dcmread(path), source[0]
    assert [p.name for p in path.parent.iterdir()] == ["rs.dcm"]
    assert made.SOPClassUID.name == "RT Structure Set Storage"
    assert (str(made.PatientName), made.PatientID) == (NAME, ID)
    assert made.StudyInstanceUID == first.StudyInstanceUID
    assert made.SeriesInstanceUID != first.SeriesInstanceUID
    assert made.FrameOfReferenceUID == first.FrameOfReferenceUID
    assert made.Modality == "RTSTRUCT"
    (frame,) = made.ReferencedFrameOfReferenceSequence
    assert frame.FrameOfReferenceUID == first.FrameOfReferenceUID
    (series,) = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence
    assert series.SeriesInstanceUID == first.SeriesInstanceUID
    referred = {i.ReferencedSOPInstanceUID for i in series.ContourImageSequence}
    assert referred == {ds.SOPInstanceUID for ds in source}
    assert [r.ROIName for r in made.StructureSetROISequence] == list(NAMES.values())
    shades = [tuple(r.ROIDisplayColor) for r in made.ROIContourSequence]
    assert shades == [colour_bytes(value) for value in NAMES]
    kinds = [
        o.RTROIIdentificationCodeSequence[0] for o in made.RTROIObservationsSequence
    ]
    assert kinds[1].CodeValue == codes.SCT.Edema.value
    # A structure without voxels is a region without contours.
    assert "ContourSequence" not in made.ROIContourSequence[2]


def test_multi_frame_source(tmp_path: Path) -> None:
    image, labels, affine = study(TURN @ np.diag([0.94, 1.1, 3.3]))
    source = enhanced(image, affine, uids(), EchoTime=9, RepetitionTime=500)
    (series,) = find_series(save(tmp_path, [source])).series
    made = make_rtstruct(labels, affine, series, NAMES, AI)
    for value in NAMES:
        assert np.array_equal(voxels_in(made, value, affine), labels == value)
    for contour in made.ROIContourSequence[1].ContourSequence:
        (item,) = contour.ContourImageSequence
        groups = source.PerFrameFunctionalGroupsSequence[item.ReferencedFrameNumber - 1]
        origin = groups.PlanePositionSequence[0].ImagePositionPatient
        point = np.array([float(v) for v in contour.ContourData[:3]])
        away = ras_lps(affine)[:3, 2]
        apart = (point - np.array([float(v) for v in origin])) @ away
        assert abs(apart) / np.linalg.norm(away) < 1e-3


def test_what_is_refused() -> None:
    image, labels, affine = study(np.eye(3))
    source = source_images(slices(image, affine, uids()))
    with pytest.raises(LabelError, match="no name.*found .2."):
        make_rtstruct(labels, affine, source, {1: "tumour"}, AI)
    with pytest.raises(GeometryError, match="another grid"):
        make_rtstruct(labels[:-1], affine, source, NAMES, AI)
