"""Slicer's nodes and our arrays: the one place that knows both.

Slicer keeps voxels as (K, J, I) and the map from (i, j, k) to RAS+ mm as
``IJKToRAS``, which is our affine as it stands; so arrays are turned and positions are
not touched. A node under a transform lies elsewhere than its ``IJKToRAS`` says:
linear transforms are followed, up to the world; others are refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np

from mritumor._optional import require
from mritumor.data.preprocess import Volume
from mritumor.errors import GeometryError, InputError
from mritumor.types import Affine, LabelMap


@dataclass(frozen=True)
class Channel:
    """One scalar volume that is loaded in Slicer.

    Args:
        name: of its node.
        volume: (I, J, K) and the node's own IJKToRAS.
        to_world: 4×4, the node's own RAS+ mm to the world's; the identity when the
            node stands under no transform.
    """

    name: str
    volume: Volume
    to_world: Affine

    @property
    def affine(self) -> Affine:
        """Voxel index to RAS+ mm of the world."""
        return self.to_world @ self.volume.affine


def slicer_core() -> ModuleType:
    """Return Slicer's package with its ``util``.

    Raises:
        MissingDependencyError: neither Slicer nor its core libraries are here.
    """
    core = require("slicer", "slicer")
    require("slicer.util", "slicer")
    return core


def read_channels(node: Any) -> list[Channel]:
    """Return the scalar volumes that a node holds.

    Args:
        node: a scalar volume (one), a vector or multi-volume (one per component), or
            a sequence of scalar volumes (one per item), as 4-D files are loaded.

    Returns:
        Copies, one per channel, in the node's order.

    Raises:
        InputError: no volume, no voxels, NaN or infinity.
        GeometryError: the node stands under a transform that is not linear.
    """
    if node is not None and node.IsA("vtkMRMLSequenceNode"):
        # The items know no transform: their proxy in the scene stands under it.
        to_world = _to_world(shown_by(node))
        items = [node.GetNthDataNode(i) for i in range(node.GetNumberOfDataNodes())]
        channels = [channel for item in items for channel in read_channels(item)]
        return [replace(channel, to_world=to_world) for channel in channels]
    name = _checked(node)
    array = slicer_core().util.arrayFromVolume(node)
    # (K, J, I) or (K, J, I, C), turned as a whole, is (I, J, K) or (C, I, J, K).
    turned = np.ascontiguousarray(array.T, dtype=np.float32)
    arrays = list(turned) if turned.ndim == 4 else [turned]
    broken = turned.size - int(np.isfinite(turned).sum())
    if broken:
        raise InputError(
            "the volume holds NaN or infinity",
            where=name,
            got=f"{broken} of {turned.size} voxels",
            remedy="export the image again, or replace these voxels",
        )
    affine, to_world = ijk_to_ras(node), _to_world(node)
    return [Channel(name, Volume(a, affine), to_world) for a in arrays]


def shown_by(node: Any) -> Any:
    """Return the volume node that stands for a node in the scene's views.

    Args:
        node: a volume (itself), or a sequence (the volume that shows its items).

    Raises:
        InputError: the sequence is not shown by any sequence browser.
    """
    if not node.IsA("vtkMRMLSequenceNode"):
        return node
    scene, kind = node.GetScene(), "vtkMRMLSequenceBrowserNode"
    for index in range(scene.GetNumberOfNodesByClass(kind)):
        proxy = scene.GetNthNodeByClass(index, kind).GetProxyNode(node)
        if proxy is not None:
            return proxy
    raise InputError(
        "no volume shows this sequence",
        where=node.GetName(),
        remedy="open it in the Sequences module, or load the file again",
    )


def ijk_to_ras(node: Any) -> Affine:
    """Return a volume node's own affine, voxel index to RAS+ mm, without transforms."""
    matrix = _matrix()
    node.GetIJKToRASMatrix(matrix)
    return np.array(slicer_core().util.arrayFromVTKMatrix(matrix), np.float64)


def write_labels(node: Any, labels: LabelMap, affine: Affine) -> None:
    """Fill a label map volume node.

    Args:
        node: a vtkMRMLLabelMapVolumeNode.
        labels: (I, J, K) uint8.
        affine: voxel index to RAS+ mm in the node's own frame.
    """
    util = slicer_core().util
    node.SetIJKToRASMatrix(util.vtkMatrixFromArray(affine))
    util.updateVolumeFromArray(node, np.ascontiguousarray(labels.T))


def _checked(node: Any) -> str:
    """Return the name of a volume node that holds voxels."""
    if node is None or not node.IsA("vtkMRMLVolumeNode"):
        kind = "nothing" if node is None else node.GetClassName()
        raise InputError(
            "this is no volume",
            where=None if node is None else node.GetName(),
            got=kind,
            expected="a loaded volume",
        )
    image = node.GetImageData()
    if image is None or not image.GetNumberOfPoints():
        raise InputError("the volume holds no voxels", where=node.GetName())
    return str(node.GetName())


def _to_world(node: Any) -> Affine:
    parent = node.GetParentTransformNode()
    if parent is None:
        return np.eye(4)
    matrix = _matrix()
    if not parent.IsTransformToWorldLinear():
        raise GeometryError(
            "the volume stands under a transform that is not linear",
            where=node.GetName(),
            got=parent.GetName(),
            remedy="harden the transform (Data module, right click on its symbol)",
        )
    parent.GetMatrixTransformToWorld(matrix)
    return np.array(slicer_core().util.arrayFromVTKMatrix(matrix), np.float64)


def _matrix() -> Any:
    return require("vtk", "slicer").vtkMatrix4x4()
