from __future__ import annotations

import json

import nibabel as nib
import numpy as np
import pytest

from mritumor.data.datalist import SECTIONS, read_datalist, read_modalities
from mritumor.data.prepare import Options, prepare
from mritumor.errors import InputError, LabelError

GRID = np.array([[-1, 0, 0, 90], [0, -1, 0, 126], [0, 0, 2, -72], [0, 0, 0, 1.0]])
CHANNELS = {"0": "FLAIR", "1": "T1w", "2": "t1gd", "3": "T2w"}
LABELS = {
    "0": "background",
    "1": "edema",
    "2": "non-enhancing tumor",
    "3": "enhancing tumour",
}


def save(file, array):
    file.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(array, GRID), file)


def describe(folder, modality=CHANNELS, labels=LABELS):
    text = json.dumps({"modality": modality, "labels": labels})
    (folder / "dataset.json").write_text(text)


@pytest.fixture
def raw(tmp_path):
    """Channel c of case n is n everywhere but 10 c in the first voxel."""
    folder = tmp_path / "Task01_BrainTumour"
    for n in range(1, 5):
        image = np.full((4, 5, 3, 4), n, np.float32)
        image[0, 0, 0] = [0, 10, 20, 30]
        save(folder / f"imagesTr/BRATS_00{n}.nii.gz", image)
        label = np.resize(np.array([0, 1, 2, 3], np.uint8), (4, 5, 3))
        save(folder / f"labelsTr/BRATS_00{n}.nii.gz", label)
    describe(folder)
    return folder


def prepared(raw, out, **options):
    report = prepare("msd-task01", raw, out, Options(folds=0, **options))
    return report, [i for s in SECTIONS for i in read_datalist(report.datalist, s)]


def voxels(file):
    return np.asarray(nib.load(file).dataobj)


def test_channels_and_labels_become_canonical_on_the_same_grid(raw, tmp_path):
    report, items = prepared(raw, tmp_path / "out")
    assert read_modalities(report.datalist) == ("t1n", "t1c", "t2w", "t2f")
    assert len(items) == 4
    for item in items:
        image, label = nib.load(item["image"]), nib.load(item["label"])
        assert voxels(item["image"])[0, 0, 0].tolist() == [10, 20, 30, 0]
        assert voxels(item["label"]).ravel()[:4].tolist() == [0, 2, 1, 3]
        np.testing.assert_array_equal(image.affine, GRID)
        np.testing.assert_array_equal(label.affine, GRID)
        assert image.shape == (4, 5, 3, 4) and label.get_data_dtype() == np.uint8
        assert image.get_data_dtype() == np.float32
    notes = " | ".join(report.notes)
    assert "t2f, t1n, t1c, t2w becomes t1n, t1c, t2w, t2f" in notes
    assert "labels are read as msd: 1 ED, 2 NCR, 3 ET" in notes


def test_order_is_the_one_of_dataset_json(raw, tmp_path):
    describe(raw, {"0": "T1w", "1": "T1gd", "2": "T2w", "3": "FLAIR"})
    _, items = prepared(raw, tmp_path / "out")
    assert voxels(items[0]["image"])[0, 0, 0].tolist() == [0, 10, 20, 30]


def test_without_dataset_json_the_published_order_is_assumed_and_said(raw, tmp_path):
    (raw / "dataset.json").unlink()
    report, items = prepared(raw, tmp_path / "out")
    assert voxels(items[0]["image"])[0, 0, 0].tolist() == [10, 20, 30, 0]
    assert any("no dataset.json" in note for note in report.notes)


def test_parent_of_the_task_folder_test_images_and_litter(raw, tmp_path):
    save(raw / "imagesTs/BRATS_900.nii.gz", np.zeros((4, 5, 3, 4), np.float32))
    (raw / "imagesTr/._BRATS_001.nii.gz").write_bytes(b"x")
    (raw / "._dataset.json").write_bytes(b"x")
    (tmp_path / "other").mkdir()
    report, items = prepared(tmp_path, tmp_path.parent / f"{tmp_path.name}_out")
    assert len(items) == 4 and not report.failures
    assert any("1 images of imagesTs" in note for note in report.notes)


def test_other_channels_or_labels_are_refused(raw, tmp_path):
    describe(raw, {"0": "FLAIR", "1": "T1w"})
    with pytest.raises(InputError, match="not the four sequences"):
        prepared(raw, tmp_path / "out")
    describe(raw, labels={**LABELS, "1": "necrosis", "2": "edema"})
    with pytest.raises(LabelError, match="not those of Task01.*--labels"):
        prepared(raw, tmp_path / "out")
    _, items = prepared(raw, tmp_path / "out", labels="brats2023")
    assert voxels(items[0]["label"]).ravel()[:4].tolist() == [0, 1, 2, 3]


def no_outline(raw):
    (raw / "labelsTr/BRATS_002.nii.gz").unlink()


def three_dimensions(raw):
    save(raw / "imagesTr/BRATS_002.nii.gz", np.zeros((4, 5, 3), np.float32))


def other_value(raw):
    save(raw / "labelsTr/BRATS_002.nii.gz", np.full((4, 5, 3), 4, np.uint8))


def pointer(raw):
    file = raw / "imagesTr/BRATS_002.nii.gz"
    file.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")


@pytest.mark.parametrize(
    "spoil, said",
    [
        (no_outline, "outline is missing"),
        (three_dimensions, "no image of four sequences"),
        (other_value, "[4]"),
        (pointer, "Git-LFS pointer"),
    ],
)
def test_broken_case_is_named_and_the_others_go_on(raw, tmp_path, spoil, said):
    spoil(raw)
    report, items = prepared(raw, tmp_path / "out")
    (sentence,) = report.failures
    assert "BRATS_002" in sentence and said in sentence and len(items) == 3


def test_folder_without_images_is_refused(tmp_path):
    (tmp_path / "raw").mkdir()
    with pytest.raises(InputError, match="imagesTr"):
        prepare("msd-task01", tmp_path / "raw", tmp_path / "out")
