"""Slicer's own libraries.

This folder is not called ``slicer``: the core libraries import every module that they
find in a folder of that name on the path.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch


@pytest.fixture(scope="session")
def core() -> Any:
    """The package ``slicer`` with its ``util``."""
    reason = "needs Slicer's core libraries: pip install 'mritumor[slicer]'"
    pytest.importorskip("slicer", reason=reason)
    pytest.importorskip("slicer.util", reason=reason)
    import slicer

    return slicer


@pytest.fixture
def scene(core: Any) -> Any:
    """An empty scene, with the logic that its segmentations need."""
    scene = core.vtkMRMLScene()
    logic = core.vtkSlicerSegmentationsModuleLogic()
    logic.SetMRMLScene(scene)
    return scene


@pytest.fixture
def add_volume(core: Any, scene: Any) -> Callable[..., Any]:
    """Adds an (I, J, K) or (C, I, J, K) array to the scene as a volume node."""

    def add(
        array: np.ndarray, affine: np.ndarray, name: str = "scan", kind: str = ""
    ) -> Any:
        usual = "Vector" if array.ndim == 4 else "Scalar"
        node = scene.AddNewNodeByClass(kind or f"vtkMRML{usual}VolumeNode", name)
        node.SetIJKToRASMatrix(core.util.vtkMatrixFromArray(affine))
        core.util.updateVolumeFromArray(node, np.ascontiguousarray(array.T))
        return node

    return add


@pytest.fixture
def add_transform(core: Any, scene: Any) -> Callable[[np.ndarray], Any]:
    """Adds a linear transform node of a 4×4 matrix to the scene."""

    def add(matrix: np.ndarray) -> Any:
        node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
        node.SetMatrixTransformToParent(core.util.vtkMatrixFromArray(matrix))
        return node

    return add


@pytest.fixture(scope="session")
def bright_bundle(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny bundle, its network put by hand: bright in FLAIR, in T1c, brighter yet.

    So all three labels occur, without training; all else is the bundle's own.
    """
    folder = tmp_path_factory.mktemp("bright") / tiny_bundle.name
    shutil.copytree(tiny_bundle, folder)
    file = folder / "configs/inference.json"
    config = json.loads(file.read_text())
    network = dict(in_channels=4, out_channels=3, kernel_size=1)
    config["network_def"] = {"_target_": "torch.nn.Conv3d", **network}
    file.write_text(json.dumps(config))
    weight = torch.zeros(3, 4, 1, 1, 1)
    # Regions WT, TC, ET from the channels t1n, t1c, t2w, t2f, in standard deviations.
    for region, channel in enumerate((3, 1, 1)):
        weight[region, channel] = 8.0
    bias = torch.tensor([-8.0 * 1.5, -8.0 * 1.3, -8.0 * 1.7])
    (folder / "models").mkdir()
    torch.save({"weight": weight, "bias": bias}, folder / "models/model.pt")
    return folder
