"""Each lesion scored by itself, as BraTS does since 2023."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from mritumor.errors import InputError, did_you_mean
from mritumor.metrics.counts import count, two_masks
from mritumor.metrics.overlap import dice
from mritumor.metrics.surface import BRATS_PENALTY, hausdorff


class LesionRules(NamedTuple):
    """What counts as one lesion.

    Attributes:
        dilation: steps by which the reference is grown (18 neighbours a step; 8 in 2-D):
            parts that then touch are one lesion, and a predicted part that touches the
            grown lesion belongs to it.
        min_volume: mm³; a lesion of the reference up to this volume is not scored.
        penalty: mm, HD95 of a missed or an invented lesion.
    """

    dilation: int = 3
    min_volume: float = 50.0
    penalty: float = BRATS_PENALTY


_BRATS = {
    "GLI": LesionRules(3, 50),
    "SSA": LesionRules(3, 50),
    "PED": LesionRules(3, 50),
    "MEN": LesionRules(1, 50),
    "MET": LesionRules(1, 2),
}


def brats_rules(challenge: str = "GLI") -> LesionRules:
    """Return the rules of a BraTS 2023 challenge: GLI, SSA, PED, MEN or MET.

    Raises:
        InputError: another challenge.
    """
    if challenge not in _BRATS:
        raise InputError(
            "unknown challenge",
            got=challenge,
            expected=", ".join(_BRATS),
            remedy=did_you_mean(challenge, _BRATS),
        )
    return _BRATS[challenge]


class LesionScores(NamedTuple):
    """Scores of one region of one case.

    Attributes:
        dice: mean over scored lesions and invented ones (0 each); 0 to 1.
        hd95: mm, mean over the same (``penalty`` each); from 0.
        found: scored lesions that a predicted part touches.
        missed: scored lesions that none touches.
        invented: predicted parts that touch no lesion, of any size.
        lesion_dice: (found + missed,) of each scored lesion.
        lesion_hd95: mm, likewise.
    """

    dice: float
    hd95: float
    found: int
    missed: int
    invented: int
    lesion_dice: tuple[float, ...]
    lesion_hd95: tuple[float, ...]


def lesion_wise(
    prediction: ArrayLike,
    reference: ArrayLike,
    spacing: Sequence[float],
    rules: LesionRules = LesionRules(),
) -> LesionScores:
    """Score each lesion by itself; a missed or an invented one counts as much as any.

    Predicted parts are 26-connected (8 in 2-D). Nothing to score and nothing invented:
    Dice 1, HD95 0, as in the challenge. A predicted part that touches two lesions counts
    for both; a predicted part that touches an unscored lesion is not invented.

    Args:
        prediction: one region, 2-D or 3-D, 0/1.
        reference: the same shape.
        spacing: mm per axis (BraTS: 1).
        rules: see `brats_rules`; default: adult glioma.

    Raises:
        InputError: masks or spacing that do not fit.

    Source:
        Moawad 2023, "BraTS-METS 2023", arXiv:2306.00838; the details are those of the
        challenges' evaluation code (Saluja et al., BraTS-2023-Metrics), which takes HD95
        from DeepMind's surface-distance.
    """
    p, r = two_masks(prediction, reference)
    lesions, parts = _lesions(r, rules.dilation), _label(p)
    boxes, part_boxes = ndimage.find_objects(lesions), ndimage.find_objects(parts)
    touched: set[int] = set()
    scores: list[tuple[bool, float, float]] = []
    for lesion, box in enumerate(boxes, 1):
        own = np.unique(parts[box][lesions[box] == lesion])
        own = own[own > 0]
        touched |= set(own.tolist())
        area = _around([box, *(part_boxes[part - 1] for part in own)])
        true = (lesions[area] == lesion) & r[area]
        if true.sum() * np.prod(spacing) > rules.min_volume:
            mine = np.isin(parts[area], own)
            scores.append((own.size > 0, *_score(mine, true, spacing, rules)))
    invented = len(part_boxes) - len(touched)
    return _mean(scores, invented, rules.penalty)


def _label(mask: NDArray[np.bool_]) -> np.ndarray:
    labels, _ = ndimage.label(
        mask, ndimage.generate_binary_structure(mask.ndim, mask.ndim)
    )
    return labels


def _lesions(reference: NDArray[np.bool_], dilation: int) -> np.ndarray:
    """Number the grown lesions: where two touch, they are one."""
    if dilation:
        step = ndimage.generate_binary_structure(reference.ndim, 2)
        reference = ndimage.binary_dilation(reference, step, iterations=dilation)
    return _label(reference)


def _around(boxes: Sequence[tuple[slice, ...]]) -> tuple[slice, ...]:
    """Return the box around boxes."""
    return tuple(
        slice(min(s.start for s in axis), max(s.stop for s in axis))
        for axis in zip(*boxes)
    )


def _score(
    prediction: np.ndarray,
    true: np.ndarray,
    spacing: Sequence[float],
    rules: LesionRules,
) -> tuple[float, float]:
    distance = hausdorff(
        prediction, true, spacing, missed=rules.penalty, surface="areas"
    )
    return dice(count(prediction, true)), distance


def _mean(
    scores: list[tuple[bool, float, float]], invented: int, penalty: float
) -> LesionScores:
    n = len(scores) + invented
    found = sum(hit for hit, _, _ in scores)
    dices = tuple(d for _, d, _ in scores)
    distances = tuple(h for _, _, h in scores)
    return LesionScores(
        dice=sum(dices) / n if n else 1.0,
        hd95=(sum(distances) + invented * penalty) / n if n else 0.0,
        found=found,
        missed=len(scores) - found,
        invented=invented,
        lesion_dice=dices,
        lesion_hd95=distances,
    )
