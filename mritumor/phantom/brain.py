"""One healthy brain: tissue fractions at any point of RAS+ mm space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mritumor.phantom import deep
from mritumor.phantom.cortex import Folds, make_folds
from mritumor.phantom.hull import Hull, hull, midline
from mritumor.phantom.noise import Noise, Points, Values, band_noise, smooth_noise
from mritumor.phantom.shapes import ellipsoid, soft
from mritumor.phantom.tissues import Fractions, displace


@dataclass(frozen=True)
class Brain:
    """A brain's random choices; made by `make_brain`.

    Args:
        folds: where its sulci stand.
        warp: fields that bend world space into template space: three long, three short.
        scale: (3,) template mm per world mm along x, y, z.
        atrophy: 0 (young: narrow sulci, slit ventricles) to 1 (old).
        thickness: of the cortex in mm.
        wander: bends the named fissures and leads vessels along the sulci.
    """

    folds: Folds
    warp: tuple[Noise, ...]
    scale: NDArray[np.float32]
    atrophy: float
    thickness: float
    wander: Noise

    def to_template(self, points: Points) -> Points:
        """Return where world points (N, 3) in mm lie in template space."""
        bend = np.stack([noise(points) for noise in self.warp[:3]], axis=1)
        ripple = np.stack([noise(points) for noise in self.warp[3:]], axis=1)
        # Gyri wriggle, the skull does not: short waves fade out towards it.
        fade = np.clip(ellipsoid(points, (0, -17, 8), (72, 92, 74)) / 12, 0, 1)
        bend = 1.4 * bend + 1.1 * fade[:, None] * ripple
        return (points * self.scale + bend).astype(np.float32)

    def fractions(self, at: Points, width: float) -> tuple[Fractions, Hull]:
        """Return the tissue fractions inside the dura.

        Args:
            at: (N, 3) mm in template space.
            width: mm over which one voxel averages.

        Returns:
            The fractions (they sum to 1; as if there were no dura) and the hull.
        """
        parts = hull(at)
        pial, sulcus = self._pial_depth(at, parts)
        cortical = (parts.cerebrum > parts.stem) | (parts.cerebellum > parts.stem)
        thickness = np.where(parts.cerebellum > parts.cerebrum, 1.8, self.thickness)
        callosal = (np.abs(at[:, 0]) < 8) & (midline(at)[1] < 0.5)
        ribbon = thickness * (cortical & ~callosal)
        inside = soft(pial, width)
        wm = soft(pial - ribbon, width)
        found: Fractions = {"csf": 1 - inside, "gm": inside - wm, "wm": wm}
        self._add_deep(found, at, width)
        self._add_vessels(found, at, sulcus, width)
        return found, parts

    def _pial_depth(self, at: Points, parts: Hull) -> tuple[Values, Values]:
        """Return (mm under the pia, mm from the nearest main sulcus)."""
        brain = np.maximum(parts.cerebrum, parts.stem)
        fissure, outside = midline(at)
        under = np.minimum(brain, fissure)
        major, minor, reach = self.folds(at)
        reach = _bounded(reach, brain - fissure, outside, at[:, 2])
        open_ = (0.25 + 0.7 * self.atrophy) * (1 + np.exp(-np.maximum(under, 0) / 4))
        walls = np.hypot(major, np.maximum(under - reach, 0)) - open_
        dents = np.hypot(minor, np.maximum(under - 0.55 * reach, 0)) - 0.6 * open_
        tent = np.abs(parts.cerebrum - parts.cerebellum) / 2 - 0.6
        pial = np.minimum(np.minimum(walls, dents), np.minimum(fissure - 0.6, tent))
        lateral = deep.sylvian(at, 1.8 * self.wander(at)) - 0.7 - 0.6 * self.atrophy
        pial = np.minimum(pial, lateral)
        pial = np.minimum(pial, brain - self.atrophy)
        pial = np.where(parts.stem > parts.cerebrum, parts.stem, pial)
        small = parts.cerebellum > brain
        pial = np.where(small, _folia(at, parts.cerebellum), pial)
        bare = small | (under < 4)
        return pial.astype(np.float32), np.where(bare, np.float32(99), walls)

    def _add_deep(self, found: Fractions, at: Points, width: float) -> None:
        grey, pallidum = deep.nuclei(at)
        # Iron and myelin make the pallidum look half like white matter.
        part = soft(grey, 1.5 * width) * (1 - 0.5 * soft(pallidum, 1.5 * width))
        found["dgm"] = found["wm"] * part
        found["wm"] = found["wm"] - found["dgm"]
        fluid = soft(deep.ventricles(at, 0.8 + 0.5 * self.atrophy), width)
        villi = fluid * soft(deep.plexus(at), 1.5)
        displace(found, {"ventricle": fluid - villi, "vessel": villi})

    def _add_vessels(
        self, found: Fractions, at: Points, sulcus: Values, width: float
    ) -> None:
        course = np.abs(self.wander(at)) * 3.0
        part = soft(0.6 - np.hypot(course, sulcus), max(width, 1.5)) * found["csf"]
        found["vessel"] = found["vessel"] + part
        found["csf"] = found["csf"] - part


def make_brain(rng: np.random.Generator) -> Brain:
    """Draw one brain."""
    warp = tuple(smooth_noise(rng, length) for length in (80, 80, 80, 26, 26, 26))
    size = rng.normal(1, 0.025) * rng.normal(1, 0.015, 3)
    return Brain(
        folds=make_folds(rng),
        warp=warp,
        scale=(1 / np.clip(size, 0.93, 1.06)).astype(np.float32),
        atrophy=float(rng.beta(2, 2.5)),
        thickness=float(rng.uniform(2.4, 3.1)),
        wander=band_noise(rng, 22),
    )


def _bounded(reach: Values, inner: Values, outside: Values, z: Values) -> Values:
    """Return how deep sulci go: less on the medial wall, and less in thin parts.

    Args:
        reach: (N,) mm on the wide convexity.
        inner: (N,) mm, how much nearer the medial wall is than the convexity. Where
            it is 0 the walls of two surfaces would meet, so none may get there.
        outside: (N,) mm outside the corpus callosum, which has no sulci.
        z: (N,) mm in template space; the temporal lobes lie below.
    """
    reach = np.where(inner > 0, reach * np.clip(outside / 16, 0, 0.5), reach)
    reach = np.minimum(reach, 6 + 1.5 * np.abs(inner))
    return np.minimum(reach, 11 + 0.7 * np.maximum(z + 14, 0))


def _folia(at: Points, depth: Values) -> Values:
    """Return mm under the surface of the cerebellum, whose fissures fan out."""
    back, up = -(at[:, 1] + 46), at[:, 2] + 36
    angle = np.arctan2(up, np.hypot(back, 0.5 * at[:, 0])) + 0.002 * back
    period = np.float32(0.24)
    apart = np.abs((angle / period) % 1 - 0.5) * period * np.hypot(back, up)
    slit = np.hypot(apart, np.maximum(depth - 14, 0)) - 0.3
    return np.minimum(depth - 0.5, slit)
