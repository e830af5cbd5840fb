from __future__ import annotations

import shutil

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from mritumor.data.datalist import SECTIONS, read_datalist
from mritumor.data.prepare import Options, prepare
from mritumor.data.sources.lgg_folders import copied_channels
from mritumor.data.sources.lgg_volumes import stack
from mritumor.errors import InputError

NAMES = ("TCGA_CS_4941_19960909", "TCGA_DU_5851_19950428", "TCGA_HT_7473_19970826")
MODALITIES = ("t1n", "t2f", "t1c")


def write_patient(root, name, slices=12, size=(6, 8)):
    """Slice n is grey 10 n in red, twice that in green; one voxel n of the mask."""
    folder = root / name
    folder.mkdir(parents=True)
    for n in range(1, slices + 1):
        picture = np.zeros((*size, 3), np.uint8)
        picture[..., 0], picture[..., 1], picture[..., 2] = 10 * n, 20 * n, 5 * n
        picture[0, 1] = (255, 254, 253)
        mask = np.zeros(size, np.uint8)
        mask[2, 3] = 255 * (n % 2)
        Image.fromarray(picture).save(folder / f"{name}_{n}.tif")
        Image.fromarray(mask).save(folder / f"{name}_{n}_mask.tif")
    return folder


@pytest.fixture
def raw(tmp_path):
    for name in NAMES:
        write_patient(tmp_path / "raw", name)
    return tmp_path / "raw"


def prepared(raw, out, **options):
    report = prepare("lgg-volumes", raw, out, Options(folds=0, **options))
    items = [i for s in SECTIONS for i in read_datalist(report.datalist, s)]
    return report, {item["patient"]: item for item in items}


def voxels(file):
    return np.asarray(nib.load(file).dataobj)


def test_slices_are_stacked_by_number_not_as_text(raw, tmp_path):
    _, items = prepared(raw, tmp_path / "out")
    t1n = voxels(items["TCGA_CS_4941"]["image"][0])
    assert t1n.shape == (8, 6, 12)  # columns, rows, slices
    assert t1n[5, 5].tolist() == [10 * n for n in range(1, 13)]


def test_channels_are_t1n_t2f_t1c(raw, tmp_path):
    _, items = prepared(raw, tmp_path / "out")
    files = items["TCGA_CS_4941"]["image"]
    assert [f.split("_")[-1] for f in files] == [f"{m}.nii.gz" for m in MODALITIES]
    assert [int(voxels(f)[1, 0, 0]) for f in files] == [255, 254, 253]


def test_mask_is_0_or_1_where_it_was_drawn(raw, tmp_path):
    _, items = prepared(raw, tmp_path / "out")
    mask = voxels(items["TCGA_CS_4941"]["label"])
    assert mask.dtype == np.uint8 and np.argwhere(mask).tolist() == (
        [[3, 2, k] for k in range(0, 12, 2)]
    )
    assert items["TCGA_CS_4941"]["tumour_voxels"] == 6


def test_image_and_mask_share_one_grid(raw, tmp_path):
    _, items = prepared(raw, tmp_path / "out")
    for item in items.values():
        images = [nib.load(f) for f in (*item["image"], item["label"])]
        assert len({image.shape for image in images}) == 1
        assert all((image.affine == images[0].affine).all() for image in images)


def test_patient_site_and_lost_spacing_are_stated(raw, tmp_path):
    report, items = prepared(raw, tmp_path / "out")
    assert {p: i["site"] for p, i in items.items()} == {
        "TCGA_CS_4941": "CS",
        "TCGA_DU_5851": "DU",
        "TCGA_HT_7473": "HT",
    }
    assert any("spacing" in note for note in report.notes)
    assert '"spacing": "unknown"' in report.datalist.read_text("utf-8")


def test_doubled_folder_counts_once(raw, tmp_path):
    shutil.copytree(raw, raw / "lgg-mri-segmentation/kaggle_3m")
    report, items = prepared(raw, tmp_path / "out")
    assert len(items) == sum(report.cases.values()) == 3


