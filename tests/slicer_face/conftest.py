"""Slicer's own libraries.

This folder is not called ``slicer``: the core libraries import every module that they
find in a folder of that name on the path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


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
