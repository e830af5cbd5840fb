"""Label maps to Slicer's segmentation and table nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mritumor._optional import require
from mritumor.dicom.codes import BRAIN, colour, concept
from mritumor.errors import LabelError
from mritumor.inference import Prediction
from mritumor.slicer.nodes import ijk_to_ras, slicer_core, write_labels
from mritumor.types import LabelMap

TYPES = "Segmentation category and type - DICOM master list"
REGIONS = "Anatomic codes - DICOM master list"
COLUMNS = ("Segment", "Label value", "Voxels", "Volume [mm3]")


def make_segmentation(
    labels: LabelMap, names: Mapping[int, str], reference: Any, name: str
) -> Any:
    """Make a segmentation node on the grid of a volume, under the same transform.

    Every name is a segment, in the order of its value, also where nothing was found:
    an export to a label map then gives the values that the bundle gave. Each carries
    the coded meaning that Slicer's DICOM export writes.

    Args:
        labels: (I, J, K) uint8 on the voxels of `reference`.
        names: meaning of each label value but 0.
        reference: a volume node, in a scene.
        name: of the new node.

    Returns:
        A vtkMRMLSegmentationNode in the scene of `reference`.

    Raises:
        LabelError: `labels` holds a value without name.
    """
    _check_values(labels, names)
    logic = slicer_core().vtkSlicerSegmentationsModuleLogic
    scene = reference.GetScene()
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.CreateDefaultDisplayNodes()
    # In this order: the geometry is stored in the frame that the node has by then.
    node.SetAndObserveTransformNodeID(reference.GetTransformNodeID())
    node.SetReferenceImageGeometryParameterFromVolumeNode(reference)
    voxels = scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", f"{name} voxels")
    try:
        # Under one transform both, else the import would carry the voxels between.
        voxels.SetAndObserveTransformNodeID(reference.GetTransformNodeID())
        write_labels(voxels, labels, ijk_to_ras(reference))
        # Without a list of names: with one, segments are numbered anew.
        if labels.any() and not logic.ImportLabelmapToSegmentationNode(voxels, node):
            raise LabelError("Slicer did not take the label map", where=name)
    finally:
        scene.RemoveNode(voxels)
    _name_segments(node.GetSegmentation(), names)
    return node


def make_table(prediction: Prediction, scene: Any, name: str) -> Any:
    """Make a table node: one row per label, with its volume in mm³.

    Args:
        prediction: what was found.
        scene: that takes the node.
        name: of the new node.

    Returns:
        A vtkMRMLTableNode with the columns `COLUMNS`.
    """
    vtk = require("vtk", "slicer")
    node = scene.AddNewNodeByClass("vtkMRMLTableNode", name)
    newer = getattr(node, "SetUseColumnTitleAsColumnHeader", None)
    (newer or node.SetUseColumnNameAsColumnHeader)(True)
    node.SetLocked(True)
    kinds = (vtk.vtkStringArray, vtk.vtkIntArray, vtk.vtkIntArray, vtk.vtkDoubleArray)
    for title, values, kind in zip(COLUMNS, zip(*rows(prediction)), kinds):
        column = kind()
        column.SetName(title)
        for value in values:
            column.InsertNextValue(value)
        node.AddColumn(column)
    return node


def rows(prediction: Prediction) -> list[tuple[str, int, int, float]]:
    """Return (name, label value, voxels, mm³) of each label, in order of value."""
    volumes = prediction.volumes
    return [
        (name, value, int((prediction.labels == value).sum()), volumes[name])
        for value, name in sorted(prediction.names.items())
    ]


def _name_segments(segmentation: Any, names: Mapping[int, str]) -> None:
    count = segmentation.GetNumberOfSegments()
    there = {
        segmentation.GetNthSegment(i).GetLabelValue(): segmentation.GetNthSegmentID(i)
        for i in range(count)
    }
    for index, (value, name) in enumerate(sorted(names.items())):
        key = there.get(value) or segmentation.AddEmptySegment("", name)
        segment = segmentation.GetSegment(key)
        segment.SetName(name)
        segment.SetColor(*colour(value))
        segment.SetTag(segment.GetTerminologyEntryTagName(), _terminology(name))
        segment.SetLabelValue(value)
        segmentation.SetSegmentIndex(key, index)


def _terminology(name: str) -> str:
    """Return what Slicer keeps of a segment's coded meaning: a structure in the brain."""
    meaning, none = concept(name), ("", "", "")
    logic = slicer_core().vtkSlicerTerminologiesModuleLogic
    entry = logic.SerializeTerminologyEntry(
        TYPES, *meaning.category, *meaning.type, *none, REGIONS, *BRAIN, *none
    )
    return str(entry)


def _check_values(labels: LabelMap, names: Mapping[int, str]) -> None:
    found = np.flatnonzero(np.bincount(labels.ravel())).tolist()
    unknown = sorted(set(found) - {0, *names})
    if unknown:
        raise LabelError(
            "the bundle gave label values that its metadata does not name",
            where="network_data_format.outputs.pred.channel_def",
            got=", ".join(map(str, unknown)),
            expected=", ".join(f"{v} {n}" for v, n in sorted(names.items())),
        )