def test_raw_is_not_changed(raw, tmp_path):
    before = {p: p.stat().st_mtime_ns for p in sorted(raw.rglob("*"))}
    prepared(raw, tmp_path / "out")
    assert before == {p: p.stat().st_mtime_ns for p in sorted(raw.rglob("*"))}


def gap(folder):
    for file in folder.glob("*_5*.tif"):
        if "_5." in file.name or "_5_mask" in file.name:
            file.unlink()


def no_mask(folder):
    (folder / f"{folder.name}_7_mask.tif").unlink()


def no_image(folder):
    (folder / f"{folder.name}_12.tif").unlink()


def corrupt(folder):
    file = folder / f"{folder.name}_3.tif"
    file.write_bytes(file.read_bytes()[:40])


def pointer(folder):
    text = b"version https://git-lfs.github.com/spec/v1\n"
    (folder / f"{folder.name}_3.tif").write_bytes(text)


def other_size(folder):
    file = folder / f"{folder.name}_4.tif"
    Image.fromarray(np.zeros((5, 8, 3), np.uint8)).save(file)


def grey(folder):
    file = folder / f"{folder.name}_4.tif"
    Image.fromarray(np.zeros((6, 8), np.uint8)).save(file)


@pytest.mark.parametrize(
    "spoil, said",
    [
        (gap, "without 5"),
        (no_mask, "_7_mask.tif"),
        (no_image, "_12_mask.tif"),
        (corrupt, "_3.tif"),
        (pointer, "_3.tif"),
        (other_size, "differ in size"),
        (grey, "_4.tif"),
    ],
)
def test_broken_patient_is_named_and_the_others_go_on(raw, tmp_path, spoil, said):
    write_patient(raw, "TCGA_FG_5964_20010511")
    spoil(raw / "TCGA_FG_5964_20010511")
    report, items = prepared(raw, tmp_path / "out")
    assert len(items) == 3 and "TCGA_FG_5964" not in items
    (sentence,) = report.failures
    assert "TCGA_FG_5964_20010511" in sentence and said in sentence


def test_copy_of_flair_is_reported(raw, tmp_path):
    for file in raw.glob(f"{NAMES[0]}/*[0-9].tif"):
        picture = np.asarray(Image.open(file)).copy()
        picture[..., 2] = picture[..., 1]
        Image.fromarray(picture).save(file)
    _, items = prepared(raw, tmp_path / "out")
    assert items["TCGA_CS_4941"]["copied_channels"] == ["t1c"]
    assert "copied_channels" not in items["TCGA_DU_5851"]


def test_recompressed_copy_is_a_copy_and_an_empty_image_is_none():
    flair = np.random.default_rng(0).integers(60, 200, (9, 9, 9)).astype(np.uint8)
    image = np.stack([flair // 2, flair, flair + 1], axis=-1)
    assert copied_channels(image) == ["t1c"]
    assert copied_channels(np.zeros_like(image)) == []


def test_stack_of_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match=str(tmp_path)):
        stack(tmp_path)


def test_folder_without_patients_is_refused(tmp_path):
    (tmp_path / "raw").mkdir()
    with pytest.raises(InputError, match="TCGA_CS_4941"):
        prepare("lgg-volumes", tmp_path / "raw", tmp_path / "out")


def test_two_studies_of_a_patient_stay_together(raw, tmp_path):
    for day in ("20000101", "20010101", "20020101"):
        write_patient(raw, f"TCGA_CS_4941_{day}", slices=2)
    report = prepare("lgg-volumes", raw, tmp_path / "out", Options(folds=3))
    sides = [
        {(item["patient"], item["fold"]) for item in read_datalist(report.datalist, s)}
        for s in SECTIONS
    ]
    assert sum(map(len, sides)) == 3 and sum(report.cases.values()) == 6
