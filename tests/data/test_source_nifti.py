from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from mritumor.data.datalist import SECTIONS, read_datalist, read_modalities
from mritumor.data.prepare import Options, prepare
from mritumor.errors import InputError


def save(file, values=(1, 2), affine=None, shape=(4, 5, 3)):
    array = np.resize(np.asarray(values, np.uint8), shape)
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.name.endswith((".nii", ".nii.gz")):
        nib.save(nib.Nifti1Image(array, np.eye(4) if affine is None else affine), file)
    else:
        image = sitk.GetImageFromArray(array.transpose(2, 1, 0))
        image.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))  # RAS axes, told in LPS
        sitk.WriteImage(image, str(file))


def prepared(raw, out, **options):
    report = prepare("nifti", raw, out, Options(folds=0, **options))
    items = [i for s in SECTIONS for i in read_datalist(report.datalist, s)]
    return report, {i["patient"]: i for i in items}


def voxels(file):
    return np.asarray(nib.load(file).dataobj)


@pytest.mark.parametrize("end", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_folder_per_case_of_every_format(tmp_path, end):
    for name in ("P1", "P2", "P10"):
        for word in ("T1", "flair"):
            save(tmp_path / f"raw/{name}/{name}_{word}{end}")
        save(tmp_path / f"raw/{name}/{name}_seg{end}", (0, 1))
    report, items = prepared(tmp_path / "raw", tmp_path / "out")
    assert read_modalities(report.datalist) == ("t1n", "t2f")
    assert set(items) == {"P1", "P2", "P10"} and not report.failures
    for name, item in items.items():
        assert [f.split("_")[-1] for f in item["image"]] == [f"T1{end}", f"flair{end}"]
        assert set(np.unique(voxels(item["label"]))) == {0, 1}
        assert item["tumour_voxels"] == 30


def test_cases_side_by_side_with_outlines_for_some(tmp_path):
    for name in ("A", "B", "C"):
        save(tmp_path / f"raw/{name}_t1c.nii.gz")
    save(tmp_path / "raw/B_mask.nii.gz", (0, 255))
    _, items = prepared(tmp_path / "raw", tmp_path / "out")
    assert {n for n, i in items.items() if "label" in i} == {"B"}
    assert voxels(items["B"]["label"]).max() == 1
    assert items["A"]["image"].endswith("A_t1c.nii.gz")


def test_outline_named_after_its_case_and_image(tmp_path):
    save(tmp_path / "raw/brain1_image.nrrd")
    save(tmp_path / "raw/brain1_label.nrrd", (0, 1))
    save(tmp_path / "raw/brain10_image.nrrd")
    report, items = prepared(tmp_path / "raw", tmp_path / "out")
    assert read_modalities(report.datalist) == ("image",)
    labelled = {n: "label" in i for n, i in items.items()}
    assert labelled == {"brain1_image": True, "brain10_image": False}


def test_only_outline_of_a_folder_belongs_to_its_only_case(tmp_path):
    for name in ("P1", "P2"):
        save(tmp_path / f"raw/{name}/scan_t1c.nii.gz")
        save(tmp_path / f"raw/{name}/W39_1998.09.19_Segm.nii", (0, 1))
    _, items = prepared(tmp_path / "raw", tmp_path / "out")
    assert len(items) == 2 and all("label" in item for item in items.values())


def test_one_4d_file_per_case(tmp_path):
    for name in ("P1", "P2"):
        save(tmp_path / f"raw/{name}.nii.gz", shape=(4, 5, 3, 2))
        save(tmp_path / f"raw/{name}_seg.nii.gz", (0, 1))
    report, items = prepared(tmp_path / "raw", tmp_path / "out")
    assert read_modalities(report.datalist) == ("channel 0", "channel 1")
    assert all("label" in item for item in items.values())


def test_convention_is_applied_and_listed(tmp_path):
    save(tmp_path / "raw/P1_t1c.nii.gz")
    save(tmp_path / "raw/P1_seg.nii.gz", (0, 1, 2, 4))
    report, items = prepared(tmp_path / "raw", tmp_path / "out", labels="brats2017")
    assert voxels(items["P1"]["label"]).ravel()[:4].tolist() == [0, 1, 2, 3]
    assert '"3": "enhancing tumour"' in report.datalist.read_text("utf-8")


def test_scans_of_a_bids_subject_are_one_patient(tmp_path):
    for session in ("ses-1", "ses-2"):
        save(tmp_path / f"raw/sub-A/{session}/anat/t1c.nii.gz")
    report, items = prepared(tmp_path / "raw", tmp_path / "out")
    assert set(items) == {"sub-A"} and report.cases["testing"] == 2


@pytest.fixture
def raw(tmp_path):
    for n in range(3):
        for word in ("t1c", "t2f"):
            save(tmp_path / f"raw/P{n}/P{n}_{word}.nii.gz")
        save(tmp_path / f"raw/P{n}/P{n}_seg.nii.gz", (0, 1))
    return tmp_path / "raw"


def missing(raw):
    (raw / "P1/P1_t2f.nii.gz").unlink()


def other_grid(raw):
    save(raw / "P1/P1_t2f.nii.gz", affine=np.diag([1, 1, 2, 1.0]))


def several_values(raw):
    save(raw / "P1/P1_seg.nii.gz", (0, 1, 2))


def two_outlines(raw):
    save(raw / "P1/P1_mask.nii.gz", (0, 1))


def outline_elsewhere(raw):
    save(raw / "P1/P1_seg.nii.gz", (0, 1), shape=(4, 5, 4))


@pytest.mark.parametrize(
    "spoil, said",
    [
        (missing, "the sequence t2f is missing"),
        (other_grid, "different grids"),
        (several_values, "[0, 1, 2]"),
        (two_outlines, "two files claim to be the outline"),
        (outline_elsewhere, "another grid: shapes"),
    ],
)
def test_broken_case_is_named_and_the_others_go_on(raw, tmp_path, spoil, said):
    spoil(raw)
    report, items = prepared(raw, tmp_path / "out")
    (sentence,) = report.failures
    assert "P1" in sentence and said in sentence and len(items) == 2


def test_missing_sequence_is_taken_when_allowed(raw, tmp_path):
    missing(raw)
    _, items = prepared(raw, tmp_path / "out", allow_missing=True)
    assert items["P1"]["modalities"] == ["t1c"] and len(items) == 3


def test_named_and_unnamed_files_are_not_mixed(raw, tmp_path):
    save(raw / "scan.nii.gz")
    with pytest.raises(InputError, match="some do not"):
        prepared(raw, tmp_path / "out")


def test_other_number_of_channels_is_named(tmp_path):
    for name, channels in (("P1", 2), ("P2", 3)):
        save(tmp_path / f"raw/{name}.nii.gz", shape=(4, 5, 3, channels))
    report, items = prepared(tmp_path / "raw", tmp_path / "out")
    assert set(items) == {"P1"} and "P2" in report.failures[0]
