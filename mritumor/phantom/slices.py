"""2-D images of one patient's head, with the tumour's outline."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mritumor import geometry
from mritumor.phantom.contrast import make_scanner
from mritumor.phantom.grid import Grid, head_grid
from mritumor.phantom.growth import LABELS, Levels, grow
from mritumor.phantom.options import StudyOptions
from mritumor.phantom.patient import STREAMS, Patient, make_patient, stream
from mritumor.phantom.planes import PLANES, plane_grid
from mritumor.phantom.render import CENTRAL, render, scan
from mritumor.phantom.tumour import Tumour

CLASSES = ("glioma", "meningioma", "notumor", "pituitary")
"""In the order of their index, the alphabet's, as folder readers count them."""

KIND_OF = {
    "glioma": None,
    "meningioma": "meningioma",
    "notumor": "none",
    "pituitary": "pituitary",
}


@dataclass(frozen=True)
class Slice:
    """One image.

    Args:
        image: (H, W) uint8, shown as radiologists do: the patient's right is left.
        mask: (H, W) bool, the tumour (its core where there is one).
        plane: one of `PLANES`.
        position: mm along the axis through the slice, RAS+.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    plane: str
    position: float


def make_slices(
    seed: int, case: int, name: str, count: int, options: StudyOptions | None = None
) -> list[Slice]:
    """Make images of one patient, T1 with contrast agent, the whole head.

    Args:
        seed: of the data set.
        case: number of the patient in it.
        name: one of `CLASSES`.
        count: number of images; planes take turns.
        options: noise, bias and low_grade_fraction are used, and the first number of
            `spacing` as the pixel's edge.

    Returns:
        The images; each of a patient with a tumour shows it.
    """
    options = replace(options or StudyOptions(), skull=True, kind=KIND_OF[name])
    patient = make_patient(seed, case, options)
    levels, centre, radius = _tumour(patient)
    rng = stream(seed, case, STREAMS["grid"])
    return [
        _slice(patient, levels, options, (seed, case), plane, centre + shift)
        for plane, shift in _positions(rng, count, radius)
    ]


def _tumour(patient: Patient) -> tuple[Levels | None, NDArray[np.float64], float]:
    """Return (levels, centre in mm, a distance that stays inside the tumour)."""
    if patient.tumour is None:
        return None, np.array([0.0, -17.0, 18.0]), 22.0
    coarse = head_grid((3, 3, 3))
    bare = patient.bare(coarse, CENTRAL)
    if bare.fields is None:
        raise RuntimeError("a patient with a tumour has its fields")
    voxel = geometry.voxel_volume(coarse.affine)
    volumes = patient.tumour.volumes
    label, levels = grow(bare.fields, bare.inside, coarse.shape, voxel, volumes)
    chosen = np.argwhere(_mask(label, patient.tumour))
    middle = chosen.mean(axis=0)
    # The voxel nearest to the mean: of two lesions, the mean may lie between.
    inner = chosen[np.linalg.norm(chosen - middle, axis=1).argmin()]
    radius = float(np.cbrt(len(chosen) * voxel * 3 / (4 * np.pi)))
    return levels, geometry.voxel_to_world(coarse.affine, inner), 0.4 * radius


def _positions(
    rng: np.random.Generator, count: int, radius: float
) -> list[tuple[str, NDArray[np.float64]]]:
    """Draw planes in turn, each with a shift of at most `radius` mm."""
    names = [str(name) for name in rng.permutation(list(PLANES))]
    return [
        (names[n % len(names)], rng.uniform(-radius, radius, 3)) for n in range(count)
    ]


def _slice(
    patient: Patient,
    levels: Levels | None,
    options: StudyOptions,
    identity: tuple[int, int],
    plane: str,
    at: NDArray[np.float64],
) -> Slice:
    grid = plane_grid(plane, at, options.three_spacings[0])
    scanner = make_scanner(stream(*identity, STREAMS["scanner"]))
    clean = render(patient, scanner, {"t1c": grid}, levels)["t1c"]
    image = scan(clean, "t1c", grid, scanner, options, identity)[:, :, 0]
    top = max(float(np.percentile(image, 99.7)), 1e-3)
    shown = np.rint(np.clip(image / top, 0, 1) * 255).astype(np.uint8)
    mask = np.zeros(shown.shape, bool)
    if levels is not None and patient.tumour is not None:
        mask = _cut(patient, levels, grid)
    return Slice(shown, mask, plane, float(at[PLANES[plane][2]]))


def _cut(patient: Patient, levels: Levels, grid: Grid) -> NDArray[np.bool_]:
    """Return the tumour's outline (H, W) in the middle of the slice."""
    bare = patient.bare(grid, CENTRAL)
    mask = np.zeros(bare.inside.size, bool)
    if bare.fields is not None and patient.tumour is not None:
        field, level = bare.fields.core, levels.core
        if patient.tumour.kind == "low-grade":
            field, level = bare.fields.oedema, levels.oedema
        mask[bare.inside] = field <= level
    return mask.reshape(grid.shape)[:, :, 0]


def _mask(label: NDArray[np.uint8], tumour: Tumour) -> NDArray[np.bool_]:
    """Return the core, or the whole of a tumour without one."""
    wanted = ("ED",) if tumour.kind == "low-grade" else ("NCR", "ET")
    return np.isin(label, [v for v, name in LABELS.items() if name in wanted])
