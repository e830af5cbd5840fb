"""2-D images with classes: each class looks like itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from mritumor.data import read_datalist
from mritumor.data.audit import audit
from mritumor.data.datalist import read_classes
from mritumor.phantom import StudyOptions, write_slice_phantoms
from mritumor.phantom.planes import PLANES, plane_grid
from mritumor.phantom.slices import CLASSES, make_slices

FAST = StudyOptions(spacing=2)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("slices")
    return write_slice_phantoms(out, 4, 1, FAST, per_patient=2)


def _items(path: Path) -> list[dict]:
    return [
        i for s in ("training", "validation", "testing") for i in read_datalist(path, s)
    ]


def test_layout(dataset: Path) -> None:
    items = _items(dataset)
    assert len(items) == 8
    for item in items:
        assert CLASSES[item["class"]] == item["class_name"]
        assert Path(item["image"]).parent.name == item["class_name"]
        image = np.asarray(Image.open(item["image"]))
        assert image.shape == (112, 112)
        assert image.dtype == np.uint8
        assert image.max() == 255
        mask = np.asarray(Image.open(item["label"]))
        assert mask.shape == image.shape
        tumour = item["class_name"] != "notumor"
        assert set(np.unique(mask)) == ({0, 255} if tumour else {0})
    assert read_classes(dataset) == dict(enumerate(CLASSES))
    assert json.loads(dataset.read_text())["labels"] == {
        "0": "background",
        "1": "tumour",
    }
    assert {i["class_name"] for i in items} == set(CLASSES)


def test_the_audit_finds_nothing(dataset: Path) -> None:
    found = audit(dataset).findings
    assert [f for f in found if f.severity != "note"] == []


def test_patients_have_several_slices_and_one_section(dataset: Path) -> None:
    patients = [item["patient"] for item in _items(dataset)]
    assert all(patients.count(p) == 2 for p in patients)


def test_slices_are_reproducible() -> None:
    first, second = (make_slices(4, 2, "glioma", 1, FAST)[0] for _ in range(2))
    assert first.image.tobytes() == second.image.tobytes()
    assert first.mask.tobytes() == second.mask.tobytes()


@pytest.mark.parametrize("name", ["meningioma", "pituitary"])
def test_solid_tumours_are_bright_and_round(name: str) -> None:
    one = make_slices(2, 1, name, 1, FAST)[0]
    inner = ndimage.binary_erosion(one.mask)
    assert np.median(one.image[inner]) > 1.5 * np.median(one.image[one.image > 40])
    around = ndimage.binary_dilation(one.mask) & ~one.mask
    assert around.sum() ** 2 / one.mask.sum() < 25


def test_a_meningioma_touches_the_skull_and_a_glioma_does_not_fill() -> None:
    for one in make_slices(2, 1, "meningioma", 2, FAST):
        head = ndimage.binary_fill_holes(ndimage.median_filter(one.image, 3) > 40)
        depth = ndimage.distance_transform_edt(head) * 2
        assert depth[one.mask].min() < 25
    glioma = make_slices(
        2, 0, "glioma", 1, StudyOptions(spacing=1, low_grade_fraction=0)
    )
    assert glioma[0].mask.any()


def test_a_pituitary_tumour_is_at_the_base_in_the_middle() -> None:
    slices = make_slices(2, 3, "pituitary", 3, FAST)
    for one in slices:
        if one.plane == "sagittal":
            continue
        column = np.argwhere(one.mask).mean(axis=0)[1]
        assert abs(column - 55.5) * 2 < 9


@pytest.mark.parametrize("plane", list(PLANES))
def test_planes_pass_through_the_point(plane: str) -> None:
    grid = plane_grid(plane, np.array([12.0, -30.0, 25.0]), 2.0)
    through = PLANES[plane][2]
    assert grid.points()[:, through] == pytest.approx([12.0, -30.0, 25.0][through])
    assert grid.shape == (112, 112, 1)
