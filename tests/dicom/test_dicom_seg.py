"""A label map written as SEG lies where it lay, as three libraries read it."""

from __future__ import annotations

import logging
import random
from itertools import permutations, product
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from dicom_writer import ID, NAME, enhanced, save, slices, uids
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.data import get_charset_files
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes
from scipy.spatial.distance import cdist

from mritumor.dicom import (
    Algorithm,
    find_series,
    make_seg,
    read_series,
    resample_labels,
    source_images,
    turn_labels,
    write_rtstruct,
    write_seg,
)
from mritumor.errors import GeometryError, InputError, LabelError
from mritumor.geometry import ras_lps, voxel_to_world
from mritumor.overlay import PALETTE

ALL_48 = list(product(permutations(range(3)), product((1.0, -1.0), repeat=3)))
NAMES = {1: "necrotic core", 2: "oedema", 3: "enhancing tumour"}
# Files that pydicom brings, of patients named in many scripts.
SCRIPTS = [f for f in sorted(get_charset_files("chr*.dcm")) if "chrSQ" not in f]
AI = Algorithm("brats_segmentation", "0.1.0", digest="ab12cd34")
TURN, _ = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))
OBLIQUE = TURN @ np.diag([0.94, 1.1, 3.3])


def affine_of(axes: np.ndarray) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = axes
    affine[:3, 3] = [12.5, -40.25, 7.125]
    return affine


def study(axes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return stored image, labels without symmetry, and affine (RAS)."""
    image = np.arange(8 * 6 * 5, dtype=np.uint16).reshape(8, 6, 5)
    labels = np.zeros(image.shape, np.uint8)
    labels[1:4, 2:5, 1:3], labels[2, 2, 1], labels[5, 1, 3] = 2, 1, 3
    return image, labels, affine_of(axes)


def places(mask: np.ndarray, affine: np.ndarray) -> np.ndarray:
    return voxel_to_world(affine, np.argwhere(mask))


def same_places(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two sets of points agree to 1e-3 mm."""
    apart = cdist(a, b)
    return a.shape == b.shape and max(apart.min(0).max(), apart.min(1).max()) < 1e-3


def shuffled(datasets: list[Any]) -> list[Any]:
    return random.Random(1).sample(datasets, len(datasets))


def seg_places(seg: Any, number: int) -> np.ndarray:
    """Return the positions (RAS) of a segment's voxels, by pydicom alone."""
    shared = seg.SharedFunctionalGroupsSequence[0]
    row, column = np.reshape(
        [float(v) for v in shared.PlaneOrientationSequence[0].ImageOrientationPatient],
        (2, 3),
    )
    down, right = (float(v) for v in shared.PixelMeasuresSequence[0].PixelSpacing)
    pixels = np.reshape(seg.pixel_array, (-1, seg.Rows, seg.Columns))
    found = []
    for frame, plane in zip(seg.PerFrameFunctionalGroupsSequence, pixels):
        if frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber == number:
            origin = np.array(
                [float(v) for v in frame.PlanePositionSequence[0].ImagePositionPatient]
            )
            for y, x in np.argwhere(plane):
                found.append(origin + x * right * row + y * down * column)
    return np.array(found) * [-1, -1, 1]


def check_everywhere(path: Path, labels: np.ndarray, affine: np.ndarray) -> None:
    """Read a SEG with pydicom and with highdicom and compare the positions."""
    plain, seg = pydicom.dcmread(path), hd.seg.segread(path)
    volume = seg.get_volume(combine_segments=True)
    turned = ras_lps(volume.affine)
    for value in NAMES:
        wanted = places(labels == value, affine)
        assert same_places(seg_places(plain, value), wanted)
        assert same_places(places(volume.array == value, turned), wanted)


def itk_places(path: Path) -> np.ndarray:
    image = sitk.ReadImage(str(path))
    index = np.argwhere(sitk.GetArrayFromImage(image).T).tolist()
    found = [image.TransformIndexToPhysicalPoint(i) for i in index]
    return np.array(found) * [-1, -1, 1]


@pytest.mark.parametrize(("order", "signs"), ALL_48)
def test_all_48_orientations(
    order: tuple[int, ...], signs: tuple[float, ...], tmp_path: Path
) -> None:
    axes = np.eye(3)[:, list(order)] * signs * [0.9, 1.2, 4.0]
    image, labels, affine = study(axes)
    source = shuffled(slices(image, affine, uids()))
    # The labels come in the phantom's own order of axes, not in the reader's.
    path = write_seg(tmp_path / "seg.dcm", labels, affine, source, NAMES, AI)
    check_everywhere(path, labels, affine)
    one = np.where(labels == 2, 2, 0)
    path = write_seg(tmp_path / "one.dcm", one, affine, source, {2: "oedema"}, AI)
    assert same_places(itk_places(path), places(labels == 2, affine))


@pytest.mark.parametrize("backwards", [False, True])
def test_oblique_files_shuffled_and_reversed(tmp_path: Path, backwards: bool) -> None:
    image, labels, affine = study(OBLIQUE * [1, 1, -1 if backwards else 1])
    made = slices(image, affine, uids())
    for k, ds in enumerate(made):
        ds.InstanceNumber = 900 - k
    save(tmp_path / "dicom", made[::-1] if backwards else shuffled(made))
    (series,) = find_series(tmp_path / "dicom").series
    volume = read_series(series)
    # The reader's grid and the phantom's are the same voxels.
    turned = turn_labels(labels, affine, volume.array.shape, volume.affine)
    path = write_seg(tmp_path / "s.dcm", turned, volume.affine, series, NAMES, AI)
    check_everywhere(path, labels, affine)
    check_references(pydicom.dcmread(path), {d.SOPInstanceUID: d for d in made})


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.booleans())
def test_any_rotation_spacing_and_order(seed: int, multi_frame: bool) -> None:
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    image, labels, affine = study(turn @ np.diag(rng.uniform(0.3, 6, 3)))
    made = slices(image, affine, uids())
    source = [made[k] for k in rng.permutation(len(made))]
    if multi_frame:
        source = [enhanced(image, affine, uids(), EchoTime=9, RepetitionTime=500)]
    seg = make_seg(labels, affine, source, NAMES, AI)
    for value in NAMES:
        assert same_places(seg_places(seg, value), places(labels == value, affine))


