"""Volumes of any geometry in, the same points labelled on both sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from known_answers import (
    GEOMETRIES,
    MODALITIES,
    NAMES,
    Bands,
    affine_of,
    centroid,
    labelled,
)

from mritumor.data.preprocess.volume import itk_geometry
from mritumor.errors import BundleError, GeometryError, InputError, LabelError
from mritumor.overlay import PALETTE
from mritumor.slicer import Cancelled, segment
from mritumor.slicer.nodes import ijk_to_ras, read_channels
from mritumor.slicer.results import make_segmentation

Add = Callable[..., Any]


def exported(core: Any, segmentation: Any) -> tuple[np.ndarray, np.ndarray]:
    """Slicer's own export: label map (I, J, K) on the reference grid, world affine."""
    node = segmentation.GetScene().AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "out")
    assert core.vtkSlicerSegmentationsModuleLogic.ExportAllSegmentsToLabelmapNode(
        segmentation, node, core.vtkSegmentation.EXTENT_REFERENCE_GEOMETRY
    )
    (channel,) = read_channels(node)
    return channel.volume.array.astype(int), channel.affine


def segments(segmentation: Any) -> list[Any]:
    inner = segmentation.GetSegmentation()
    return [inner.GetNthSegment(i) for i in range(inner.GetNumberOfSegments())]


def node_classes(scene: Any) -> list[str]:
    names = [scene.GetNthNode(i).GetName() for i in range(scene.GetNumberOfNodes())]
    return sorted(n for n in names if n != "SubjectHierarchy")


@pytest.mark.parametrize("affine", GEOMETRIES.values(), ids=list(GEOMETRIES))
def test_same_points_on_both_sides(
    core: Any, add_volume: Add, affine: np.ndarray
) -> None:
    truth = labelled()
    predictor = Bands()
    done = segment(predictor, {"t1c": add_volume(truth, affine)})
    assert predictor.asked is not None
    assert np.array_equal(predictor.asked[0][0], truth)
    assert np.allclose(predictor.asked[1], affine, atol=1e-12)
    labels, out = exported(core, done.segmentation)
    assert np.array_equal(labels, truth)
    assert np.allclose(out, affine, atol=1e-9)
    for value in NAMES:
        expected = centroid(truth, value, affine)
        assert np.allclose(centroid(labels, value, out), expected, atol=1e-9)
        # What Slicer computes by itself, without our arrays; it rounds to a voxel.
        key = done.segmentation.GetSegmentation().GetNthSegmentID(value - 1)
        middle = np.array(done.segmentation.GetSegmentCenterRAS(key))
        voxel = np.sqrt((affine[:3, :3] ** 2).sum(0)).max()
        assert np.linalg.norm(middle - expected) < 5 * voxel


@pytest.mark.parametrize("affine", GEOMETRIES.values(), ids=list(GEOMETRIES))
def test_another_reader_sees_the_same_place(
    add_volume: Add, affine: np.ndarray
) -> None:
    """SimpleITK, told Slicer's geometry in LPS, has the centroids where we have them."""
    truth = labelled()
    (channel,) = read_channels(add_volume(truth, affine))
    image = sitk.GetImageFromArray(channel.volume.array.T.astype(np.uint8))
    steps, direction, origin = itk_geometry(channel.volume.grid)
    image.SetSpacing(steps)
    image.SetDirection(direction)
    image.SetOrigin(origin)
    shapes = sitk.LabelShapeStatisticsImageFilter()
    shapes.Execute(image)
    for value in NAMES:
        lps = np.array(shapes.GetCentroid(value))
        assert np.allclose(lps * [-1, -1, 1], centroid(truth, value, affine), atol=1e-6)


def test_segments_have_names_values_and_colours(add_volume: Add) -> None:
    done = segment(Bands(), {"t1c": add_volume(labelled(), affine_of())})
    found = segments(done.segmentation)
    assert [s.GetName() for s in found] == list(NAMES.values())
    assert [s.GetLabelValue() for s in found] == [1, 2, 3]
    colours = [s.GetColor() for s in found]
    assert np.allclose(colours, PALETTE[:3])
    assert done.segmentation.GetDisplayNode() is not None
    assert done.segmentation.GetName() == "scan tumour"


def test_segments_have_coded_meanings(core: Any, add_volume: Add) -> None:
    """As Slicer itself reads them."""
    import vtk

    done = segment(Bands(), {"t1c": add_volume(labelled(), affine_of())})
    meanings = []
    for found in segments(done.segmentation):
        text = vtk.reference("")
        assert found.GetTag(found.GetTerminologyEntryTagName(), text)
        entry = core.vtkSlicerTerminologyEntry()
        logic = core.vtkSlicerTerminologiesModuleLogic
        assert logic.DeserializeTerminologyEntry(str(text), entry)
        assert entry.GetRegionObject().GetCodeValue() == "12738006"
        assert entry.GetCategoryObject().GetCodeValue() == "49755003"
        kind = entry.GetTypeObject()
        meanings.append((kind.GetCodeValue(), kind.GetCodingSchemeDesignator()))
    expected = [("6574001", "SCT"), ("79654002", "SCT"), ("C113842", "NCIt")]
    assert meanings == expected


