"""The picture of a prediction shows the patient the right way round."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from mritumor.report.figure import prediction_figure
from mritumor.report.planes import cut, to_ras, turn


def marked(affine: np.ndarray) -> np.ndarray:
    """A volume, bright at the corner that is most right, anterior and superior."""
    array = np.zeros((6, 7, 8))
    axcodes = nib.aff2axcodes(affine)
    index = tuple(-1 if code in "RAS" else 0 for code in axcodes)
    array[index] = 1
    return array


@pytest.mark.parametrize("codes", ["RAS", "LPS", "SAR", "PIL"])
def test_radiological_display(codes: str) -> None:
    start = nib.orientations.io_orientation(np.eye(4))
    end = nib.orientations.axcodes2ornt(codes)
    change = nib.orientations.ornt_transform(start, end)
    affine = np.eye(4) @ nib.orientations.inv_ornt_aff(change, (6, 7, 8))
    turned = turn(marked(affine), *to_ras(affine))
    axial, coronal, sagittal = (cut(turned, axis, -1) for axis in (2, 1, 0))
    assert axial[0, 0] == 1  # top: anterior, left: the patient's right
    assert coronal[0, 0] == 1  # top: superior, left: the patient's right
    assert sagittal[0, -1] == 1  # top: superior, right: anterior


def test_figure_is_a_picture(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = np.zeros((20, 24, 18), np.uint8)
    labels[5:9, 6:12, 4:9] = 1
    names = {1: "tumour"}
    image = rng.random(labels.shape)
    path = prediction_figure(
        tmp_path / "x.png", image, labels, np.eye(4), names, truth=labels
    )
    picture = np.asarray(Image.open(path).convert("RGB"))
    assert picture.shape[0] > 300 and picture.std() > 10


def test_figure_of_nothing_found(tmp_path: Path) -> None:
    empty = np.zeros((8, 8, 8), np.uint8)
    path = prediction_figure(
        tmp_path / "x.png", np.ones(empty.shape), empty, np.eye(4), {1: "t"}
    )
    assert path.stat().st_size > 1000
