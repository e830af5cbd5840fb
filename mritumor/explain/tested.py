"""Does a bundle's heat lie in the tumour, over the slices of a test set?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mritumor.errors import InputError, MRITumorError
from mritumor.explain.evidence import Evidence, evidence
from mritumor.explain.on_pictures import check_explains, picture_heat
from mritumor.inference.evaluation_items import Scored
from mritumor.inference.pictures import load_picture
from mritumor.metrics import ScoreRow, bootstrap_statistic

POINTING = "hottest point in the tumour"
ENERGY = "share of the heat in the tumour"
EVEN = "both of an even map"


def slices_to_explain(items: Sequence[Scored], most: int) -> list[Scored]:
    """Choose slices whose outline is known and not empty, evenly among all of them.

    Args:
        items: of a test set, in its order.
        most: how many; all where there are fewer.

    Raises:
        InputError: none has an outline, or fewer than one is wanted.
    """
    if most < 1:
        raise InputError("at least one slice is explained", where="--heat", got=most)
    known = [one for one in items if one.item.get("label") and _has_tumour(one)]
    if not known:
        raise InputError(
            "heat can only be compared with outlines, and no slice has one",
            expected="'label' (a mask that is not empty) in the datalist",
        )
    places = np.unique(np.linspace(0, len(known) - 1, min(most, len(known))).round())
    return [known[int(place)] for place in places]


def heat_scores(
    predictor: Any,
    items: Sequence[Scored],
    watch: Callable[[Sequence[Scored]], Iterable[Scored]] = iter,
    resamples: int = 1999,
) -> list[ScoreRow]:
    """Compare Grad-CAM with the experts' outlines, for each slice's true class.

    Args:
        predictor: of slices.
        items: of `slices_to_explain`.
        watch: wraps the items to show progress.
        resamples: of the bootstrap over patients.

    Returns:
        Means over the slices: of the pointing game, of the energy in the mask, and what
        an even map would reach in both.

    Raises:
        InputError: heat maps cannot be made of this bundle (see `picture_heat`).
    """
    check_explains(predictor)
    found: list[tuple[Evidence, str]] = []
    unread = 0
    for one in watch(items):
        try:
            told = _evidence(predictor, one)
        except MRITumorError:
            unread += 1
            continue
        if told is not None:
            found.append((told, one.patient))
    if not found:
        raise InputError("no slice could be explained", got=f"{unread} not readable")
    whose = [patient for _, patient in found]
    columns = {
        POINTING: [float(e.hit) for e, _ in found],
        ENERGY: [e.energy for e, _ in found],
        EVEN: [e.share for e, _ in found],
    }
    return [_mean(name, v, whose, resamples) for name, v in columns.items()]


def _mean(name: str, values: list[float], whose: list[str], resamples: int) -> ScoreRow:
    note = f"{len(values)} slices, Grad-CAM of the true class"
    if len(set(whose)) < 2:
        return ScoreRow(name, float(np.mean(values)), n=len(set(whose)), note=note)
    end = bootstrap_statistic(
        lambda v: float(np.mean(v)), [values], whose, resamples=resamples
    )
    return ScoreRow(name, end.value, end.low, end.high, end.patients, note=note)


def _evidence(predictor: Any, one: Scored) -> Evidence | None:
    picture = load_picture(Path(one.image))
    mask = load_picture(Path(str(one.item["label"])))[0] > 0
    target = one.true_class if one.true_class >= 0 else None
    heat = picture_heat(predictor, picture, target, one.case)
    return evidence(heat, mask)


def _has_tumour(one: Scored) -> bool:
    """Whether the outline is not empty, by what is known without reading it."""
    if one.counts:
        return any(count.reference for count in one.counts.values())
    voxels = one.item.get("tumour_voxels")
    return voxels is None or int(voxels) > 0