def check_references(seg: Any, by_uid: dict[str, Any]) -> None:
    """Each frame refers to the image that lies where it lies."""
    assert seg.NumberOfFrames == len(seg.PerFrameFunctionalGroupsSequence)
    for frame in seg.PerFrameFunctionalGroupsSequence:
        (derived,) = frame.DerivationImageSequence
        (item,) = derived.SourceImageSequence
        source = by_uid[item.ReferencedSOPInstanceUID]
        assert item.ReferencedSOPClassUID == source.SOPClassUID
        if "ReferencedFrameNumber" in item:
            groups = source.PerFrameFunctionalGroupsSequence
            source = groups[item.ReferencedFrameNumber - 1].PlanePositionSequence[0]
        ours = frame.PlanePositionSequence[0].ImagePositionPatient
        assert np.allclose(
            [float(v) for v in ours],
            [float(v) for v in source.ImagePositionPatient],
            atol=1e-3,
        )
    (series,) = seg.ReferencedSeriesSequence
    known = {i.ReferencedSOPInstanceUID for i in series.ReferencedInstanceSequence}
    assert known == set(by_uid)
    assert len(series.ReferencedInstanceSequence) == len(by_uid)


def with_two_echoes(made: Any) -> Any:
    """Let every position of a multi-frame image be there at two echo times."""
    frames, flat = [], np.reshape(made.pixel_array, (made.NumberOfFrames, -1))
    for frame in made.PerFrameFunctionalGroupsSequence:
        for time in (9.0, 90.0):
            echo, twin = Dataset(), Dataset()
            twin.update(frame)
            echo.EffectiveEchoTime = time
            twin.MREchoSequence = Sequence([echo])
            frames.append(twin)
    del made.SharedFunctionalGroupsSequence[0].MREchoSequence
    made.PerFrameFunctionalGroupsSequence = Sequence(frames)
    made.NumberOfFrames = len(frames)
    made.PixelData = np.repeat(flat, 2, axis=0).tobytes()
    return made


@pytest.mark.parametrize("echoes", [1, 2])
@pytest.mark.parametrize("kind", ["binary", "labelmap"])
def test_multi_frame_source(tmp_path: Path, echoes: int, kind: str) -> None:
    image, labels, affine = study(OBLIQUE)
    made = enhanced(image, affine, uids(), EchoTime=9, RepetitionTime=500)
    if echoes == 2:
        made = with_two_echoes(made)
    series = find_series(save(tmp_path / "dicom", [made])).series
    assert len(series) == echoes
    last = series[-1]
    path = write_seg(tmp_path / "s.dcm", labels, affine, last, NAMES, AI, kind=kind)
    seg = pydicom.dcmread(path)
    check_references(seg, {made.SOPInstanceUID: made})
    # Of two echoes, only frames of the asked one are referred to.
    times = {
        made.PerFrameFunctionalGroupsSequence[item.ReferencedFrameNumber - 1]
        .MREchoSequence[0]
        .EffectiveEchoTime
        for frame in seg.PerFrameFunctionalGroupsSequence
        for item in frame.DerivationImageSequence[0].SourceImageSequence
        if echoes == 2
    }
    assert times <= {last.header.echo_time} and len(times) == echoes - 1
    volume = hd.seg.segread(path).get_volume(combine_segments=True)
    for value in NAMES:
        found = places(volume.array == value, ras_lps(volume.affine))
        assert same_places(found, places(labels == value, affine))
    if kind == "binary":
        check_everywhere(path, labels, affine)


