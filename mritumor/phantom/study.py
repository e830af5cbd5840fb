"""One synthetic study: images, label map and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mritumor import geometry
from mritumor.phantom.contrast import make_scanner
from mritumor.phantom.grid import Grid
from mritumor.phantom.growth import LABELS, Levels, grow
from mritumor.phantom.options import StudyOptions, resolve
from mritumor.phantom.patient import STREAMS, Bare, Patient, make_patient, stream
from mritumor.phantom.protocol import study_grids
from mritumor.phantom.render import CENTRAL, render, scan, volume
from mritumor.phantom.tissues import TISSUES, as_array
from mritumor.types import Affine, LabelMap


@dataclass(frozen=True)
class Study:
    """A patient's images with known truth.

    Args:
        images: (I, J, K) float32 per sequence, raw scanner units, 0..4095.
        affines: voxel index to RAS+ mm per sequence.
        label: (I, J, K) uint8, 1 NCR, 2 ED, 3 ET, on the reference grid.
        affine: of the label.
        truth: plain values for JSON: volumes in mm³, centroid in mm, kind, foci, …
        tissues: (I, J, K) float32 fractions per tissue on the reference grid, when
            asked for; they sum to 1.
    """

    images: dict[str, NDArray[np.float32]]
    affines: dict[str, Affine]
    label: LabelMap
    affine: Affine
    truth: dict[str, Any]
    tissues: dict[str, NDArray[np.float32]] = field(default_factory=dict)


def make_study(
    seed: int, case: int = 0, options: StudyOptions | None = None, **changes: Any
) -> Study:
    """Make one study.

    Args:
        seed: of the data set.
        case: number in it. A case depends on (seed, case) and the options only.
        options: see `StudyOptions`.
        changes: fields of `StudyOptions` that differ from `options`.

    Returns:
        The study; equal arguments give byte-identical arrays.

    Raises:
        InputError: an option that does not exist or is out of range, or volumes that
            the brain has no room for.

    Example:
        >>> study = make_study(0, 1, spacing=4, volumes_ml={"ET": 8, "ED": 30})
        >>> volumes = study.truth["volumes_mm3"]
        >>> study.label.shape, volumes["ET"]
        ((45, 52, 41), 8000.0)
    """
    options = resolve(options, changes)
    patient = make_patient(seed, case, options)
    reference, grids = study_grids(options, stream(seed, case, STREAMS["grid"]))
    bare = patient.bare(reference, CENTRAL)
    label, levels = _label(patient, reference, bare)
    scanner = make_scanner(stream(seed, case, STREAMS["scanner"]))
    clean = render(patient, scanner, grids, levels, (reference, bare))
    images = {
        name: scan(clean[name], name, grids[name], scanner, options, (seed, case))
        for name in options.modalities
    }
    kept: dict[str, NDArray[np.float32]] = {}
    if options.keep_tissues:
        fractions = as_array(patient.tissue(bare, levels))
        kept = {
            name: volume(row, bare, reference, float(name == "air"))
            for name, row in zip(TISSUES, fractions)
        }
    affines = {name: grid.affine for name, grid in grids.items()}
    truth = _truth(seed, case, patient, label, reference)
    return Study(images, affines, label, reference.affine, truth, kept)


def _label(patient: Patient, grid: Grid, bare: Bare) -> tuple[LabelMap, Levels | None]:
    if patient.tumour is None or bare.fields is None:
        return np.zeros(grid.shape, np.uint8), None
    voxel = geometry.voxel_volume(grid.affine)
    volumes = patient.tumour.volumes
    return grow(bare.fields, bare.inside, grid.shape, voxel, volumes)


def _truth(
    seed: int, case: int, patient: Patient, label: LabelMap, grid: Grid
) -> dict[str, Any]:
    voxel = geometry.voxel_volume(grid.affine)
    counts = {name: int((label == value).sum()) for value, name in LABELS.items()}
    counts["TC"] = counts["NCR"] + counts["ET"]
    counts["WT"] = counts["TC"] + counts["ED"]
    centroid = None
    if counts["WT"]:
        mean = np.argwhere(label > 0).mean(axis=0)
        world = geometry.voxel_to_world(grid.affine, mean)
        centroid = [round(float(x), 3) for x in world]
    tumour = patient.tumour
    foci = tumour.foci if tumour is not None else ()
    return {
        "seed": seed,
        "case": case,
        "kind": tumour.kind if tumour is not None else "none",
        "foci_mm": [[round(float(x), 2) for x in focus.centre] for focus in foci],
        "centroid_mm": centroid,
        "voxel_mm3": round(voxel, 6),
        "voxels": counts,
        "volumes_mm3": {name: round(n * voxel, 3) for name, n in counts.items()},
    }
