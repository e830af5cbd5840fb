"""A tumour's shape as a function of position, and how it pushes the brain aside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mritumor.phantom.noise import Noise, Points, Values, smooth_noise


@dataclass(frozen=True)
class Focus:
    """One lesion: centre (3,) in RAS+ mm, size relative to the first, stretch 3×3."""

    centre: NDArray[np.float32]
    size: float
    stretch: NDArray[np.float32]


@dataclass(frozen=True)
class Tumour:
    """A tumour's random choices; made by `plan`.

    Args:
        kind: ``"high-grade"``, ``"low-grade"``, ``"meningioma"``, ``"pituitary"``.
        foci: its lesions, the largest first.
        volumes: target mm³ of ``NCR``, ``ET`` and ``ED``.
        roughness: of the outline; 0 is an ellipsoid.
        push: mm, radius of a ball of pushed-aside brain at the first focus.
        lobes: noise that shapes the outline coarsely.
        detail: noise that shapes it finely.
        rim: noise that varies the rim's thickness.
        spread: noise that makes the oedema uneven.
    """

    kind: str
    foci: tuple[Focus, ...]
    volumes: dict[str, float]
    roughness: float
    push: float
    lobes: Noise
    detail: Noise
    rim: Noise
    spread: Noise

    @property
    def intra_axial(self) -> bool:
        """Whether it grows inside the brain, not from its coverings."""
        return self.kind in ("high-grade", "low-grade")

    @property
    def radius(self) -> float:
        """mm, of a ball of the solid part's volume; of all of a low-grade tumour."""
        solid = self.volumes["NCR"] + self.volumes["ET"] or self.volumes["ED"]
        return float(np.cbrt(3 * solid / (4 * np.pi)))

    def displaced(self, points: Points, dura: Values) -> Points:
        """Return where the tissue at points (N, 3) was before the tumour grew.

        A ball is pushed out of each focus without loss of volume; near the skull the
        brain cannot give way.

        Args:
            points: (N, 3) RAS+ mm.
            dura: (N,) mm inside the dura.
        """
        give = np.clip(dura / 18, 0, 1) if self.intra_axial else np.ones_like(dura)
        moved = points.copy()
        for focus in self.foci:
            away = points - focus.centre
            distance = np.maximum(np.linalg.norm(away, axis=1), 1e-3)
            pushed = (self.push * focus.size) ** 3
            before = np.cbrt(np.maximum(distance**3 - pushed, 0)) / distance
            moved += away * ((before - 1) * give)[:, None]
        return moved

    def core(self, points: Points) -> Values:
        """Return the core's field (N,): about the distance in mm, outline included."""
        nearest: Values = np.full(len(points), np.inf, np.float32)
        for focus in self.foci:
            away = (points - focus.centre) @ focus.stretch
            np.minimum(nearest, np.linalg.norm(away, axis=1) / focus.size, out=nearest)
        bumps = 0.8 * self.lobes(points) + 0.4 * self.detail(points)
        return nearest * np.exp(self.roughness * np.clip(bumps, -2.2, 2.2))


def make_noises(
    rng: np.random.Generator, radius: float
) -> tuple[Noise, Noise, Noise, Noise]:
    """Draw (lobes, detail, rim, spread) for a tumour of a radius in mm."""
    return (
        smooth_noise(rng, max(1.6 * radius, 14)),
        smooth_noise(rng, max(0.6 * radius, 7)),
        smooth_noise(rng, max(0.8 * radius, 8)),
        smooth_noise(rng, 26),
    )
