from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from mritumor.data.datalist import SECTIONS, read_datalist
from mritumor.data.prepare import Options, prepare
from mritumor.data.sources.brats_names import (
    CHILDREN,
    convention_by_name,
    patient_and_site,
)
from mritumor.errors import LabelError

B20 = ("t1", "t1ce", "t2", "flair")


@pytest.mark.parametrize(
    "case, patient, site",
    [
        ("brats_2013_pat0001_1", "brats_2013_pat0001", "2013"),
        ("brats_tcia_pat105_0001", "brats_tcia_pat105", "tcia"),
        ("Brats18_CBICA_AAB_1", "Brats18_CBICA_AAB", "CBICA"),
        ("BraTS19_TCIA01_131_1", "BraTS19_TCIA01_131", "TCIA01"),
        ("Brats18_2013_11_1", "Brats18_2013_11", "2013"),
        ("BraTS-MET-00012-001", "BraTS-MET-00012", ""),
        ("BraTS-PED-00012-000", "BraTS-PED-00012", ""),
        ("BraTS-MEN-RT-0004-1", "BraTS-MEN-RT-0004", ""),
        ("BraTS20_Training_001", "BraTS20_Training_001", ""),
        ("BraTS2021_00002", "BraTS2021_00002", ""),
        ("UCSF-PDGM-0004", "UCSF-PDGM-0004", ""),
    ],
)
def test_patient_and_site_by_name(case, patient, site):
    assert patient_and_site(case, Path(case)) == (patient, site)


@pytest.mark.parametrize(
    "case, name",
    [
        ("BRATS_HG0001", "brats2012"),
        ("SimBRATS_LG0002", "brats2012"),
        ("brats_2013_pat0001_1", "brats2013"),
        ("brats_tcia_pat105_0001", "brats2013"),
        ("Brats17_TCIA_100_1", "brats2017"),
        ("BraTS2021_00002", "brats2017"),
        ("BraTS-GLI-00002-000", "brats2023"),
        ("BraTS-MEN-00004-000", "brats2023"),
        ("BraTS-MET-00012-001", "brats2023"),
        ("BraTS-SSA-00002-000", "brats2023"),
        ("BraTS-PED-00012-000", CHILDREN),
    ],
)
def test_year_by_name(case, name):
    assert convention_by_name([case]) == name


def test_unknown_names_tell_no_year():
    assert convention_by_name(["P1", "BRATS_001"]) is None


@pytest.mark.parametrize(
    "cases",
    [
        ["BraTS-GLI-00002-000", "BraTS20_Training_001"],
        ["BraTS-GLI-00002-000", "BraTS-PED-00012-000"],
        ["brats_2013_pat0001_1", "BRATS_HG0001"],
    ],
)
def test_sets_that_number_differently_are_refused_together(cases):
    with pytest.raises(LabelError, match="^set: .*number their labels differently"):
        convention_by_name(cases, where="set")


def test_meningioma_radiotherapy_has_its_own_way(tmp_path):
    for n in range(2):
        name = f"BraTS-MEN-RT-000{n}-1"
        save(tmp_path / f"raw/{name}/{name}_t1c.nii.gz", [1, 2])
        save(tmp_path / f"raw/{name}/{name}_gtv.nii.gz", [0, 1])
    for options in ({}, {"labels": "brats2023", "allow_missing": True}):
        with pytest.raises(LabelError, match="MEN-RT outlines one.*prepare nifti"):
            prepared(tmp_path / "raw", tmp_path / "out", **options)
    report = prepare("nifti", tmp_path / "raw", tmp_path / "out", Options(folds=0))
    items = [i for s in SECTIONS for i in read_datalist(report.datalist, s)]
    assert len(items) == 2 and not report.failures
    assert all(set(np.unique(voxels(i["label"]))) == {0, 1} for i in items)


def write_children(raw, values):
    for n, own in enumerate(values):
        name = f"BraTS-PED-0000{n}-000"
        for word in ("t1n", "t1c", "t2w", "t2f"):
            save(raw / name / f"{name}-{word}.nii.gz", [1, 5])
        save(raw / name / f"{name}-seg.nii.gz", own)


def test_children_of_2024_are_told_by_the_4_of_any_case(tmp_path):
    write_children(tmp_path / "raw", [[0, 1, 2, 3, 4], [0, 1, 2, 3], [0, 2]])
    report, items = prepared(tmp_path / "raw", tmp_path / "out")
    assert any("brats2024-ped: 1 ET, 2 NET" in note for note in report.notes)
    whole = {i["patient"]: voxels(i["label"]).ravel()[:5].tolist() for i in items}
    # Enhancing 1 -> 3, non-enhancing 2 and cyst 3 -> 1, oedema 4 -> 2.
    assert whole["BraTS-PED-00000"] == [0, 3, 1, 1, 2]
    assert whole["BraTS-PED-00001"][:4] == [0, 3, 1, 1]
    labels = json.loads(report.datalist.read_text("utf-8"))["labels"]
    assert labels["1"].startswith("non-enhancing component")