def test_what_the_segments_say(tmp_path: Path) -> None:
    image, labels, affine = study(OBLIQUE)
    source = slices(image, affine, uids(), PatientSex="F", AccessionNumber="A1")
    path = write_seg(tmp_path / "s.dcm", labels, affine, source, NAMES, AI)
    seg, first = hd.seg.segread(path), source[0]
    assert seg.SegmentationType == "BINARY" and seg.segment_numbers == [1, 2, 3]
    types = [codes.SCT.Necrosis, codes.SCT.Edema, codes.NCIt.EnhancingLesion]
    for value, wanted in zip(NAMES, types):
        segment = seg.get_segment_description(value)
        assert segment.segment_label == NAMES[value]
        assert segment.segmented_property_type == wanted
        category = codes.SCT.MorphologicallyAbnormalStructure
        assert segment.segmented_property_category == category
        assert segment.algorithm_type.value == "AUTOMATIC"
        own = segment.algorithm_identification
        assert (own.name, own.version) == ("brats_segmentation", "0.1.0")
        assert own.family == codes.DCM.ArtificialIntelligence
        shade = hd.color.CIELabColor.from_dicom_value(
            segment.RecommendedDisplayCIELabValue
        )
        shown = np.array(shade.to_rgb()) / 255
        assert np.allclose(shown, PALETTE[value - 1], atol=0.02)
    for keyword in (
        *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
        *("StudyInstanceUID", "StudyDate", "AccessionNumber", "FrameOfReferenceUID"),
    ):
        assert seg[keyword].value == first[keyword].value
    assert seg.SeriesInstanceUID != first.SeriesInstanceUID
    assert seg.SeriesNumber == 101 and "brats_segmentation" in seg.SeriesDescription
    assert seg.DeviceSerialNumber == "ab12cd34"


def test_empty_slices_and_empty_masks() -> None:
    image, labels, affine = study(OBLIQUE)
    source = source_images(slices(image, affine, uids()))
    some = make_seg(labels, affine, source, NAMES, AI)
    every = make_seg(labels, affine, source, NAMES, AI, keep_empty_frames=True)
    none = make_seg(labels * 0, affine, source, NAMES, AI)
    assert some.NumberOfFrames == 2 + 1 + 1
    assert every.NumberOfFrames == none.NumberOfFrames == 3 * 5
    assert not none.pixel_array.any() and len(none.SegmentSequence) == 3


@pytest.mark.parametrize(("own", "new"), [(4, 401), (0, 1), (2024022901, 1), (None, 1)])
def test_series_numbers(own: int | None, new: int) -> None:
    image, labels, affine = study(OBLIQUE)
    source = slices(image, affine, uids(), SeriesNumber=own)
    assert make_seg(labels, affine, source, NAMES, AI).SeriesNumber == new
    asked = make_seg(labels, affine, source, NAMES, AI, series_number=7)
    assert asked.SeriesNumber == 7


def test_values_with_gaps_are_numbered_on() -> None:
    image, labels, affine = study(OBLIQUE)
    labels[labels == 3] = 4
    names = {0: "background", 1: "NCR", 2: "ED", 4: "ET"}
    seg = make_seg(labels, affine, slices(image, affine, uids()), names, AI)
    assert [s.SegmentLabel for s in seg.SegmentSequence] == ["NCR", "ED", "ET"]
    assert same_places(seg_places(seg, 3), places(labels == 4, affine))


def test_orientations_that_differ_in_the_seventh_digit() -> None:
    image, labels, affine = study(np.diag([1.0, 1, 3]))
    source = slices(image, affine, uids())
    for k, ds in enumerate(source):
        ds.ImageOrientationPatient = [-1, k * 1e-7, 0, 0, -1, 0]
    seg = make_seg(labels, affine, source, NAMES, AI)
    assert same_places(seg_places(seg, 2), places(labels == 2, affine))