@pytest.mark.parametrize("keep", [(), (1,), (3,), (1, 3), (2, 3)])
def test_labels_that_were_not_found_are_empty_segments(
    core: Any, add_volume: Add, keep: tuple[int, ...]
) -> None:
    """Values keep their place: an export gives 3 for 3, whatever else is absent."""
    truth = labelled()
    truth[~np.isin(truth, keep)] = 0
    done = segment(Bands(), {"t1c": add_volume(truth, affine_of())})
    assert [s.GetName() for s in segments(done.segmentation)] == list(NAMES.values())
    if keep:
        assert np.array_equal(exported(core, done.segmentation)[0], truth)
    table = done.table
    for row, value in enumerate(NAMES):
        assert (float(table.GetCellText(row, 3)) > 0) == (value in keep)


def test_table_of_volumes(add_volume: Add) -> None:
    affine = GEOMETRIES["oblique"]
    done = segment(Bands(), {"t1c": add_volume(labelled(), affine)})
    table, voxel = done.table.GetTable(), 0.8 * 1.1 * 3.3
    titles = [table.GetColumnName(i) for i in range(table.GetNumberOfColumns())]
    assert titles == ["Segment", "Label value", "Voxels", "Volume [mm3]"]
    counts = {1: 3 * 2 * 2, 2: 7 * 5 * 4 - 12, 3: 7 * 5 * 4}  # by hand
    for row, (value, name) in enumerate(NAMES.items()):
        cells = [table.GetValue(row, column) for column in range(4)]
        assert cells[0].ToString() == name and cells[1].ToInt() == value
        assert cells[2].ToInt() == counts[value]
        assert cells[3].ToDouble() == pytest.approx(counts[value] * voxel)


def test_reference_geometry_is_the_volume_s(core: Any, add_volume: Add) -> None:
    node = add_volume(labelled(), GEOMETRIES["oblique"], "t1c scan")
    done = segment(Bands(), {"t1c": node})
    role = core.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
    assert done.segmentation.GetNodeReference(role) is node
    key = core.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
    text = done.segmentation.GetSegmentation().GetConversionParameter(key)
    numbers = [float(part) for part in text.split(";") if part]
    assert np.allclose(np.reshape(numbers[:16], (4, 4)), ijk_to_ras(node))
    assert numbers[16:] == [0, 19, 0, 16, 0, 10]


TURN = affine_of((10, 25, -40), origin=(12, -7, 30))
STRETCH = affine_of((0, 0, 30), (1.2, 0.9, 1.1), (4, 4, 4))


@pytest.mark.parametrize("matrix", [TURN, STRETCH], ids=["rigid", "affine"])
def test_linear_transforms_are_followed(
    core: Any, add_volume: Add, add_transform: Add, matrix: np.ndarray
) -> None:
    truth, affine = labelled(), GEOMETRIES["oblique"]
    node, parent = add_volume(truth, affine), add_transform(matrix)
    node.SetAndObserveTransformNodeID(parent.GetID())
    predictor = Bands()
    done = segment(predictor, {"t1c": node})
    assert predictor.asked is not None
    assert np.allclose(predictor.asked[1], matrix @ affine, atol=1e-9)
    labels, out = exported(core, done.segmentation)
    assert np.array_equal(labels, truth)
    for value in NAMES:
        expected = centroid(truth, value, matrix @ affine)
        assert np.allclose(centroid(labels, value, out), expected, atol=1e-9)
    assert done.segmentation.GetParentTransformNode() is parent
    size = abs(np.linalg.det((matrix @ affine)[:3, :3]))
    assert done.prediction.volumes["enhancing tumour"] == pytest.approx(140 * size)


def test_other_transforms_are_refused(scene: Any, add_volume: Add) -> None:
    node = add_volume(labelled(), affine_of(), "warped scan")
    warp = scene.AddNewNodeByClass("vtkMRMLBSplineTransformNode", "warp")
    node.SetAndObserveTransformNodeID(warp.GetID())
    with pytest.raises(
        GeometryError, match="warped scan: .*not linear .found warp.*harden"
    ):
        segment(Bands(), {"t1c": node})


