"""Finding series: by content, whatever files are called and whatever lies beside."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_writer import ID, NAME, common, enhanced, save, slices, uids
from pydicom.fileset import FileSet
from pydicom.uid import generate_uid

from mritumor import dicom
from mritumor.dicom import find_series, read_series
from mritumor.dicom.patient import patient_of, pseudonym
from mritumor.errors import InputError, MRITumorError

AFFINE = np.diag([-2.0, -2, 4, 1])
SECRETS = (ID, *NAME.split("^"))


def _array(seed: int = 0, shape: tuple[int, int, int] = (12, 10, 6)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4096, shape).astype(np.uint16)


def _silent(text: object) -> bool:
    return not any(s.lower() in str(text).lower() for s in SECRETS)


def test_two_series_in_one_folder(tmp_path: Path) -> None:
    study = generate_uid()
    both = []
    for seed in (1, 2):
        own = (study, generate_uid())
        both += slices(_array(seed), AFFINE, own, SeriesNumber=seed)
    found = find_series(save(tmp_path, both[::2] + both[1::2]))
    assert [s.header.number for s in found.series] == [1, 2]
    for seed, series in zip((1, 2), found.series):
        assert np.array_equal(read_series(series).array, _array(seed))


def test_one_uid_that_mixes_echoes_sizes_and_planes(tmp_path: Path) -> None:
    own = uids()
    mixed = slices(_array(1), AFFINE, own, EchoTime=10)
    mixed += slices(_array(2), AFFINE, own, EchoTime=90)
    mixed += slices(_array(3, (8, 10, 6)), AFFINE, own, EchoTime=10)
    sagittal = AFFINE[:, [1, 2, 0, 3]]
    mixed += slices(_array(4), sagittal, own, EchoTime=10)
    found = find_series(save(tmp_path, mixed))
    assert len(found.series) == 4
    assert {s.orientations for s in found.series} == {2}
    shapes = sorted(read_series(s).array.shape for s in found.series)
    assert shapes == [(8, 10, 6)] + [(12, 10, 6)] * 3


def test_junk_is_passed_over(tmp_path: Path) -> None:
    save(tmp_path / "a/b", slices(_array(), AFFINE, uids()), "{}".format)
    for name in ("notes.txt", "empty", ".DS_Store", "LOCKFILE"):
        (tmp_path / name).write_bytes(b"" if name == "empty" else b"no image here")
    report = common(uids(), "1.2.840.10008.5.1.4.1.1.88.11", Modality="SR")
    save(tmp_path, [report], lambda _: "report.dcm")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX/x.dcm").write_bytes(b"junk")
    found = find_series(tmp_path)
    assert len(found.series) == 1 and len(found.series[0].frames) == 6
    assert found.others == {"not DICOM": 3, "SR": 1}
    assert not found.broken


def test_a_dicomdir_tree(tmp_path: Path) -> None:
    made = FileSet()
    for ds in slices(_array(), AFFINE, uids()):
        ds.StudyTime, ds.StudyID, ds.AccessionNumber = "120000", "1", ""
        made.add(ds)
    made.write(tmp_path / "disc")
    assert (tmp_path / "disc/DICOMDIR").is_file()
    (series,) = find_series(tmp_path / "disc").series
    assert np.array_equal(read_series(series).array, _array())


def test_images_that_lie_there_twice_count_once(tmp_path: Path) -> None:
    save(tmp_path / "a", slices(_array(), AFFINE, uids()))
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    found = find_series(tmp_path)
    assert len(found.series[0].frames) == 6 and found.twice == 6


def test_a_damaged_double_does_not_shut_out_the_sound_file(tmp_path: Path) -> None:
    save(tmp_path / "b", slices(_array(), AFFINE, uids()))
    (tmp_path / "a").write_bytes((tmp_path / "b/IM0002").read_bytes()[:700])
    found = find_series(tmp_path)
    assert len(found.series[0].frames) == 6 and len(found.broken) == 1


@pytest.mark.parametrize("implicit", [True, False])
def test_without_preamble(tmp_path: Path, implicit: bool) -> None:
    for k, ds in enumerate(slices(_array(), AFFINE, uids())):
        del ds.file_meta
        ds.save_as(tmp_path / f"{k}", implicit_vr=implicit, little_endian=True)
    (series,) = find_series(tmp_path).series
    assert np.array_equal(read_series(series).array, _array())


@pytest.mark.parametrize("keep", [100, 140, 300, 700, 900])
def test_truncated_headers_are_named_and_names_hidden(
    tmp_path: Path, keep: int
) -> None:
    folder = tmp_path / "MUSTERMANN_Erika"
    save(folder, slices(_array(), AFFINE, uids()), "IM{}.dcm".format)
    file = folder / "IM5.dcm"
    file.write_bytes(file.read_bytes()[:keep])
    found = find_series(tmp_path)
    (broken,) = found.broken
    assert "IM5.dcm" in str(broken) and _silent(broken)
    assert len(found.series[0].frames) == 5


def test_a_lone_truncated_file_hides_the_name_too(tmp_path: Path) -> None:
    save(tmp_path / ID, slices(_array(), AFFINE, uids())[:1], lambda _: "x.dcm")
    file = tmp_path / ID / "x.dcm"
    file.write_bytes(file.read_bytes()[:800])
    found = find_series(tmp_path)
    (broken,) = found.broken
    assert "x.dcm" in str(broken) and _silent(broken)


def _damage(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        changed[rng.randrange(132, len(changed))] = rng.randrange(256)
    return bytes(changed[: rng.randrange(len(changed)) if rng.random() < 0.3 else None])


@pytest.mark.parametrize("make", [slices, lambda *a: [enhanced(*a)]])
def test_damaged_bytes_give_sentences_and_no_names(
    tmp_path: Path, make: Any, recwarn: pytest.WarningsRecorder
) -> None:
    rng = random.Random(11)
    made = make(_array(), AFFINE, uids())
    recwarn.clear()
    for k in range(60):
        folder = save(tmp_path / str(k), made)
        file = rng.choice(sorted(folder.iterdir()))
        file.write_bytes(_damage(file.read_bytes(), rng))
        found = find_series(folder)
        assert all(_silent(broken) for broken in found.broken)
        for series in found.series:
            try:
                read_series(series)
            except MRITumorError as error:
                assert _silent(error)
    assert not [w for w in recwarn if "pydicom" in str(w.filename)]


def test_header_facts(tmp_path: Path) -> None:
    tags = {"SeriesDescription": f"T1 {NAME}", "ContrastBolusAgent": "Gadovist"}
    tags |= {"ScanningSequence": ["SE", "IR"], "InversionTime": 0}
    (series,) = find_series(
        save(tmp_path, slices(_array(), AFFINE, uids(), **tags))
    ).series
    header = series.header
    assert header.contrast_agent and header.inversion_time is None
    assert header.scanning == ("SE", "IR") and header.study_date == "20240229"
    assert header.image_type == ("ORIGINAL", "PRIMARY", "M", "ND")
    assert header.patient.id == ID
    assert _silent(series) and _silent(repr(series)) and _silent(repr(header))


def test_pseudonyms() -> None:
    one = common(uids(), "1.2")
    assert patient_of(one).pseudonym == pseudonym(ID) == pseudonym(f" {ID.lower()} ")
    assert pseudonym(ID) != pseudonym(ID + "1")
    one.PatientID = ""
    by_name = patient_of(one).pseudonym
    one.PatientName = ""
    assert len({by_name, patient_of(one).pseudonym, pseudonym(ID)}) == 3


def test_no_such_folder_and_public_names(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        find_series(tmp_path / "none")
    assert all(getattr(dicom, name) for name in dicom.__all__)
    with pytest.raises(AttributeError):
        getattr(dicom, "nothing")
