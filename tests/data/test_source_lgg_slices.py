from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from mritumor.data.datalist import SECTIONS, read_datalist
from mritumor.data.prepare import Options, prepare

NAMES = ("TCGA_CS_4941_19960909", "TCGA_DU_5851_19950428", "TCGA_HT_7473_19970826")


def write_patient(root, name, seed, slices=12):
    """Random slices; those of odd number have n voxels of mask."""
    rng = np.random.default_rng(seed)
    folder = root / name
    folder.mkdir(parents=True)
    for n in range(1, slices + 1):
        picture = rng.integers(30, 255, (6, 8, 3)).astype(np.uint8)
        mask = np.zeros((6, 8), np.uint8)
        mask.flat[: n * (n % 2)] = 255
        Image.fromarray(picture).save(folder / f"{name}_{n}.tif")
        Image.fromarray(mask).save(folder / f"{name}_{n}_mask.tif")
    return folder


@pytest.fixture
def raw(tmp_path):
    for seed, name in enumerate(NAMES):
        write_patient(tmp_path / "raw/kaggle_3m", name, seed)
    return tmp_path / "raw"


def prepared(raw, out, **options):
    report = prepare("lgg-slices", raw, out, Options(folds=0, **options))
    return report, [i for s in SECTIONS for i in read_datalist(report.datalist, s)]


def test_each_slice_is_an_item_in_natural_order(raw, tmp_path):
    _, items = prepared(raw, tmp_path / "out")
    assert len(items) == 36
    own = [i for i in items if i["patient"] == "TCGA_CS_4941"]
    assert [i["slice"] for i in own] == list(range(1, 13))
    assert {i["site"] for i in own} == {"CS"}


def test_class_and_area_are_those_of_the_mask(raw, tmp_path):
    _, items = prepared(raw, tmp_path / "out")
    for item in items:
        odd = item["slice"] % 2
        assert (item["class"], item["class_name"]) == (odd, ["none", "tumour"][odd])
        assert item["tumour_voxels"] == item["slice"] * odd


def test_files_stay_and_are_named_relative_to_the_datalist(raw, tmp_path):
    report, items = prepared(raw, tmp_path / "out")
    text = json.loads(report.datalist.read_text("utf-8"))["training"][0]
    assert text["image"].startswith("../raw/kaggle_3m/TCGA_")
    assert text["label"] == text["image"].replace(".tif", "_mask.tif")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["datalist.json"]


def test_doubled_folder_and_litter_count_once(raw, tmp_path):
    shutil.copytree(raw / "kaggle_3m", raw / "lgg-mri-segmentation/kaggle_3m")
    shutil.copytree(raw / "kaggle_3m", raw / "__MACOSX/kaggle_3m")
    (raw / "kaggle_3m/.DS_Store").write_bytes(b"x")
    (raw / "kaggle_3m" / NAMES[0] / f"._{NAMES[0]}_1.tif").write_bytes(b"x")
    report, items = prepared(raw, tmp_path / "out")
    assert len(items) == 36 and not report.failures


def test_copied_flair_is_reported_for_all_slices_of_the_patient(raw, tmp_path):
    for file in (raw / "kaggle_3m" / NAMES[1]).glob("*[0-9].tif"):
        picture = np.asarray(Image.open(file)).copy()
        picture[..., 0] = picture[..., 1]
        Image.fromarray(picture).save(file)
    report, items = prepared(raw, tmp_path / "out")
    copied = [i for i in items if i.get("copied_channels") == ["t1n"]]
    assert {i["patient"] for i in copied} == {"TCGA_DU_5851"} and len(copied) == 12
    assert any("in 1 of them FLAIR" in note for note in report.notes)


def no_mask(folder):
    (folder / f"{folder.name}_7_mask.tif").unlink()


def pointer(folder):
    (folder / f"{folder.name}_7.tif").write_bytes(
        b"version https://git-lfs.github.com/spec/v1\n"
    )


def empty(folder):
    (folder / f"{folder.name}_7.tif").write_bytes(b"")


def other_size(folder):
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(
        folder / f"{folder.name}_7_mask.tif"
    )


@pytest.mark.parametrize(
    "spoil, said",
    [
        (no_mask, "_7.tif without"),
        (pointer, "Git-LFS pointer"),
        (empty, "the file is empty"),
        (other_size, "another size"),
    ],
)
def test_broken_slice_is_named_and_the_patients_others_go_on(
    raw, tmp_path, spoil, said
):
    spoil(raw / "kaggle_3m" / NAMES[2])
    report, items = prepared(raw, tmp_path / "out")
    (sentence,) = report.failures
    assert NAMES[2] in sentence and said in sentence and len(items) == 35


def test_empty_slices_of_two_patients_are_no_identical_image(raw, tmp_path):
    for name in NAMES[:2]:
        file = raw / "kaggle_3m" / name / f"{name}_2.tif"
        Image.fromarray(np.zeros((6, 8, 3), np.uint8)).save(file)
    report, items = prepared(raw, tmp_path / "out")
    assert len({i["patient"] for i in items}) == 3
    assert not any("joined" in note for note in report.notes)


def test_two_patients_with_one_slice_in_common_stay_together(raw, tmp_path):
    for n in range(3):
        write_patient(raw / "kaggle_3m", f"TCGA_FG_000{n}_20000101", 10 + n)
    for kind in ("", "_mask"):
        shutil.copy(
            raw / "kaggle_3m" / NAMES[0] / f"{NAMES[0]}_3{kind}.tif",
            raw / "kaggle_3m" / NAMES[1] / f"{NAMES[1]}_3{kind}.tif",
        )
    for seed in range(4):
        out = tmp_path / f"out{seed}"
        report, _ = prepared(raw, out, seed=seed)
        sides = [
            {i["patient"] for i in read_datalist(report.datalist, s)} for s in SECTIONS
        ]
        pair = {"TCGA_CS_4941", "TCGA_DU_5851"}
        assert sum(bool(pair & side) for side in sides) == 1
        assert any("1 patient id(s) joined" in note for note in report.notes)
