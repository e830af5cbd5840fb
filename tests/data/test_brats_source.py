from __future__ import annotations

import gzip

import nibabel as nib
import numpy as np
import pytest

from mritumor.data.datalist import SECTIONS, read_datalist
from mritumor.data.prepare import Options, prepare
from mritumor.errors import InputError, LabelError

GRID = np.array([[-1, 0, 0, 90], [0, -1, 0, 126], [0, 0, 2, -72], [0, 0, 0, 1.0]])
B20 = ("t1", "t1ce", "t2", "flair")
GLI = ("t1n", "t1c", "t2w", "t2f")


def save(file, values, affine=GRID, shape=(4, 5, 3)):
    array = np.resize(np.asarray(values, np.uint8), shape)
    file.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(array, affine), file)


def write_case(raw, name, words=B20, labels=(0, 1, 2, 4), sep="_"):
    for n, word in enumerate(words):
        save(raw / name / f"{name}{sep}{word}.nii.gz", [n, 100])
    if labels is not None:
        save(raw / name / f"{name}{sep}seg.nii.gz", labels)
    return raw / name


@pytest.fixture
def raw(tmp_path):
    for n in range(1, 7):
        write_case(tmp_path / "raw", f"BraTS20_Training_{n:03}")
    return tmp_path / "raw"


def prepared(raw, out, **options):
    report = prepare("brats", raw, out, Options(folds=0, **options))
    items = [i for s in SECTIONS for i in read_datalist(report.datalist, s)]
    return report, items


def voxels(file):
    return np.asarray(nib.load(file).dataobj)


def test_labels_0124_become_canonical_on_the_same_grid(raw, tmp_path):
    report, items = prepared(raw, tmp_path / "out")
    assert len(items) == 6 and not report.failures
    for item in items:
        label, image = nib.load(item["label"]), nib.load(item["image"][0])
        assert label.get_data_dtype() == np.uint8 and label.shape == image.shape
        np.testing.assert_array_equal(label.affine, image.affine)
        wanted = np.resize(np.array([0, 1, 2, 3], np.uint8), (4, 5, 3))
        np.testing.assert_array_equal(voxels(item["label"]), wanted)
        assert item["tumour_voxels"] == (wanted > 0).sum()
    assert any("brats2017" in note for note in report.notes)


def test_images_stay_where_they_are_in_channel_order(raw, tmp_path):
    _, items = prepared(raw, tmp_path / "out")
    for item in items:
        name = item["patient"]
        assert [f.split("/")[-1] for f in item["image"]] == [
            f"{name}_{word}.nii.gz" for word in B20
        ]
        assert [int(voxels(f)[0, 0, 0]) for f in item["image"]] == [0, 1, 2, 3]
    assert not list((tmp_path / "out").rglob("*t1*"))


def test_gli_names_tell_the_year_without_asking(tmp_path):
    for n in range(4):
        write_case(tmp_path / "r", f"BraTS-GLI-0000{n}-000", GLI, (0, 1, 2, 3), "-")
    report, items = prepared(tmp_path / "r", tmp_path / "out")
    assert any("brats2023" in note for note in report.notes)
    assert set(np.unique(voxels(items[0]["label"]))) == {0, 1, 2, 3}


def test_two_dates_are_one_patient(tmp_path):
    for patient in range(4):
        for date in ("000", "100"):
            name = f"BraTS-GLI-0000{patient}-{date}"
            write_case(tmp_path / "r", name, GLI, (0, 1, 2, 3), "-")
    report, items = prepared(tmp_path / "r", tmp_path / "out")
    assert len(items) == 8 and len({item["patient"] for item in items}) == 4
    sides = [
        {i["patient"] for i in read_datalist(report.datalist, s)} for s in SECTIONS
    ]
    assert sum(map(len, sides)) == 4


def test_sessions_of_a_bids_subject_are_one_patient(tmp_path):
    for subject in "ABCD":
        for session in ("ses-1", "ses-2"):
            folder = tmp_path / "r" / f"sub-{subject}" / session / "anat"
            for word in B20:
                save(folder / f"{word}.nii.gz", [1])
    _, items = prepared(tmp_path / "r", tmp_path / "out")
    assert len(items) == 8
    assert {i["patient"] for i in items} == {f"sub-{subject}" for subject in "ABCD"}


def test_folders_of_one_name_are_all_kept(tmp_path):
    for site in "AB":
        for patient in ("P1", "P2"):
            write_case(tmp_path / "r" / site, patient)
    _, items = prepared(tmp_path / "r", tmp_path / "out")
    assert {i["patient"] for i in items} == {"A_P1", "A_P2", "B_P1", "B_P2"}
    assert len({i["label"] for i in items}) == 4


