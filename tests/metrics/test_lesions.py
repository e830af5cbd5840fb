"""Lesion-wise scores."""

from __future__ import annotations

import numpy as np
import pytest
import surface_distance
from scipy import ndimage

from mritumor.errors import InputError
from mritumor.metrics import LesionRules, brats_rules, lesion_wise

MM = (1.0, 1.0, 1.0)


def scene(*cubes: tuple[int, int]) -> np.ndarray:
    """Return 40×12×12 voxels with cubes (start on the first axis, side)."""
    mask = np.zeros((40, 12, 12), bool)
    for start, side in cubes:
        mask[start : start + side, 2 : 2 + side, 2 : 2 + side] = True
    return mask


def literally(
    p: np.ndarray, r: np.ndarray, spacing: tuple[float, ...], rules: LesionRules
) -> tuple[float, float, int, int, int]:
    """The challenge's description, step by step, each lesion grown anew."""
    step = ndimage.generate_binary_structure(3, 2)
    full = np.ones((3, 3, 3))

    def grow(mask: np.ndarray) -> np.ndarray:
        return ndimage.binary_dilation(mask, step, iterations=rules.dilation)

    merged, n_merged = ndimage.label(grow(r), full)
    parts, n_parts = ndimage.label(p, full)
    taken, dices, distances, found, missed = set(), [], [], 0, 0
    for lesion in range(1, n_merged + 1):
        true = r & (merged == lesion)
        own = set(parts[grow(true)].tolist()) - {0}
        taken |= own
        if true.sum() * np.prod(spacing) <= rules.min_volume:
            continue
        mine = np.isin(parts, list(own))
        dices.append(2 * (mine & true).sum() / (mine.sum() + true.sum()))
        if mine.any():
            measured = surface_distance.compute_surface_distances(true, mine, spacing)
            hd95 = surface_distance.compute_robust_hausdorff(measured, 95)
        distances.append(hd95 if mine.any() else rules.penalty)
        found, missed = found + bool(own), missed + (not own)
    invented = n_parts - len(taken)
    n = len(dices) + invented
    if not n:
        return 1.0, 0.0, 0, 0, 0
    hd95 = (sum(distances) + invented * rules.penalty) / n
    return sum(dices) / n, hd95, found, missed, invented


def random_lesions(seed: int) -> tuple[np.ndarray, np.ndarray]:
    noise = np.random.default_rng(seed).normal(size=(2, 28, 26, 24))
    noise[1] = 0.5 * noise[0] + noise[1]
    smooth = ndimage.gaussian_filter(noise, (0, 1.6, 1.6, 1.6))
    p, r = (m > np.quantile(m, 0.95) for m in smooth)
    return p, r


@pytest.mark.parametrize("rules", [brats_rules("MET"), brats_rules("MEN")])
@pytest.mark.parametrize("spacing", [MM, (1.0, 1.5, 0.5)])
@pytest.mark.parametrize("seed", range(3))
def test_equal_to_the_literal_description(
    seed: int, spacing: tuple[float, ...], rules: LesionRules
) -> None:
    p, r = random_lesions(seed)
    found = lesion_wise(p, r, spacing, rules)
    assert found[:5] == pytest.approx(literally(p, r, spacing, rules), rel=1e-5)
    assert found.found + found.missed > 1


def test_hand_case_found_missed_invented() -> None:
    reference, prediction = scene((0, 5), (15, 5)), scene((0, 5), (32, 4))
    found = lesion_wise(prediction, reference, MM)
    assert (found.found, found.missed, found.invented) == (1, 1, 1)
    assert found.dice == pytest.approx(1 / 3)
    assert found.hd95 == pytest.approx(2 * 374 / 3)
    assert found.lesion_dice == (1, 0) and found.lesion_hd95 == (0, 374)


def test_parts_near_each_other_are_one_lesion() -> None:
    near = scene((0, 5), (9, 5))
    assert lesion_wise(near, near, MM, brats_rules("GLI")).found == 1
    assert lesion_wise(near, near, MM, brats_rules("MEN")).found == 2


def test_small_lesions_are_not_scored_nor_is_their_find_invented() -> None:
    reference = scene((0, 5), (20, 3))  # 125 and 27 mm³
    both = lesion_wise(reference, reference, MM)
    assert (both.dice, both.found, both.invented) == (1, 1, 0)
    assert lesion_wise(scene((0, 5)), reference, MM).missed == 0
    assert lesion_wise(reference, reference, (1, 1, 2)).found == 2  # 54 mm³ is scored


def test_exactly_the_threshold_is_not_scored() -> None:
    cube = scene((0, 5))
    assert lesion_wise(cube, cube, MM, LesionRules(min_volume=125)).found == 0
    assert lesion_wise(cube, cube, MM, LesionRules(min_volume=124.9)).found == 1


def test_a_tiny_invention_counts_in_full() -> None:
    found = lesion_wise(scene((0, 5), (30, 1)), scene((0, 5)), MM)
    assert found.dice == 0.5 and found.hd95 == 187


def test_nothing_to_score() -> None:
    none = scene()
    assert lesion_wise(none, none, MM)[:5] == (1, 0, 0, 0, 0)
    assert lesion_wise(none, scene((0, 5)), MM)[:5] == (0, 374, 0, 1, 0)
    assert lesion_wise(scene((0, 5)), none, MM)[:5] == (0, 374, 0, 0, 1)


def test_two_dimensions() -> None:
    reference = scene((0, 8), (30, 8)).any(2)
    found = lesion_wise(reference, reference, (1.0, 1.0))
    assert (found.dice, found.found) == (1, 2)


def test_rules_of_the_challenges() -> None:
    assert brats_rules() == LesionRules(dilation=3, min_volume=50, penalty=374)
    assert brats_rules("MET") == LesionRules(1, 2, 374)
    with pytest.raises(InputError, match="GLI"):
        brats_rules("GLIO")


def test_bad_masks() -> None:
    with pytest.raises(InputError, match="different shapes"):
        lesion_wise(scene(), scene()[1:], MM)
