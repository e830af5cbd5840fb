"""Which tumour a patient has: kind, place and size."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mritumor.phantom.brain import Brain
from mritumor.phantom.grid import rotation
from mritumor.phantom.noise import Points, Values
from mritumor.phantom.tumour import Focus, Tumour, make_noises

ROUGHNESS = {
    "high-grade": 0.16,
    "low-grade": 0.14,
    "meningioma": 0.05,
    "pituitary": 0.05,
}


def plan(
    rng: np.random.Generator,
    brain: Brain,
    kind: str,
    *,
    foci: int | None = None,
    volumes: Mapping[str, float] | None = None,
) -> Tumour:
    """Draw a tumour.

    Args:
        rng: where the randomness comes from.
        brain: the patient.
        kind: one of `ROUGHNESS`.
        foci: number of lesions; default one, sometimes two.
        volumes: mm³ of ``NCR``, ``ET``, ``ED``, absent ones 0; default drawn.
    """
    drawn = _draw_volumes(rng, kind)
    split = rng.random() < 0.2 and kind == "high-grade"
    if volumes is not None:
        drawn = {name: float(volumes.get(name, 0)) for name in ("NCR", "ET", "ED")}
    solid = drawn["NCR"] + drawn["ET"] or drawn["ED"]
    radius = float(np.cbrt(3 * solid / (4 * np.pi)))
    count = foci if foci is not None else 1 + int(split)
    lobes, detail, rim, spread = make_noises(rng, radius)
    give = {"high-grade": 0.8, "low-grade": 0.55}.get(kind, 0.98)
    return Tumour(
        kind=kind,
        foci=_place(rng, brain, kind, radius, count),
        volumes=drawn,
        roughness=ROUGHNESS[kind],
        push=give * radius / (1 if count == 1 else 1.15),
        lobes=lobes,
        detail=detail,
        rim=rim,
        spread=spread,
    )


def _draw_volumes(rng: np.random.Generator, kind: str) -> dict[str, float]:
    """Draw mm³ per label; whole tumours lie between about 5 and 150 ml."""
    if kind == "low-grade":
        return {"NCR": 0.0, "ET": 0.0, "ED": 1e3 * _log_uniform(rng, 12, 90)}
    if kind == "meningioma":
        return {"NCR": 0.0, "ET": 1e3 * _log_uniform(rng, 8, 45), "ED": 0.0}
    if kind == "pituitary":
        return {"NCR": 0.0, "ET": 1e3 * _log_uniform(rng, 1.2, 6), "ED": 0.0}
    core = 1e3 * _log_uniform(rng, 3, 50)
    # A rim thinner than some 3 mm would vanish in the blur of its own edges.
    most = (1 - 3.2 / np.cbrt(3 * core / (4 * np.pi))) ** 3
    dead = core * rng.uniform(0.12, min(0.55, most))
    swelling = core * _log_uniform(rng, 0.7, 3)
    swelling = float(np.clip(swelling, 2e3, 1.5e5 - core))
    return {"NCR": dead, "ET": core - dead, "ED": swelling}


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _place(
    rng: np.random.Generator, brain: Brain, kind: str, radius: float, count: int
) -> tuple[Focus, ...]:
    """Choose the lesions' centres; later ones are smaller and lie near the first."""
    candidates = _candidates(brain, kind, radius)
    first = candidates[rng.integers(len(candidates))]
    places = [Focus(first, 1.0, _stretch(rng, kind))]
    while len(places) < count:
        apart = np.min(
            [np.linalg.norm(candidates - f.centre, axis=1) for f in places], axis=0
        )
        same = candidates[:, 0] * first[0] > 0
        fits = same & (apart > 1.7 * radius) & (apart < 2.2 * radius + 25)
        pool = candidates[fits] if fits.any() else candidates[apart.argmax()][None]
        size = float(rng.uniform(0.4, 0.75))
        places.append(Focus(pool[rng.integers(len(pool))], size, _stretch(rng, kind)))
    return tuple(places)


def _candidates(brain: Brain, kind: str, radius: float) -> Points:
    """Return the world points (N, 3) in mm where such a tumour may start."""
    axes: list[Values] = [np.arange(a, b, 5.0, dtype=np.float32) for a, b in _BOX]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    at = brain.to_template(points)
    found, parts = brain.fractions(at, 2.0)
    if kind == "pituitary":
        sella = np.linalg.norm(at - np.array([0, 5, -25 - 0.3 * radius]), axis=1)
        return points[sella.argmin()][None]
    if kind == "meningioma":
        skin = np.abs(parts.dura - 0.55 * radius) < 2.5
        return points[skin & (at[:, 2] > 12) & (parts.cerebellum < -10)]
    deep_enough = parts.cerebrum > np.clip(0.8 * radius, 11, 24)
    lateral = (np.abs(at[:, 0]) > 16) & (at[:, 2] > -14)
    return points[(found["wm"] > 0.8) & deep_enough & lateral]


_BOX = ((-76.0, 77.0), (-104.0, 77.0), (-36.0, 81.0))


def _stretch(rng: np.random.Generator, kind: str) -> NDArray[np.float32]:
    """Draw a 3×3 matrix of determinant 1 that makes a ball an ellipsoid."""
    logs = rng.normal(0, 0.16 if "grade" in kind else 0.06, 3)
    turn = rotation(rng.normal(size=3), rng.uniform(0, 180))
    return (turn @ np.diag(np.exp(logs - logs.mean())) @ turn.T).astype(np.float32)