def test_missing_sequence_is_refused_naming_it_and_the_way_out(raw, tmp_path):
    (raw / "BraTS20_Training_003/BraTS20_Training_003_t2.nii.gz").unlink()
    report, items = prepared(raw, tmp_path / "out")
    assert len(items) == 5
    (sentence,) = report.failures
    assert "BraTS20_Training_003: the sequence t2w is missing" in sentence
    assert "--allow-missing" in sentence


def test_missing_sequence_is_taken_when_allowed(raw, tmp_path):
    (raw / "BraTS20_Training_003/BraTS20_Training_003_t2.nii.gz").unlink()
    report, items = prepared(raw, tmp_path / "out", allow_missing=True)
    (item,) = [i for i in items if i["patient"].endswith("003")]
    assert item["modalities"] == ["t1n", "t1c", "t2f"] and len(item["image"]) == 3
    assert len(items) == 6 and not report.failures


def other_grid(folder):
    save(folder / f"{folder.name}_t2.nii.gz", [1], affine=np.diag([1, 1, 2, 1.0]))


def other_outline_grid(folder):
    save(folder / f"{folder.name}_seg.nii.gz", [0, 1], shape=(4, 5, 4))


def cut(folder):
    file = folder / f"{folder.name}_seg.nii.gz"
    whole = gzip.compress(gzip.decompress(file.read_bytes()), compresslevel=0)
    file.write_bytes(whole[:-60])


def unknown_value(folder):
    save(folder / f"{folder.name}_seg.nii.gz", [0, 1, 9])


def second_t1c(folder):
    save(folder / f"{folder.name}_t1gd.nii.gz", [1])


def unclear(folder):
    save(folder / f"{folder.name}_t1_flair.nii.gz", [1])


@pytest.mark.parametrize(
    "spoil, said",
    [
        (other_grid, "different grids: corners up to"),
        (other_outline_grid, r"another grid: shapes (4, 5, 4)"),
        (cut, "truncated"),
        (unknown_value, "[9]"),
        (second_t1c, "two files claim to be the t1c"),
        (unclear, "does not say clearly"),
    ],
)
def test_broken_case_is_named_and_the_others_go_on(raw, tmp_path, spoil, said):
    spoil(raw / "BraTS20_Training_004")
    report, items = prepared(raw, tmp_path / "out")
    assert len(items) == 5
    (sentence,) = report.failures
    assert "BraTS20_Training_004" in sentence and said in sentence


def test_plain_name_is_chosen_beside_a_processed_one(tmp_path):
    for n in range(3):
        case = write_case(
            tmp_path / "r", f"UCSF-PDGM-000{n}", ("T1", "T1c", "T2", "FLAIR")
        )
        save(case / f"{case.name}_T1_bias.nii.gz", [9])
        save(case / f"{case.name}_brain_segmentation.nii.gz", [1])
    _, items = prepared(tmp_path / "r", tmp_path / "out")
    assert all(i["image"][0].endswith("_T1.nii.gz") for i in items) and len(items) == 3
    assert set(np.unique(voxels(items[0]["label"]))) == {0, 1, 2, 3}


def test_cases_of_one_flat_folder_are_not_mixed(tmp_path):
    for patient in ("P1", "P10"):
        for word in B20:
            save(tmp_path / "r" / f"{patient}_{word}.nii.gz", [1])
    with pytest.raises(InputError, match="two files claim.*folder of its own"):
        prepared(tmp_path / "r", tmp_path / "out")


def test_values_alone_are_read_as_2017_when_4_stands_without_3(tmp_path):
    for n in range(3):
        write_case(tmp_path / "r", f"P{n}", labels=(0, 1, 2, 4))
    report, _ = prepared(tmp_path / "r", tmp_path / "out")
    assert any("brats2017" in note for note in report.notes)


def test_ambiguous_labels_are_refused_until_said(tmp_path):
    for n in range(3):
        write_case(tmp_path / "r", f"P{n}", labels=(0, 1, 2, 3))
    with pytest.raises(LabelError, match="msd.*--labels"):
        prepared(tmp_path / "r", tmp_path / "out")
    _, items = prepared(tmp_path / "r", tmp_path / "out", labels="msd")
    made = voxels(items[0]["label"]).ravel()[:4]
    assert made.tolist() == [0, 2, 1, 3]


def test_cases_without_outline_can_be_prepared(tmp_path):
    for n in range(3):
        write_case(tmp_path / "r", f"P{n}", labels=None)
    _, items = prepared(tmp_path / "r", tmp_path / "out")
    assert len(items) == 3 and all("label" not in item for item in items)


def test_junk_of_the_system_is_passed_over(raw, tmp_path):
    (raw / "__MACOSX/BraTS20_Training_001").mkdir(parents=True)
    (raw / "__MACOSX/BraTS20_Training_001/._BraTS20_t1.nii.gz").write_bytes(b"x")
    (raw / "BraTS20_Training_001/._BraTS20_Training_001_t1.nii.gz").write_bytes(b"x")
    report, items = prepared(raw, tmp_path / "out")
    assert len(items) == 6 and not report.failures
