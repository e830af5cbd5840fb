"""Heat maps of bundles: on the picture's own grid, and compared with outlines."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mritumor import Predictor
from mritumor.cli.main import main
from mritumor.errors import InputError
from mritumor.explain import (
    energy_in_mask,
    heat_scores,
    picture_heat,
    pointing_hit,
    slices_to_explain,
)
from mritumor.inference.evaluation_items import Scored


class Bright(torch.nn.Module):
    """Class 0 is as probable as much is brighter than half; the others are not."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 1, 1)
        torch.nn.init.constant_(self.conv.weight, 20.0)
        torch.nn.init.constant_(self.conv.bias, -10.0)
        self.relu = torch.nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen = self.relu(self.conv(x)).mean((2, 3))
        return torch.cat([seen, torch.zeros_like(seen), -seen], 1)


@pytest.fixture(scope="module")
def looks_at_brightness(make_bundle) -> Predictor:
    predictor = Predictor(make_bundle("figshare_classification"), device="cpu")
    predictor.networks[0] = Bright().eval()
    return predictor


def square(shape: tuple[int, int], top: int, left: int) -> np.ndarray:
    picture = np.full((1, *shape), 20, np.float32)
    picture[0, top : top + 12, left : left + 16] = 255
    return picture


@pytest.mark.parametrize("shape", [(128, 128), (50, 120), (200, 90)])
def test_heat_lies_on_the_picture(looks_at_brightness, shape) -> None:
    """The way back undoes resizing and padding, whatever the picture's shape."""
    picture = square(shape, shape[0] // 2, 6)
    heat = picture_heat(looks_at_brightness, picture, 0)
    mask = picture[0] > 100
    assert heat.shape == shape and 0 <= heat.min() and heat.max() <= 1
    assert pointing_hit(heat, mask) and energy_in_mask(heat, mask) > 0.7


def test_the_most_probable_class_is_explained(looks_at_brightness) -> None:
    picture = square((64, 64), 10, 10)
    asked = picture_heat(looks_at_brightness, picture, 0)
    assert np.array_equal(picture_heat(looks_at_brightness, picture), asked)


def test_what_cannot_be_explained(looks_at_brightness) -> None:
    looks_at_brightness.runtime = "onnx"
    try:
        with pytest.raises(InputError, match="gradients"):
            picture_heat(looks_at_brightness, square((64, 64), 1, 1))
    finally:
        looks_at_brightness.runtime = "torch"


def scored(folder: Path, number: int, lies_right: bool) -> Scored:
    """A bright square, whose outline is drawn round it or elsewhere."""
    picture = square((64, 64), 8, 8)[0].astype(np.uint8)
    mask = np.zeros((64, 64), np.uint8)
    top = 8 if lies_right else 40
    mask[top : top + 12, 8:24] = 255
    image, label = folder / f"{number}.png", folder / f"{number}_mask.png"
    Image.fromarray(picture).save(image)
    Image.fromarray(mask).save(label)
    item = {"image": str(image), "label": str(label)}
    return Scored(str(number), f"P{number}", "", str(image), item, true_class=0)


def test_scores_by_hand(looks_at_brightness, tmp_path: Path) -> None:
    items = [scored(tmp_path, n, lies_right=n != 3) for n in range(4)]
    pointing, energy, even = heat_scores(looks_at_brightness, items, resamples=99)
    assert pointing.value == 0.75 and pointing.n == 4
    assert energy.value == pytest.approx(0.75, abs=0.02)
    assert even.value == pytest.approx(12 * 16 / 64**2)
    assert pointing.low is not None and pointing.low < 0.75


def test_slices_are_chosen_evenly(tmp_path: Path) -> None:
    items = [Scored(str(n), "P", "", "", {"label": "x"}) for n in range(10)]
    empty = Scored("e", "P", "", "", {"label": "x", "tumour_voxels": 0})
    chosen = slices_to_explain([empty, *items], 4)
    assert [one.case for one in chosen] == ["0", "3", "6", "9"]
    assert len(slices_to_explain(items, 99)) == 10
    with pytest.raises(InputError, match="no slice has one"):
        slices_to_explain([empty], 4)
    with pytest.raises(InputError, match="--heat"):
        slices_to_explain(items, 0)


@pytest.mark.slow
def test_the_commands_give_heat(joint_bundle: Path, tmp_path: Path, capsys) -> None:
    items = [scored(tmp_path, n, True).item for n in range(3)]
    listed = [
        {"image": Path(i["image"]).name, "label": Path(i["label"]).name}
        | {"class": 0, "patient": f"P{n}"}
        for n, i in enumerate(items)
    ]
    datalist = {"modality": {"0": "t1c"}, "labels": {"0": "background", "1": "tumour"}}
    datalist |= {"classes": {"0": "meningioma", "1": "glioma", "2": "pituitary"}}
    datalist |= {"training": [], "validation": [], "testing": listed, "seed": 0}
    # The pictures are alike: three copies of one patient would be a leak elsewhere.
    (tmp_path / "datalist.json").write_text(json.dumps(datalist))
    command = ["evaluate", str(joint_bundle), "--dataset_dir", str(tmp_path)]
    assert main([*command, "--heat", "2", "--out", str(tmp_path / "out")]) == 0
    assert "Grad-CAM: hottest point" in capsys.readouterr().out
    page = (tmp_path / "out/report.html").read_text()
    assert "Grad-CAM" in page and "3 images" in page
    out = tmp_path / "pages"
    picture = items[0]["image"]
    assert (
        main(["predict", str(joint_bundle), picture, "--heat", "--out", str(out)]) == 0
    )
    assert "Where the evidence for" in (out / "0.html").read_text()
