"""The pictures of a study report: slices in layers that can be switched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mritumor import overlay
from mritumor.errors import GeometryError, InputError
from mritumor.report.facts import StudyFacts
from mritumor.report.pixels import (
    CYAN,
    Size,
    border_uri,
    fill_uri,
    grey_uri,
    heat_uri,
)
from mritumor.report.planes import Cut, Turned, cut

LARGE, SMALL = 420, 220  # pixels, longer side
STRIP = 8  # axial slices through the tumour


@dataclass(frozen=True)
class View:
    """One picture: a grey ground and transparent layers over it, all of one size.

    Attributes:
        title: such as ``"axial 84"``.
        size: height and width in pixels.
        base: data URI.
        layers: by name (``border``, ``fill``, ``truth``, ``heat``, ``uncertainty``).
    """

    title: str
    size: Size
    base: str
    layers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StudyViews:
    """All pictures of a study.

    Attributes:
        outline: a slice of each plane (or the picture) with regions and outlines.
        strip: axial slices through the tumour.
        heat: slices through where the heat is highest.
        uncertainty: the slices of `outline`, with the uncertainty.
    """

    outline: list[View]
    strip: list[View]
    heat: list[View]
    uncertainty: list[View]


def study_views(facts: StudyFacts) -> StudyViews:
    """Cut and encode the pictures of a study.

    Raises:
        InputError: arrays of different shapes, or a volume without an affine.
    """
    maps = _maps(facts)
    if facts.image.ndim == 2:
        return _picture_views(facts, maps)
    if facts.affine is None:
        raise GeometryError(
            "a volume is shown in three planes, which needs its affine",
            where=facts.case,
            remedy="give affine=",
        )
    return _volume_views(facts, maps, Turned(facts.affine))


def _maps(facts: StudyFacts) -> dict[str, NDArray[Any]]:
    """Return the maps that are there, and check that they share the image's grid."""
    named = {
        "labels": facts.labels,
        "truth": facts.truth,
        "heat": facts.heat,
        "uncertainty": facts.uncertainty,
    }
    maps = {name: np.asarray(a) for name, a in named.items() if a is not None}
    for name, array in maps.items():
        if array.shape != facts.image.shape:
            raise InputError(
                "not on the image's grid",
                where=f"{facts.case}, {name}",
                got=array.shape,
                expected=facts.image.shape,
            )
    if facts.image.ndim not in (2, 3):
        raise InputError(
            "a study is a picture (H, W) or a volume (I, J, K)",
            where=facts.case,
            got=facts.image.shape,
            remedy="choose one channel",
        )
    return maps


def _picture_views(facts: StudyFacts, maps: dict[str, NDArray[Any]]) -> StudyViews:
    height, width = facts.image.shape
    size = _fit(height, width, LARGE)
    grey = overlay.window(facts.image)
    several = len(facts.names) > 1

    def show(title: str, *names: str) -> list[View]:
        chosen = {name: maps[name] for name in names if name in maps}
        return [_view(title, grey, chosen, size, several)] if chosen else []

    plain = _view("image", grey, {}, size, several)
    return StudyViews(
        outline=[plain, *show("outline", "labels", "truth")],
        strip=[],
        heat=show("heat map", "labels", "heat") if "heat" in maps else [],
        uncertainty=(
            show("uncertainty", "labels", "uncertainty")
            if "uncertainty" in maps
            else []
        ),
    )


def _volume_views(
    facts: StudyFacts, maps: dict[str, NDArray[Any]], turned: Turned
) -> StudyViews:
    grey = turned.turn(overlay.window(facts.image))
    maps = {name: turned.turn(array) for name, array in maps.items()}
    several = len(facts.names) > 1
    anchor = _anchor(maps, grey)
    longest = max(max(turned.size(grey.shape, axis)) for axis in range(3))

    def show(where: Cut, pixels: int, *names: str) -> View:
        mm = turned.size(grey.shape, where.axis)
        size = _fit(*mm, pixels * max(mm) / longest)
        cuts = {name: cut(maps[name], *where) for name in names if name in maps}
        title = f"{where.plane} {where.place + 1}"
        return _view(title, cut(grey, *where), cuts, size, several)

    def planes(centre: list[Cut], *names: str) -> list[View]:
        return [show(where, LARGE, *names) for where in centre]

    centre = [Cut(axis, overlay.fullest_slice(anchor, axis)) for axis in (2, 1, 0)]
    hot = _hottest(maps["heat"]) or centre if "heat" in maps else []
    return StudyViews(
        outline=planes(centre, "labels", "truth"),
        strip=[show(at, SMALL, "labels", "truth") for at in _through(anchor)],
        heat=planes(hot, "labels", "heat"),
        uncertainty=planes(
            centre if "uncertainty" in maps else [], "labels", "uncertainty"
        ),
    )


def _hottest(heat: NDArray[Any]) -> list[Cut]:
    if not heat.any():
        return []
    peak = np.unravel_index(int(heat.argmax()), heat.shape)
    return [Cut(axis, int(peak[axis])) for axis in (2, 1, 0)]


def _anchor(maps: dict[str, NDArray[Any]], grey: NDArray[Any]) -> NDArray[Any]:
    """Return the map whose fullest slices are shown."""
    for name in ("labels", "truth"):
        if name in maps and (maps[name] > 0).any():
            return maps[name]
    # Nothing outlined: the middle of the head rather than of the grid.
    return np.asarray(grey > 0, np.uint8)


def _through(anchor: NDArray[Any]) -> list[Cut]:
    filled = np.flatnonzero((anchor > 0).any(axis=(0, 1)))
    if not filled.size:
        return []
    steps = np.linspace(filled[0], filled[-1], min(STRIP, filled.size))
    return [Cut(2, int(i)) for i in np.unique(steps.round())]


def _view(
    title: str,
    grey: NDArray[np.floating],
    maps: dict[str, NDArray[Any]],
    size: Size,
    several: bool,
) -> View:
    layers = {}
    for name, colours in (("heat", "inferno"), ("uncertainty", "viridis")):
        if name in maps:
            layers[name] = heat_uri(maps[name], size, colours)
    labels = maps.get("labels")
    width = 2 if max(size) > 300 else 1
    if labels is not None and several and not layers and labels.any():
        layers["fill"] = fill_uri(labels, size)
    if "truth" in maps and maps["truth"].any():
        layers["truth"] = border_uri(maps["truth"], size, CYAN, width)
    if labels is not None and labels.any():
        layers["border"] = border_uri(labels, size, width=width)
    return View(title, size, grey_uri(grey, size), layers)


def _fit(height: float, width: float, pixels: float) -> Size:
    scale = pixels / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))
