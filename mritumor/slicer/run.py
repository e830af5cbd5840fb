"""Loaded volumes and a predictor to a segmentation with names, colours and volumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mritumor.errors import BundleError
from mritumor.inference import Prediction, Predictor
from mritumor.slicer.results import make_segmentation, make_table
from mritumor.slicer.study import gather
from mritumor.slicer.watch import Tell, Watch


@dataclass(frozen=True)
class Segmented:
    """What came of one run.

    Args:
        segmentation: vtkMRMLSegmentationNode, one segment per label of the bundle.
        table: vtkMRMLTableNode with each segment's volume in mm³.
        prediction: labels on the voxels of the reference.
        resampled: sequences that were interpolated to the reference's grid.
        missing: sequences that were replaced by zeros.
    """

    segmentation: Any
    table: Any
    prediction: Prediction
    resampled: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def segment(
    predictor: Predictor,
    nodes: Mapping[str, Any] | Any,
    *,
    reference: str | None = None,
    fill_missing: bool = False,
    name: str | None = None,
    tell: Tell | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Segmented:
    """Run a bundle on loaded volumes.

    Args:
        predictor: the bundle.
        nodes: sequence name to volume node, or one node with all channels.
        reference: the sequence whose grid the result has; default the first one.
        fill_missing: sequences without a node become zeros; only for bundles that
            were trained for it.
        name: of the segmentation node; default that of the reference and "tumour".
        tell: called with the part done (0 to 1) and what is being done.
        cancelled: asked between windows; True stops.

    Returns:
        Nodes in the scene of the reference, under the reference's transform.

    Raises:
        Cancelled: the user asked to stop; no node was added.
        BundleError: sequences are missing and the bundle cannot do without.
        InputError: as `mritumor.slicer.study.gather` and the bundle's own checks.
        GeometryError: as `gather`.

    Example:
        >>> done = segment(Predictor(folder), {"t1c": node})  # doctest: +SKIP
        >>> done.prediction.volumes  # doctest: +SKIP
    """
    if fill_missing and not predictor.fills_missing:
        raise BundleError(
            "this bundle was not trained to do without a sequence",
            where=predictor.bundle,
            remedy="give all of " + ", ".join(predictor.modalities),
        )
    watch = Watch(tell, cancelled)
    watch(0.0, "reading the volumes")
    study = gather(nodes, predictor.modalities, reference, fill_missing)
    title = name or f"{study.reference.GetName()} tumour"
    with watch.windows_of(predictor, 0.05, 0.9, "outlining"):
        prediction = predictor(study.image, study.affine, case=title)
    watch(0.95, "making the segmentation")
    node = make_segmentation(
        prediction.labels, prediction.names, study.reference, title
    )
    table = make_table(prediction, study.reference.GetScene(), f"{title} volumes")
    if tell is not None:
        tell(1.0, "done")
    return Segmented(node, table, prediction, study.resampled, study.missing)
