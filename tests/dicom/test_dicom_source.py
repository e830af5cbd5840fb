"""DICOM trees to a datalist: the right sequences, and nobody's name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from dicom_writer import DESCRIPTIONS, ID, NAME, TIMES, as_stored, save, slices
from pydicom.uid import RLELossless, generate_uid

from mritumor.cli.main import main
from mritumor.data.prepare import Options, Report, prepare
from mritumor.data.read import read_volume
from mritumor.data.sources.dicom import prepare_cases
from mritumor.errors import InputError
from mritumor.geometry import grid_difference, ras_lps
from mritumor.phantom import Study, make_study

NAMES = tuple(TIMES)


@pytest.fixture(scope="module")
def study() -> Study:
    return make_study(seed=2, case=0, spacing=5)


def write_study(folder: Path, study: Study, skip: tuple[str, ...] = ()) -> str:
    """Write a study as an archive exports it: all in one folder, numbered."""
    uid, made = generate_uid(), []
    for number, name in enumerate(NAMES):
        if name in skip:
            continue
        tags = {**TIMES[name], "SeriesDescription": DESCRIPTIONS[name]}
        own = (uid, generate_uid())
        array = as_stored(study.images[name])
        made += slices(array, study.affines[name], own, SeriesNumber=number, **tags)
    save(folder, made, "{:08X}".format)
    return uid


def extra(folder: Path, study: Study, uid: str, description: str, **tags: Any) -> None:
    """Add a series to a study."""
    tags = {**TIMES["t1n"], **tags, "SeriesDescription": description}
    array = as_stored(study.images["t1n"])
    own = (uid, generate_uid())
    save(folder, slices(array, study.affines["t1n"], own, SeriesNumber=9, **tags))


def secrets_in(*texts: object) -> list[str]:
    words = [ID, *NAME.split("^"), "19700101"]
    return [w for w in words for t in texts if w.lower() in str(t).lower()]


def told(report: Report, out: Path) -> list[str]:
    """Return every word that a preparation lets out."""
    files = [str(p.relative_to(out)) for p in out.rglob("*")]
    return [
        *files,
        *report.notes,
        *report.failures,
        (out / "datalist.json").read_text(),
    ]


def test_a_study_becomes_a_case(study: Study, tmp_path: Path) -> None:
    folder = tmp_path / f"raw/{NAME}"
    uid = write_study(folder, study)
    for name in ("localizer", "ep2d_diff_b1000", "t1_mpr_cor"):
        extra(folder / name, study, uid, name)
    report = prepare("dicom", tmp_path / "raw", tmp_path / "out", Options(folds=0))
    assert not report.failures and report.cases["testing"] == 1
    document = json.loads((tmp_path / "out/datalist.json").read_text())
    (item,) = document["testing"]
    assert [Path(p).name[-10:-7] for p in item["image"]] == list(NAMES)
    assert document["modality"] == {str(k): m for k, m in enumerate(NAMES)}
    for name, path in zip(NAMES, item["image"]):
        array, affine = read_volume(tmp_path / "out" / path)
        _check_same_place(array, affine, study, name)
    assert secrets_in(*told(report, tmp_path / "out")) == []


def _check_same_place(
    array: np.ndarray, affine: np.ndarray, study: Study, name: str
) -> None:
    """The grids agree after both are turned to the nearest RAS axes."""
    ours = nib.as_closest_canonical(nib.Nifti1Image(array, affine))
    stored = as_stored(study.images[name])
    true = nib.as_closest_canonical(nib.Nifti1Image(stored, study.affines[name]))
    difference = grid_difference(ours.shape, ours.affine, true.shape, true.affine, 1e-3)
    assert difference is None
    assert np.array_equal(np.asarray(ours.dataobj), np.asarray(true.dataobj))


def test_the_command_line(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path / "raw", study)
    words = ["data", "prepare", "dicom", str(tmp_path / "raw"), "--out"]
    assert main([*words, str(tmp_path / "out")]) == 0
    shown = capsys.readouterr()
    assert "1 testing" in shown.out and secrets_in(shown.out, shown.err) == []


@pytest.mark.parametrize(
    ("skip", "more", "said"),
    [
        (
            ("t1c",),
            {},
            "t1c is missing.*t1n: series 0 't1_se_tra' .TR 550, TE 9, no TI",
        ),
        ((), {"t1 sag": {}}, "2 series may be the t1n.*'t1_se_tra'.*'t1 sag'"),
        ((), {"t2_x": {}}, "'t2_x'.*not clear which.*a t2 by its name, a t1 by its"),
        (
            ("t2f",),
            {"ADC": {}},
            "t2f is missing.*passed over series 9 'ADC'.*diffusion",
        ),
    ],
)
def test_doubts_are_named(
    study: Study,
    tmp_path: Path,
    skip: tuple[str, ...],
    more: Mapping[str, Any],
    said: str,
) -> None:
    uid = write_study(tmp_path / "raw", study, skip)
    for description, tags in more.items():
        extra(tmp_path / "raw/more", study, uid, description, **tags)
    with pytest.raises(InputError, match=said) as caught:
        prepare("dicom", tmp_path / "raw", tmp_path / "out")
    assert secrets_in(caught.value) == []


def test_a_missing_sequence_is_allowed_when_asked(study: Study, tmp_path: Path) -> None:
    write_study(tmp_path / "raw", study, skip=("t1c",))
    chosen = Options(allow_missing=True)
    prepare("dicom", tmp_path / "raw", tmp_path / "out", chosen)
    (item,) = json.loads((tmp_path / "out/datalist.json").read_text())["testing"]
    assert item["modalities"] == ["t1n", "t2w", "t2f"] and len(item["image"]) == 3


def test_other_grids_are_written_and_refused(study: Study, tmp_path: Path) -> None:
    uid = write_study(tmp_path / "raw", study, skip=("t2f",))
    tags = {**TIMES["t2f"], "SeriesDescription": "FLAIR"}
    array = as_stored(study.images["t2f"])[:, :, ::2]
    affine = study.affines["t2f"] @ np.diag([1.0, 1, 2, 1])
    own = slices(array, affine, (uid, generate_uid()), **tags)
    save(tmp_path / "raw/flair", own)
    with pytest.raises(InputError, match="different grids.*mritumor data preprocess"):
        prepare("dicom", tmp_path / "raw", tmp_path / "out")
    assert len(list((tmp_path / "out").rglob("*.nii.gz"))) == 4


def test_a_bad_study_leaves_the_others(study: Study, tmp_path: Path) -> None:
    write_study(tmp_path / "raw/good", study)
    write_study(tmp_path / "raw/gap", study)
    files = sorted((tmp_path / "raw/gap").iterdir())
    (tmp_path / "raw/good/extra.dcm").write_bytes(files[10].read_bytes()[:600])
    files[10].unlink()
    report = prepare("dicom", tmp_path / "raw", tmp_path / "out")
    assert report.cases["testing"] == 1 and len(report.failures) == 2
    assert any("1 slice(s) are missing at" in f for f in report.failures)
    assert any("good/extra.dcm: this DICOM file" in f for f in report.failures)
    assert secrets_in(*told(report, tmp_path / "out")) == []


def test_one_patient_with_two_studies(study: Study, tmp_path: Path) -> None:
    for date in ("a", "b"):
        write_study(tmp_path / "raw" / date, study)
    report = prepare("dicom", tmp_path / "raw", tmp_path / "out")
    items = json.loads((tmp_path / "out/datalist.json").read_text())["testing"]
    assert len(items) == 2 and len({i["patient"] for i in items}) == 1
    assert len({i["image"][0] for i in items}) == 2
    assert any("count as one patient" in note for note in report.notes)


@dataclass(frozen=True)
class KeepIds(Options):
    keep_ids: bool = True


def test_ids_are_kept_when_asked(study: Study, tmp_path: Path) -> None:
    write_study(tmp_path / "raw", study)
    ((case, item),) = prepare_cases(tmp_path / "raw", tmp_path / "out", KeepIds(), [])
    assert isinstance(item, dict) and item["patient"] == ID and case.startswith(ID)


def test_nothing_there(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/a.txt").write_text("no image")
    with pytest.raises(InputError, match="no MR series were found .found 1 not DICOM"):
        prepare("dicom", tmp_path / "raw", tmp_path / "out")


def test_compressed_study_and_header_in_mm(study: Study, tmp_path: Path) -> None:
    write_study(tmp_path / "raw", study)
    from pydicom import dcmread

    for path in sorted((tmp_path / "raw").iterdir())[:5]:
        ds = dcmread(path)
        ds.compress(RLELossless)
        ds.save_as(path)
    prepare("dicom", tmp_path / "raw", tmp_path / "out")
    path, *_ = sorted((tmp_path / "out").rglob("*_t1n.nii.gz"))
    image = nib.load(path)
    assert image.header.get_xyzt_units()[0] == "mm"
    assert int(image.header["sform_code"]) == int(image.header["qform_code"]) == 1
    _check_same_place(np.asarray(image.dataobj), image.affine, study, "t1n")
    assert np.allclose(ras_lps(ras_lps(image.affine)), image.affine)
