"""The plain way: a bundle runner in Slicer that knows MONAI and none of our code.

It saves a volume, sets ids of ``inference.json``, never calls ``initialize``, loads
the label map that the bundle wrote, and names segment i after ``channel_def[i + 1]``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
import torch
from known_answers import NAMES, affine_of, centroid
from monai.bundle import ConfigParser

from mritumor.inference import Predictor
from mritumor.slicer import segment
from mritumor.slicer.nodes import read_channels

OBLIQUE = affine_of((12, -20, 9), (5, 5.5, 6), (70, -60, -50), (-1, 1, 1))


def run(bundle: Path, volume: Path, out: Path) -> Path:
    meta = ConfigParser()
    meta.read_config(bundle / "configs/metadata.json")
    parser = ConfigParser()
    parser.read_config((bundle / "configs/inference.json").as_posix())
    parser["bundle_root"] = bundle.as_posix()
    parser["device"] = torch.device("cpu")
    parser["dataset_dir"] = volume.parent.as_posix()
    parser["output_dir"] = out.as_posix()
    parser["datalist"] = [volume.as_posix()]
    parser["window_device"] = "cpu"
    parser["dataloader"]["num_workers"] = 0
    with torch.no_grad():
        assert len(parser.get_parsed_content("dataloader")) == 1
        parser.get_parsed_content("evaluator").run()
    return next(out.rglob("*.nii*"))


@pytest.mark.slow
def test_a_bundle_runner(
    core: Any,
    scene: Any,
    add_volume: Callable[..., Any],
    bright_bundle: Path,
    phantoms: Path,
    tmp_path: Path,
) -> None:
    item = json.loads((phantoms / "datalist.json").read_text())["testing"][0]
    files = [nib.load(phantoms / path) for path in item["image"]]
    image = np.stack([file.get_fdata(dtype=np.float32) for file in files])
    node = add_volume(image, OBLIQUE, "four")
    storage = scene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    file = tmp_path / "input/volume.nrrd"
    file.parent.mkdir()
    storage.SetFileName(str(file))
    assert storage.WriteData(node)

    saved = run(bright_bundle, file, tmp_path / "output")
    labels = np.asarray(nib.load(saved).dataobj)
    assert labels.dtype == np.uint8 and np.allclose(nib.load(saved).affine, OBLIQUE)
    ours = segment(Predictor(bright_bundle, device="cpu"), node)
    # Not equal to the voxel: 1e-14 in an affine makes some voxels of the edge 1e-12
    # where they were 0, and the bundle normalises what is not 0.
    assert np.mean(labels != ours.prediction.labels) < 1e-3
    assert set(np.unique(labels)) == {0, 1, 2, 3}

    loaded = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "loaded")
    reader = scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
    reader.SetFileName(str(saved))
    assert reader.ReadData(loaded)
    inner = loaded.GetSegmentation()
    meta = json.loads((bright_bundle / "configs/metadata.json").read_text())
    defined = meta["network_data_format"]["outputs"]["pred"]["channel_def"]
    values = [int(value) for value in np.unique(labels) if value]
    assert inner.GetNumberOfSegments() == len(values)
    for index, value in enumerate(values):
        found = inner.GetNthSegment(index)
        assert found.GetLabelValue() == value
        assert defined[str(value)] == NAMES[value]
        key = vtk_strings(inner.GetNthSegmentID(index))
        out = scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "out")
        assert core.vtkSlicerSegmentationsModuleLogic.ExportSegmentsToLabelmapNode(
            loaded, key, out, node
        )
        (channel,) = read_channels(out)
        here = centroid(channel.volume.array, 1, channel.affine)
        assert np.allclose(here, centroid(labels, value, OBLIQUE), atol=1e-4)


def vtk_strings(*texts: str) -> Any:
    import vtk

    strings = vtk.vtkStringArray()
    for text in texts:
        strings.InsertNextValue(text)
    return strings
