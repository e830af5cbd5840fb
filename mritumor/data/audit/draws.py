"""Which items a baseline learns from, and which it is tried on."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence

import numpy as np

from mritumor.data.audit.facts import Facts
from mritumor.data.splits import without_letter

SHARE = 0.2
REPEATS = 5
Draw = tuple[list[int], list[int]]
"""Positions to learn from, and to try."""


def draws(facts: Sequence[Facts], seed: int) -> dict[str, list[Draw]]:
    """Return the splits on which a baseline is tried.

    Args:
        facts: the items that the baseline can use.
        seed: of the random splits.

    Returns:
        ``"own split"``: training against testing, or validation if nothing tests;
        ``"random images"``: five draws of a fifth of the items, whoever they show;
        ``"random patients"``: five draws of a fifth of the persons, only where persons
        are known and have several items. What cannot be had is left out.
    """
    found = {"own split": _own(facts)}
    items = list(range(len(facts)))
    found["random images"] = list(_random(items, lambda n: n, seed))
    patients = [item.record.owner for item in facts]
    if None not in patients and len(set(patients)) < len(patients):
        found["random patients"] = list(
            _random(items, lambda n: without_letter(str(patients[n])), seed)
        )
    return {name: kept for name, own in found.items() if (kept := _usable(own))}


def _own(facts: Sequence[Facts]) -> list[Draw]:
    sides = {
        section: [n for n, item in enumerate(facts) if item.record.section == section]
        for section in ("training", "validation", "testing")
    }
    return [(sides["training"], sides["testing"] or sides["validation"])]


def _random(
    items: Sequence[int], owner: Callable[[int], Hashable], seed: int
) -> Iterator[Draw]:
    rng = np.random.default_rng(seed)
    owners = list(dict.fromkeys(owner(n) for n in items))
    count = max(1, round(SHARE * len(owners)))
    for _ in range(REPEATS):
        tried = {owners[int(n)] for n in rng.permutation(len(owners))[:count]}
        yield (
            [n for n in items if owner(n) not in tried],
            [n for n in items if owner(n) in tried],
        )


def _usable(own: Sequence[Draw]) -> list[Draw]:
    return [(learn, tried) for learn, tried in own if learn and tried]