def blob(shape: tuple[int, ...], affine: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """A smooth blob of 12 mm at a place in the world."""
    index = np.moveaxis(np.indices(shape), 0, -1)
    apart = index @ affine[:3, :3].T + affine[:3, 3] - middle
    return np.exp(-(apart**2).sum(-1) / (2 * 12.0**2)).astype(np.float32)


@pytest.mark.parametrize("turned", [False, True], ids=["own frames", "transform"])
def test_sequences_on_different_grids(
    add_volume: Add, add_transform: Add, turned: bool
) -> None:
    """One blob, scanned on four grids, is one blob again on the reference's grid."""
    shapes = [(40, 36, 30), (60, 50, 14), (34, 44, 40), (50, 50, 50)]
    affines = [
        affine_of((5, 3, -8), (2, 2, 2.4), flips=(1, 1, 1)),
        affine_of((20, -35, 12), (1.5, 1.5, 6)),
        affine_of((90, 0, 85), (2.2, 2.0, 2.3)),
        affine_of((0, 0, 0), (1.9, 1.9, 1.9), flips=(-1, -1, 1)),
    ]
    middle = np.array([1.0, 4.0, -3.0])
    nodes = {}
    for name, shape, affine in zip(MODALITIES, shapes, affines):
        aside = np.array([MODALITIES.index(name), -5.0, 3.0])
        affine[:3, 3] = middle + aside - affine[:3, :3] @ (np.array(shape) / 2)
        world = STRETCH @ affine if turned and name == "t2w" else affine
        nodes[name] = add_volume(blob(shape, world, middle), affine, name)
    if turned:
        nodes["t2w"].SetAndObserveTransformNodeID(add_transform(STRETCH).GetID())
    predictor = Bands(MODALITIES)
    done = segment(predictor, nodes, reference="t1c")
    assert predictor.asked is not None
    image, affine = predictor.asked
    assert image.shape == (4, *shapes[1]) and np.allclose(affine, affines[1])
    assert done.resampled == ("t1n", "t2w", "t2f")
    expected = blob(shapes[1], affines[1], middle)
    assert np.array_equal(image[1], expected)
    for index in (0, 2, 3):
        inside = image[index] != 0  # where that scan reaches
        assert inside.mean() > 0.4
        assert np.abs(image[index] - expected)[inside].max() < 0.03


def test_a_hardened_and_an_unhardened_transform_are_one_grid(
    add_volume: Add, add_transform: Add
) -> None:
    truth, affine = labelled(), GEOMETRIES["anisotropic"]
    moved = add_volume(truth, affine, "t1n")
    moved.SetAndObserveTransformNodeID(add_transform(TURN).GetID())
    nodes = {"t1n": moved, "t1c": add_volume(truth, TURN @ affine, "t1c")}
    predictor = Bands(["t1n", "t1c"])
    done = segment(predictor, nodes)
    assert done.resampled == () and predictor.asked is not None
    assert np.array_equal(predictor.asked[0], [truth, truth])


@pytest.mark.parametrize("kind", ["Vector", "sequence"])
def test_one_node_with_all_channels(
    core: Any, scene: Any, add_volume: Add, add_transform: Add, kind: str
) -> None:
    affine = GEOMETRIES["oblique"]
    image = np.stack([labelled() * 0, labelled(), labelled() + 5]).astype(np.float32)
    image[0, 0] = 2.0
    if kind == "Vector":
        node = shown = add_volume(image, affine, "four-D")
    else:
        node = scene.AddNewNodeByClass("vtkMRMLSequenceNode", "four-D")
        for index, channel in enumerate(image):
            item = add_volume(channel, affine, "item")
            node.SetDataNodeAtValue(item, str(index))
            scene.RemoveNode(item)
        with pytest.raises(InputError, match="four-D: no volume shows this sequence"):
            read_channels(node)
        logic = core.vtkSlicerSequencesLogic()
        logic.SetMRMLScene(scene)
        browser = scene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode", "browser")
        browser.AddSynchronizedSequenceNode(node)
        logic.UpdateProxyNodesFromSequences(browser)
        shown = browser.GetProxyNode(node)
    shown.SetAndObserveTransformNodeID(add_transform(TURN).GetID())
    predictor = Bands(["t1n", "t1c", "t2f"])
    done = segment(predictor, node)
    assert predictor.asked is not None
    assert np.array_equal(predictor.asked[0], image)
    assert np.allclose(predictor.asked[1], TURN @ affine)
    labels, out = exported(core, done.segmentation)
    assert np.array_equal(labels[0], np.full((17, 11), 2)) and not labels[1:].any()
    assert np.allclose(out, TURN @ affine)
    with pytest.raises(InputError, match=r"found 3 channel\(s\); expected 4 \(t1n"):
        segment(Bands(MODALITIES), node)


def test_missing_sequences_are_zeros_or_refused(scene: Any, add_volume: Add) -> None:
    node = add_volume(labelled(), affine_of(), "t1c scan")
    predictor = Bands(["t1n", "t1c"])
    done = segment(predictor, {"t1n": None, "t1c": node}, fill_missing=True)
    assert done.missing == ("t1n",) and predictor.asked is not None
    assert not predictor.asked[0][0].any()
    with pytest.raises(InputError, match="no volume is chosen for t1n .*found t1c"):
        segment(predictor, {"t1c": node})
    with pytest.raises(InputError, match="no volume is chosen for t1n and t1c"):
        segment(predictor, {}, fill_missing=True)
    predictor.fills_missing = False  # type: ignore[misc]
    with pytest.raises(BundleError, match="bands.*not trained to do without"):
        segment(predictor, {"t1c": node}, fill_missing=True)


def test_bad_choices_are_named(scene: Any, add_volume: Add) -> None:
    node = add_volume(labelled(), affine_of(), "t1c scan")
    empty = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "bare")
    table = scene.AddNewNodeByClass("vtkMRMLTableNode", "numbers")
    broken = labelled()
    broken[3, 3, 3] = np.nan
    two = add_volume(np.stack([labelled()] * 2), affine_of(), "two")
    elsewhere = add_volume(labelled(), affine_of(origin=(400, 0, 0)), "another head")
    before = node_classes(scene)
    for nodes, sentence in [
        ({"t1c": empty}, "bare: the volume holds no voxels"),
        ({"t1c": table}, "numbers: this is no volume .*vtkMRMLTableNode"),
        ({"t1c": two}, "two: the volume chosen for t1c is not one scalar volume"),
        ({"t1d": node}, "no such sequence.*did you mean 't1c'"),
    ]:
        with pytest.raises(InputError, match=sentence):
            segment(Bands(), nodes)
    with pytest.raises(InputError, match="reference: .*found t2w; expected one of t1c"):
        segment(Bands(), {"t1c": node}, reference="t2w")
    with pytest.raises(GeometryError, match="another head: .*field of view.*t1c scan"):
        segment(Bands(["t1c", "t2f"]), {"t1c": node, "t2f": elsewhere})
    assert node_classes(scene) == before
    with pytest.raises(InputError, match="nan: .*NaN or infinity .found 1 of 3740"):
        segment(Bands(), {"t1c": add_volume(broken, affine_of(), "nan")})


