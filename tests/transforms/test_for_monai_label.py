"""Transforms that let one bundle serve MONAI Label and everybody else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import Spacingd

from mritumor.errors import LabelError
from mritumor.transforms import ClassFromLabeld, FlatPictured, ImageSpacingd


def test_a_picture_is_flat_for_monai_label_alone() -> None:
    pred = torch.zeros(1, 5, 7, dtype=torch.uint8)
    asked = FlatPictured("pred")({"pred": pred, "image_path": "a.png"})
    assert asked["pred"].shape == (5, 7) and asked["pred"].dtype == torch.uint8
    assert FlatPictured("pred")({"pred": pred})["pred"].shape == (1, 5, 7)


def test_a_volume_stays() -> None:
    item = {"pred": torch.zeros(1, 5, 7, 3), "image_path": "a.nii.gz"}
    assert FlatPictured("pred")(item)["pred"].shape == (1, 5, 7, 3)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"class": 2}, 2),
        ({"prediction": [{"idx": 0, "score": 0.2}, {"idx": 1, "score": 0.7}]}, 1),
    ],
)
def test_class_from_a_label_file(tmp_path: Path, content: dict, expected: int) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content))
    assert ClassFromLabeld()({"label": str(path)})["class"] == expected


def test_known_class_and_number_as_label() -> None:
    assert ClassFromLabeld()({"class": 1, "label": "mask.png"})["class"] == 1
    assert ClassFromLabeld()({"label": 2})["class"] == 2
    assert "class" not in ClassFromLabeld()({"image": "a.png"})


@pytest.mark.parametrize("text", ["{}", "no JSON", '{"prediction": []}'])
def test_file_without_a_class_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(LabelError, match="a.json: this file tells no class"):
        ClassFromLabeld()({"label": str(path)})


def test_spacing_leaves_a_path_beside_the_image_alone() -> None:
    image = MetaTensor(torch.rand(1, 6, 6, 6), affine=torch.eye(4))
    image.meta["filename_or_obj"] = "a.nii.gz"
    spacing = ImageSpacingd(keys="image", pixdim=[2.0, 2.0, 2.0])
    done = spacing({"image": image, "image_path": "a.nii.gz"})
    assert done["image_path"] == "a.nii.gz"
    expected = Spacingd(keys="image", pixdim=[2.0, 2.0, 2.0])({"image": image})["image"]
    assert torch.equal(done["image"], expected)
    assert spacing.inverse(done)["image"].shape == image.shape