def test_children_without_a_4_are_refused_until_the_year_is_said(tmp_path):
    write_children(tmp_path / "raw", [[0, 1, 2, 3], [0, 1, 2]])
    with pytest.raises(LabelError, match="2023 and of 2024.*--labels brats2024-ped"):
        prepared(tmp_path / "raw", tmp_path / "out")
    for labels, wanted in (
        ("brats2023", [0, 1, 2, 3]),
        ("brats2024-ped", [0, 3, 1, 1]),
    ):
        _, items = prepared(tmp_path / "raw", tmp_path / labels, labels=labels)
        (first,) = [i for i in items if i["patient"] == "BraTS-PED-00000"]
        assert voxels(first["label"]).ravel()[:4].tolist() == wanted


def save(file, values, shape=(4, 5, 3)):
    array = np.resize(np.asarray(values, np.uint8), shape)
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".mha":
        sitk.WriteImage(sitk.GetImageFromArray(array), str(file))
    else:
        nib.save(nib.Nifti1Image(array, np.eye(4)), file)


def prepared(raw, out, **options):
    report = prepare("brats", raw, out, Options(folds=0, **options))
    return report, [i for s in SECTIONS for i in read_datalist(report.datalist, s)]


def voxels(file):
    return np.asarray(nib.load(file).dataobj)


def test_mha_in_a_folder_per_sequence_as_in_2013(tmp_path):
    for n in (1, 2):
        case = tmp_path / f"raw/HG/brats_2013_pat000{n}_1"
        for word in ("Flair", "T1", "T1c", "T2"):
            name = f"VSD.Brain.XX.O.MR_{word}.5451{n}"
            save(case / name / f"{name}.mha", [1])
        name = f"VSD.Brain_3more.XX.O.OT.5452{n}"
        save(case / name / f"{name}.mha", [0, 1, 2, 3, 4])
    report, items = prepared(tmp_path / "raw", tmp_path / "out")
    assert len(items) == 2 and not report.failures
    assert {i["patient"] for i in items} == {f"brats_2013_pat000{n}" for n in (1, 2)}
    assert all(len(i["image"]) == 4 for i in items)
    assert set(np.unique(voxels(items[0]["label"]))) == {0, 1, 2, 3}


def test_mha_of_2012_has_no_enhancing_tumour(tmp_path):
    for n in (1, 2):
        name = f"BRATS_HG000{n}"
        for word in ("T1", "T1C", "T2", "FLAIR"):
            save(tmp_path / f"raw/{name}/{name}_{word}.mha", [1])
        save(tmp_path / f"raw/{name}/{name}_truth.mha", [0, 1, 2])
    _, items = prepared(tmp_path / "raw", tmp_path / "out")
    assert set(np.unique(voxels(items[0]["label"]))) == {0, 1, 2}


def test_misnamed_outline_of_2020_case_355(tmp_path):
    name = "BraTS20_Training_355"
    for word in B20:
        save(tmp_path / f"raw/{name}/{name}_{word}.nii", [1])
    save(tmp_path / f"raw/{name}/W39_1998.09.19_Segm.nii", [0, 1, 2, 4])
    report, (item,) = prepared(tmp_path / "raw", tmp_path / "out")
    assert item["label"].endswith(f"{name}_seg.nii.gz") and not report.failures
    assert set(np.unique(voxels(item["label"]))) == {0, 1, 2, 3}


def write_post(raw):
    for n in range(2):
        name = f"BraTS-GLI-0200{n}-100"
        for word in ("t1n", "t1c", "t2w", "t2f"):
            save(raw / name / f"{name}-{word}.nii.gz", [1])
        save(raw / name / f"{name}-seg.nii.gz", [0, 1, 2, 3, 4])


def test_resection_cavity_stays_4_when_chosen_and_is_listed(tmp_path):
    write_post(tmp_path / "raw")
    report, items = prepared(
        tmp_path / "raw", tmp_path / "out", labels="brats2024-post"
    )
    assert set(np.unique(voxels(items[0]["label"]))) == {0, 1, 2, 3, 4}
    labels = json.loads(report.datalist.read_text("utf-8"))["labels"]
    assert labels["4"] == "resection cavity"


def test_resection_cavity_is_refused_unless_chosen(tmp_path, capsys):
    from mritumor.cli.main import main

    write_post(tmp_path / "raw")
    words = ["data", "prepare", "brats", str(tmp_path / "raw"), "--out"]
    assert main([*words, str(tmp_path / "out")]) == 2
    assert "[4]" in capsys.readouterr().err


def test_sites_by_name_allow_leave_one_site_out(tmp_path):
    for site in ("CBICA", "TCIA01", "2013"):
        for n in range(3):
            name = f"Brats18_{site}_A{n}_1"
            for word in (*B20, "seg"):
                values = [0, 1, 2, 4] if word == "seg" else [1]
                save(tmp_path / f"raw/{name}/{name}_{word}.nii.gz", values)
    report, items = prepared(
        tmp_path / "raw", tmp_path / "out", split="leave-one-site-out"
    )
    document = json.loads(report.datalist.read_text("utf-8"))
    assert document["fold_names"] == {"0": "2013", "1": "CBICA", "2": "TCIA01"}
    for fold, site in document["fold_names"].items():
        out = read_datalist(report.datalist, "validation", fold=int(fold))
        assert {i["site"] for i in out} == {site} and len(out) == 3
