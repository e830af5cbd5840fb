"""One synthetic patient: anatomy and tumour, asked at the points of any grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mritumor.phantom.brain import Brain, make_brain
from mritumor.phantom.fields import Fields, efface, tumour_fields
from mritumor.phantom.grid import Grid
from mritumor.phantom.growth import Levels, infiltrate
from mritumor.phantom.head import head_fractions
from mritumor.phantom.hull import hull
from mritumor.phantom.noise import Noise, Points, Values, smooth_noise
from mritumor.phantom.options import StudyOptions
from mritumor.phantom.plan import plan
from mritumor.phantom.shapes import ellipsoid, soft
from mritumor.phantom.tissues import Fractions, displace
from mritumor.phantom.tumour import Tumour

STREAMS = {"brain": 0, "tumour": 1, "grid": 2, "scanner": 3, "texture": 4}
"""Each part of a study has its own random stream: changing one leaves the others."""


def stream(seed: int, case: int, part: int) -> np.random.Generator:
    """Return the random generator of one part of one case."""
    return np.random.default_rng([seed, case, part])


class Bare(NamedTuple):
    """Healthy tissue at the points of a grid that lie in the head.

    Args:
        inside: (I·J·K,) which points these are; N of them.
        points: (N, 3) RAS+ mm.
        found: fractions (N,), the mass effect included.
        brain: (N,) how much of the point lies inside the dura.
        fields: of the tumour, None without one.
    """

    inside: NDArray[np.bool_]
    points: Points
    found: Fractions
    brain: Values
    fields: Fields | None


@dataclass(frozen=True)
class Patient:
    """Anatomy, tumour (None in a healthy one) and fine texture of a patient."""

    brain: Brain
    tumour: Tumour | None
    texture: Noise
    skull: bool

    def bare(self, grid: Grid, offset: tuple[float, float, float]) -> Bare:
        """Return the healthy tissue at a grid's voxels, moved by parts of a voxel."""
        points = grid.points(offset)
        inside = _near_head(points, self.skull)
        points = points[inside]
        at = self.brain.to_template(points)
        dura = hull(at).dura
        # A tumour of the coverings may stand outside the dura.
        beyond = self.tumour is not None and not self.tumour.intra_axial
        keep = dura > -(15.0 if beyond else grid.width)
        found, fields = self._inner(points[keep], at[keep], dura[keep], grid.width)
        brain = soft(dura, grid.width)
        if not self.skull:
            inside[inside] = keep
            return Bare(inside, points[keep], found, brain[keep], fields)
        found = {name: _spread(part, keep, 0) for name, part in found.items()}
        if fields is not None:
            fields = Fields(*(_spread(field, keep, np.inf) for field in fields))
        outer = head_fractions(at, dura, grid.width)
        for name, part in outer.items():
            found[name] = found.get(name, 0) * brain + part * (1 - brain)
        for name in set(found) - set(outer):
            found[name] = found[name] * brain
        return Bare(inside, points, found, brain, fields)

    def _inner(
        self, points: Points, at: Points, dura: Values, width: float
    ) -> tuple[Fractions, Fields | None]:
        """Return brain tissue, the mass effect included, and the tumour's fields."""
        if self.tumour is None:
            return self.brain.fractions(at, width)[0], None
        moved = self.tumour.displaced(points, dura)
        at = at + (moved - points) * self.brain.scale
        found, parts = self.brain.fractions(at, width)
        efface(self.tumour, points, found)
        parts = parts._replace(dura=dura)
        return found, tumour_fields(self.tumour, points, at, found, parts)

    def tissue(self, bare: Bare, levels: Levels | None) -> Fractions:
        """Return the fractions (N,) with the tumour grown to its levels."""
        found = dict(bare.found)
        if bare.fields is not None and levels is not None and self.tumour is not None:
            infiltrate(found, bare.fields, levels, not self.tumour.intra_axial)
        if not self.skull:
            displace(found, {"air": 1 - bare.brain})
        return found


def make_patient(seed: int, case: int, options: StudyOptions) -> Patient:
    """Draw a patient.

    Args:
        seed: of the data set.
        case: number of the patient in it; no other patient matters.
        options: of the study; what concerns the tumour and the skull is used.
    """
    brain = make_brain(stream(seed, case, STREAMS["brain"]))
    rng = stream(seed, case, STREAMS["tumour"])
    low_grade = rng.random() < options.low_grade_fraction
    kind = options.kind or ("low-grade" if low_grade else "high-grade")
    volumes = None
    if options.volumes_ml is not None:
        volumes = {name: 1e3 * ml for name, ml in options.volumes_ml.items()}
        solid = volumes.get("NCR", 0) + volumes.get("ET", 0)
        kind = options.kind or ("high-grade" if solid > 0 else "low-grade")
    tumour = None
    if kind != "none":
        tumour = plan(rng, brain, kind, foci=options.foci, volumes=volumes)
    texture = smooth_noise(stream(seed, case, STREAMS["texture"]), 7, fineness=8)
    return Patient(brain, tumour, texture, options.skull)


def _near_head(points: Points, skull: bool) -> NDArray[np.bool_]:
    """Return which points (N,) may matter: a generous solid, cheap to ask."""
    if skull:
        return np.ones(len(points), bool)
    return ellipsoid(points, (0, -17, 0), (81, 102, 97)) > 0


def _spread(values: Values, where: NDArray[np.bool_], fill: float) -> Values:
    """Put values (n,) at the n true places of `where` (N,)."""
    spread: Values = np.full(len(where), fill, np.float32)
    spread[where] = values
    return spread
