"""A label map as a DICOM Segmentation (SEG), on the images that it was drawn on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mritumor._optional import require
from mritumor.dicom.algorithm import MAKER, Algorithm, clipped
from mritumor.dicom.codes import (
    ARTIFICIAL_INTELLIGENCE,
    BRAIN,
    Code,
    colour_bytes,
    concept,
)
from mritumor.dicom.label_grid import turn_labels
from mritumor.dicom.planes import number_frames, planes
from mritumor.dicom.series import Series
from mritumor.dicom.source import SourceImages, source_images
from mritumor.dicom.write import built, new_series_number, save
from mritumor.errors import LabelError
from mritumor.types import Affine, LabelMap, PathLike

KINDS = ("binary", "labelmap")


def write_seg(
    path: PathLike,
    labels: np.ndarray,
    affine: Affine,
    source: Series | Sequence[Any] | SourceImages,
    names: Mapping[int, str],
    algorithm: Algorithm,
    **options: Any,
) -> Path:
    """Write a label map as DICOM SEG.

    The file holds the patient's name and id, as DICOM wants it; its own name is what
    the caller gives.

    Args:
        path: the file to write; its folder is made, an older file replaced.
        labels: as for `make_seg`, and so are all others.
        affine: voxel index to RAS+ mm.
        source: what it was drawn on.
        names: meaning of each label value but 0.
        algorithm: what drew it.
        options: more keywords of `make_seg`.

    Returns:
        The file.

    Raises:
        GeometryError, InputError, LabelError, MissingDependencyError: see `make_seg`.
    """
    return save(make_seg(labels, affine, source, names, algorithm, **options), path)


def make_seg(
    labels: np.ndarray,
    affine: Affine,
    source: Series | Sequence[Any] | SourceImages,
    names: Mapping[int, str],
    algorithm: Algorithm,
    *,
    kind: str = "binary",
    keep_empty_frames: bool = False,
    description: str = "",
    series_number: int | None = None,
) -> Any:
    """Return a label map as DICOM SEG.

    Segments are numbered from 1 in the order of the label values, so that contiguous
    values keep theirs. A structure without voxels stays a segment.

    Args:
        labels: (I, J, K) whole numbers, 0 background, on the grid of `read_series`, or
            on its voxels with axes in another order or direction.
        affine: voxel index to RAS+ mm.
        source: the series that `find_series` found, its pydicom datasets, or what
            `source_images` made of them.
        names: meaning of each label value but 0.
        algorithm: what drew the outline.
        kind: ``"binary"``, which every reader knows, or ``"labelmap"`` (DICOM 2024c).
        keep_empty_frames: write slices without voxels too. They are written anyway
            where there are no voxels at all.
        description: of the series; default tells the algorithm.
        series_number: default follows from the source's.

    Returns:
        A highdicom ``Segmentation``, which is a pydicom Dataset.

    Raises:
        GeometryError: the labels lie on another grid, or the source is no volume.
        InputError: a source without frame of reference, or of several series.
        LabelError: a value that has no name, or no names.
        MissingDependencyError: pydicom or highdicom is not installed.
    """
    images = source if isinstance(source, SourceImages) else source_images(source)
    if kind not in KINDS:
        raise LabelError("no such kind of SEG", got=kind, expected=" or ".join(KINDS))
    mask = turn_labels(labels, affine, images.shape, images.affine, images.name)
    values = check_names(mask, names, images.name)
    table: LabelMap = np.zeros(256, np.uint8)
    table[values] = np.arange(1, len(values) + 1)
    segments = table[mask]
    uid = require("pydicom.uid", "dicom").generate_uid
    with built("SEG", images):
        made = require("highdicom.seg", "dicom").Segmentation(
            source_images=planes(images),
            pixel_array=np.ascontiguousarray(segments.transpose(2, 1, 0)),
            segmentation_type=kind.upper(),
            segment_descriptions=_descriptions(values, names, algorithm),
            series_instance_uid=uid(),
            series_number=series_number or new_series_number(images, 1),
            sop_instance_uid=uid(),
            instance_number=1,
            manufacturer=MAKER,
            manufacturer_model_name=clipped(algorithm.name),
            software_versions=clipped(algorithm.software),
            device_serial_number=algorithm.serial,
            omit_empty_frames=not keep_empty_frames and bool(mask.any()),
            content_label="SEGMENTATION",
            content_description=clipped(f"Drawn by {algorithm.name}"),
            series_description=clipped(
                description or f"SEG {algorithm.name} {algorithm.version} (AI)"
            ),
        )
        number_frames(made, images)
    return made


def check_names(mask: LabelMap, names: Mapping[int, str], where: str) -> list[int]:
    """Return the label values in order, 0 apart.

    Args:
        mask: the label map.
        names: meaning of each value but 0.
        where: the series, for the error.

    Raises:
        LabelError: a value that has no name, or no names.
    """
    values = sorted(int(value) for value in names if int(value))
    unknown = sorted(set(np.unique(mask).tolist()) - {0, *values})
    if not values:
        raise LabelError("the structures have no names", where=where)
    if unknown:
        raise LabelError(
            "label values that have no name",
            where=where,
            got=unknown,
            expected=", ".join(f"{value} {names[value]}" for value in values),
        )
    return values


def _descriptions(
    values: Sequence[int], names: Mapping[int, str], algorithm: Algorithm
) -> list[Any]:
    hd = require("highdicom", "dicom")
    identification = hd.AlgorithmIdentificationSequence(
        name=clipped(algorithm.name),
        family=coded(ARTIFICIAL_INTELLIGENCE),
        version=clipped(algorithm.version),
        source=MAKER,
        parameters=algorithm.parameters or None,
    )
    return [
        require("highdicom.seg", "dicom").SegmentDescription(
            segment_number=number,
            segment_label=clipped(names[value]),
            segmented_property_category=coded(concept(names[value]).category),
            segmented_property_type=coded(concept(names[value]).type),
            algorithm_type="AUTOMATIC",
            algorithm_identification=identification,
            tracking_uid=hd.UID(),
            tracking_id=clipped(names[value]),
            anatomic_regions=[coded(BRAIN)],
            display_color=require("highdicom.color", "dicom").CIELabColor.from_rgb(
                *colour_bytes(value)
            ),
        )
        for number, value in enumerate(values, start=1)
    ]


def coded(code: Code) -> Any:
    """Return highdicom's concept of a code."""
    return require("highdicom.sr.coding", "dicom").CodedConcept(
        code.value, code.scheme, code.meaning
    )
