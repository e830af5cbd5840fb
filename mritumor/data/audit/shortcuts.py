"""Baselines that learn nothing: what they reach, a network has not earned.

The nearest training image by correlation of 48×48 thumbnails lends its class, or its
outline. High under a split of images and low under a split of patients, they measure
how much of a published number is the same patient seen again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence

import numpy as np

from mritumor.data.audit.draws import draws
from mritumor.data.audit.facts import Facts
from mritumor.data.audit.thumbs import Thumb
from mritumor.data.audit.vectors import nearest, vectors

Baselines = dict[str, dict[str, float]]
"""Baseline to split to figure, 0..1."""


def baselines(facts: Sequence[Facts], seed: int = 0) -> Baselines:
    """Try every baseline that the data set allows.

    Args:
        facts: of all items.
        seed: of the random splits.

    Returns:
        ``"nearest image's class"`` (accuracy), ``"class by image size"`` (accuracy,
        classes told from height and width alone), ``"commonest class"`` (accuracy) and
        ``"nearest image's mask"`` (mean Dice of the non-empty masks), each per split of
        `draws`, means over its repeats.
    """
    found: Baselines = {}
    classed = [f for f in facts if f.record.klass is not None and f.plane is not None]
    if len({item.record.klass for item in classed}) > 1:
        pictures = _planes(classed)
        for name, score in (
            ("nearest image's class", _class_of_nearest(pictures)),
            ("class by image size", _class_by(lambda item: item.shape)),
            ("commonest class", _class_by(lambda item: 0)),
        ):
            found[name] = _over_draws(classed, score, seed)
    outlined = [f for f in facts if f.outline is not None and f.plane is not None]
    if any(item.outline.any() for item in outlined if item.outline is not None):
        score = _mask_of_nearest(_planes(outlined))
        found["nearest image's mask"] = _over_draws(outlined, score, seed)
    return {name: row for name, row in found.items() if row}


Score = Callable[[Sequence[Facts], list[int], list[int]], "float | None"]


def _over_draws(own: Sequence[Facts], score: Score, seed: int) -> dict[str, float]:
    means = {}
    for name, splits in draws(own, seed).items():
        scores = [score(own, learn, tried) for learn, tried in splits]
        known = [value for value in scores if value is not None]
        if known:
            means[name] = round(float(np.mean(known)), 4)
    return means


def _planes(own: Sequence[Facts]) -> np.ndarray:
    planes: list[Thumb] = [item.plane for item in own if item.plane is not None]
    return vectors(planes)


def _class_of_nearest(pictures: np.ndarray) -> Score:
    def score(own: Sequence[Facts], learn: list[int], tried: list[int]) -> float:
        lender = nearest(pictures[learn], pictures[tried])
        right = [
            own[learn[int(k)]].record.klass == own[n].record.klass
            for k, n in zip(lender, tried)
        ]
        return float(np.mean(right))

    return score


def _class_by(key: Callable[[Facts], Hashable]) -> Score:
    def score(own: Sequence[Facts], learn: list[int], tried: list[int]) -> float:
        usual = Counter(own[n].record.klass for n in learn).most_common(1)[0][0]
        votes: dict[Hashable, Counter[str | None]] = {}
        for n in learn:
            votes.setdefault(key(own[n]), Counter())[own[n].record.klass] += 1
        guess = {k: counted.most_common(1)[0][0] for k, counted in votes.items()}
        right = [guess.get(key(own[n]), usual) == own[n].record.klass for n in tried]
        return float(np.mean(right))

    return score


def _mask_of_nearest(pictures: np.ndarray) -> Score:
    def score(own: Sequence[Facts], learn: list[int], tried: list[int]) -> float | None:
        # Empty masks lend nothing and have no Dice: both sides leave them out.
        full = [n for n in learn if _area(own[n])]
        asked = [n for n in tried if _area(own[n])]
        if not full or not asked:
            return None
        lender = nearest(pictures[full], pictures[asked])
        return float(
            np.mean([_dice(own[full[int(k)]], own[n]) for k, n in zip(lender, asked)])
        )

    return score


def _area(item: Facts) -> int:
    return 0 if item.outline is None else int(item.outline.sum())


def _dice(first: Facts, second: Facts) -> float:
    if first.outline is None or second.outline is None:
        return 0.0
    both = int((first.outline & second.outline).sum())
    return 2 * both / (_area(first) + _area(second))