def test_another_grid_is_refused_and_resampled() -> None:
    image, labels, affine = study(OBLIQUE)
    source = source_images(slices(image, affine, uids()))
    fine = affine @ np.diag([0.5, 0.5, 1, 1])
    fine[:3, 3] -= OBLIQUE @ [0.25, 0.25, 0]  # the same field of view
    doubled = labels.repeat(2, axis=0).repeat(2, axis=1)
    with pytest.raises(GeometryError, match="another grid.*resample_labels"):
        make_seg(doubled, fine, source, NAMES, AI)
    back = resample_labels(doubled, fine, source.shape, source.affine)
    seg = make_seg(back, source.affine, source, NAMES, AI)
    for value in NAMES:
        assert same_places(seg_places(seg, value), places(labels == value, affine))
    shifted = affine.copy()
    shifted[0, 3] += 0.5
    with pytest.raises(GeometryError, match="corners up to 0.5 mm apart"):
        make_seg(labels, shifted, source, NAMES, AI)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda m: m.astype(float) + 0.5, LabelError, "not whole numbers"),
        (lambda m: m * np.nan, LabelError, "not whole numbers"),
        (lambda m: m + 5, LabelError, "no name.*found .5, 6, 7, 8"),
        (lambda m: m[..., 0], LabelError, "three axes.*8, 6"),
    ],
)
def test_bad_labels(change: Any, error: type[Exception], said: str) -> None:
    image, labels, affine = study(OBLIQUE)
    with pytest.raises(error, match=said):
        make_seg(change(labels), affine, slices(image, affine, uids()), NAMES, AI)


def test_bad_sources() -> None:
    image, labels, affine = study(OBLIQUE)
    made = slices(image, affine, uids())
    with pytest.raises(InputError, match="not the images of one volume.*2 series"):
        make_seg(labels, affine, made + slices(image, affine, uids()), NAMES, AI)
    with pytest.raises(InputError, match="not the images of one volume.*0 series"):
        make_seg(labels, affine, [], NAMES, AI)
    with pytest.raises(LabelError, match="no such kind.*fractional"):
        make_seg(labels, affine, made, NAMES, AI, kind="fractional")
    with pytest.raises(LabelError, match="have no names"):
        make_seg(labels, affine, made, {0: "background"}, AI)
    for ds in made:
        del ds.FrameOfReferenceUID
    with pytest.raises(InputError, match="do not tell their frame of reference"):
        make_seg(labels, affine, made, NAMES, AI)


def test_files_that_are_gone(tmp_path: Path) -> None:
    image, labels, affine = study(OBLIQUE)
    save(tmp_path / "dicom", slices(image, affine, uids()))
    (series,) = find_series(tmp_path / "dicom").series
    for path in (tmp_path / "dicom").iterdir():
        path.unlink()
    with pytest.raises(InputError, match="can no longer be read.*instance"):
        make_seg(labels, affine, series, NAMES, AI)


def complain(**given: Any) -> None:
    """Say what libraries say of a value that they do not like."""
    raise ValueError(f"'{NAME}' is no name of {ID}, born 01.01.1970")


def test_headers_that_dicom_forbids_and_nobodys_name(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
) -> None:
    caplog.set_level(logging.DEBUG)
    image, labels, affine = study(OBLIQUE)
    bad: dict[str, Any] = {"PatientSex": "male", "StudyTime": "ANONYMOUS"}
    # highdicom warns of a name like this one, and quotes it.
    bad["PatientName"], bad["PatientBirthDate"] = "Mustermann", "01.01.1970"
    with pytest.warns(UserWarning):
        source = slices(image, affine, uids(), **bad)
    # What pydicom said of this test's own writing does not count.
    recwarn.clear()
    caplog.clear()
    path = write_seg(tmp_path / "s.dcm", labels, affine, source, NAMES, AI)
    seg = pydicom.dcmread(path)
    assert seg.PatientSex == "" == seg.StudyTime == seg.PatientBirthDate
    assert seg.PatientName == "Mustermann" and seg.PatientID == ID
    early = f"{caplog.text} {[str(w.message) for w in recwarn]}"
    caplog.clear()
    monkeypatch.setattr(hd.seg, "Segmentation", complain)
    with pytest.raises(
        InputError, match="no valid SEG.*ValueError: .* is no name"
    ) as caught:
        make_seg(labels, affine, source, NAMES, AI)
    told = f"{early} {caplog.text} {caught.value}"
    assert [s for s in (ID, *NAME.split("^"), "1970") if s in told] == [], told


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: Path(file).stem)
@pytest.mark.parametrize("write", [write_seg, write_rtstruct])
def test_names_in_any_script(tmp_path: Path, file: str, write: Any) -> None:
    named = pydicom.dcmread(file)
    image, labels, affine = study(OBLIQUE)
    words = {k: named.get(k) for k in ("SpecificCharacterSet", "PatientName")}
    save(tmp_path / "in", slices(image, affine, uids(), **words))
    (series,) = find_series(tmp_path / "in").series
    names = {**NAMES, 2: "Ödem 水腫"}
    path = write(tmp_path / "out.dcm", labels, affine, series, names, AI)
    assert pydicom.dcmread(path).PatientName == named.get("PatientName")
    assert "Ödem 水腫" in str(pydicom.dcmread(path))
