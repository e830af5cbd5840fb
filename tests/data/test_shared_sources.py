"""The real data sets through the command line; skipped where they are not."""

from __future__ import annotations

import subprocess
import sys

import nibabel as nib
import numpy as np
import pytest

from mritumor.cli.main import main
from mritumor.data.datalist import SECTIONS, read_classes, read_datalist
from mritumor.data.read import read_volume

pytestmark = pytest.mark.shared_data


def prepared(kind, raw, out, *more):
    assert main(["data", "prepare", kind, str(raw), "--out", str(out), *more]) == 0
    return [i for s in SECTIONS for i in read_datalist(out / "datalist.json", s)]


def check_labels(items):
    """Canonical values on the grid of every image."""
    for item in items:
        label = nib.load(item["label"])
        values = np.unique(np.asarray(label.dataobj))
        assert label.get_data_dtype() == np.uint8
        assert set(values.tolist()) <= {0, 1, 2, 3} and len(values) > 1
        for file in item["image"]:
            image = nib.load(file)
            assert image.shape == label.shape
            np.testing.assert_allclose(image.affine, label.affine, atol=1e-4)


def test_six_patients_of_the_lgg_set_become_volumes(shared_data, tmp_path):
    raw = shared_data / "lgg/original"
    items = prepared("lgg-volumes", raw, tmp_path / "out")
    assert len({item["patient"] for item in items}) == len(items) == 6
    masks = {p.name: len(list(p.glob("*_mask.tif"))) for p in raw.iterdir()}
    for item in items:
        label = nib.load(item["label"])
        folder = item["label"].split("/")[-2]
        assert label.shape == (256, 256, masks[folder])
        assert item["tumour_voxels"] == np.asarray(label.dataobj).sum() > 0
        assert all(nib.load(f).shape == label.shape for f in item["image"])


def test_brats2015_labels_become_canonical(shared_data, tmp_path):
    raw = shared_data / "volumes/brats2015"
    options = ("--allow-missing", "--labels", "brats2013")
    items = prepared("brats", raw, tmp_path / "out", *options)
    assert len(items) == 4
    assert all(item["modalities"] == ["t1c", "t2f"] for item in items)
    check_labels(items)
    for item in items:
        case = item["image"][0].split("/")[-2]
        assert case == f"{item['patient']}_1" and item["site"] == "2013"
        source, _ = read_volume(raw / case / "OTMultiClass.nii.gz")
        made, _ = read_volume(item["label"])
        np.testing.assert_array_equal(made == 3, np.rint(source) == 4)
        np.testing.assert_array_equal(made > 0, np.rint(source) > 0)


def test_tcga_labels_become_canonical(shared_data, tmp_path):
    raw = shared_data / "volumes/tcga"
    items = prepared("brats", raw, tmp_path / "out", "--labels", "brats2017")
    assert [item["patient"] for item in items] == ["TCGA-DU-7294"]
    assert len(items[0]["image"]) == 4
    check_labels(items)


def test_anisotropic_nrrd_keeps_its_spacing(shared_data):
    from mritumor.geometry import spacing

    folder = shared_data / "volumes/anisotropic"
    image, affine = read_volume(folder / "brain1_image.nrrd")
    label, other = read_volume(folder / "brain1_label.nrrd")
    assert image.shape == label.shape == (256, 256, 25)
    assert spacing(affine) == pytest.approx((0.78, 0.78, 6.5), abs=0.01)
    np.testing.assert_allclose(affine, other, atol=1e-3)


@pytest.fixture(scope="module")
def unpacked(shared_data, tmp_path_factory):
    """A small piece of each packed set, as a user has it after downloading."""
    out = tmp_path_factory.mktemp("unpacked")
    command = [sys.executable, str(shared_data / "unpack.py"), str(out), "--limit", "4"]
    subprocess.run(command, check=True, capture_output=True)
    return out


def test_lgg_slices_of_four_patients(unpacked, tmp_path):
    items = prepared("lgg-slices", unpacked / "lgg", tmp_path / "out", "--folds", "0")
    assert len({i["patient"] for i in items}) == 4
    masks = list((unpacked / "lgg").rglob("*_mask.tif"))
    assert len(items) == len(masks)
    assert {i["class"] for i in items} == {0, 1}
    assert all((i["tumour_voxels"] > 0) == i["class"] for i in items)


def test_figshare_of_four_patients(unpacked, tmp_path):
    raw = unpacked / "figshare"
    items = prepared("figshare", raw, tmp_path / "out", "--split", "author")
    assert len({i["patient"] for i in items}) == 4
    assert len(items) == len(list(raw.glob("[0-9]*.mat")))
    assert all(i["tumour_voxels"] > 0 and 0 <= i["class"] < 3 for i in items)
    # Images are upright: the tumour's border, given as x and y, lies on the mask.
    import h5py
    from PIL import Image

    for item in items[:5]:
        number = int(item["image"][-8:-4])
        with h5py.File(raw / f"{number}.mat") as file:
            border = np.asarray(file["cjdata/tumorBorder"]).reshape(-1, 2)
        rows, columns = np.nonzero(np.asarray(Image.open(item["label"])))
        centre = np.array([columns.mean(), rows.mean()])
        assert np.abs(border.mean(0) - centre).max() < 20


def test_kaggle_of_four_images_per_class(unpacked, tmp_path):
    out = tmp_path / "out"
    items = prepared("images", unpacked / "kaggle", out, "--folds", "0")
    assert len(items) == 16
    classes = read_classes(out / "datalist.json")
    assert list(classes.values()) == ["glioma", "meningioma", "notumor", "pituitary"]


def test_anisotropic_volume_with_its_outline(shared_data, tmp_path):
    raw = shared_data / "volumes/anisotropic"
    (item,) = prepared("nifti", raw, tmp_path / "out")
    label = nib.load(item["label"])
    assert label.shape == (256, 256, 25) and item["tumour_voxels"] > 0
    assert label.header.get_zooms() == pytest.approx((0.78, 0.78, 6.5), abs=0.01)