def test_values_without_a_name_are_refused(scene: Any, add_volume: Add) -> None:
    node = add_volume(labelled(), affine_of())
    before = node_classes(scene)
    with pytest.raises(LabelError, match="does not name .found 2, 3; expected 1 core"):
        make_segmentation(labelled().astype(np.uint8), {1: "core"}, node, "x")
    assert node_classes(scene) == before


def test_values_with_gaps_stay_apart(add_volume: Add) -> None:
    """BraTS' old 1, 2, 4: a list of names would lose the 4."""
    labels = labelled().astype(np.uint8)
    labels[labels == 3] = 4
    node = add_volume(labels, affine_of())
    names = {1: "core", 2: "oedema", 4: "enhancing"}
    found = segments(make_segmentation(labels, names, node, "old"))
    assert [(s.GetLabelValue(), s.GetName()) for s in found] == list(names.items())


def test_one_slice(core: Any, add_volume: Add) -> None:
    truth = labelled()[:, :, 3:4]
    done = segment(Bands(), {"t1c": add_volume(truth, GEOMETRIES["oblique"])})
    labels, affine = exported(core, done.segmentation)
    assert np.array_equal(labels, truth)
    assert np.allclose(affine, GEOMETRIES["oblique"])


def test_progress_rises_to_one(add_volume: Add) -> None:
    steps: list[tuple[float, str]] = []
    predictor = Bands()
    plain = predictor.inferer
    node = add_volume(labelled(), affine_of())
    segment(
        predictor, {"t1c": node}, tell=lambda done, what: steps.append((done, what))
    )
    parts = [done for done, _ in steps]
    assert parts[0] == 0.0 and parts[-1] == 1.0 and parts == sorted(parts)
    assert sum(what == "outlining" for _, what in steps) == predictor.calls > 10
    assert predictor.inferer is plain


@pytest.mark.parametrize("after", [0, 1, 6])
def test_cancel_stops_between_windows_and_leaves_nothing(
    scene: Any, add_volume: Add, after: int
) -> None:
    predictor = Bands()
    plain = predictor.inferer
    node = add_volume(labelled(), affine_of())
    before = node_classes(scene)
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    with pytest.raises(Cancelled, match="cancelled"):
        segment(predictor, {"t1c": node}, cancelled=cancelled)
    assert predictor.calls == max(after - 1, 0)
    assert node_classes(scene) == before and predictor.inferer is plain
    assert segment(predictor, {"t1c": node}).prediction.labels.any()
