"""Who belongs together: several ids of one person, and copies of one image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from mritumor.data.splits_leakage import PERSON, PIXELS, UNTOLD
from mritumor.types import Item

OFFICIAL = "official_section"
CLASS = "class"


def persons(items: Iterable[Item]) -> dict[str, str]:
    """Map each patient id to one name for all ids that must stay together.

    Ids stay together that share a ``person``, or that hold one identical image
    (``pixels``): such ids are one person, or their data leak all the same.

    Args:
        items: each with a ``patient``.

    Returns:
        Patient id to group name, which is the group's first id as text.
    """
    union = _Union()
    for item in items:
        patient = ("patient", str(item["patient"]))
        for key in (PERSON, PIXELS):
            if item.get(key) not in UNTOLD:
                union.join(patient, (key, str(item[key])))
        union.join(patient, patient)
    members: dict[object, list[str]] = defaultdict(list)
    for kind, name in union.nodes():
        if kind == "patient":
            members[union.root((kind, name))].append(name)
    return {name: min(names) for names in members.values() for name in names}


def drop_duplicates(items: Sequence[Item], notes: list[str]) -> list[Item]:
    """Keep one of each set of identical images, and none where their classes differ.

    Of copies on both sides of an official split the one for testing stays, so that
    the testing section is the published one.

    Args:
        items: with ``pixels``; one without is kept.
        notes: receives what was dropped.

    Returns:
        The items that are kept, in their given order.
    """
    copies: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        if item.get(PIXELS) is not None:
            copies[str(item[PIXELS])].append(index)
    dropped: set[int] = set()
    contradicting = 0
    for indices in copies.values():
        if len({items[i].get(CLASS) for i in indices}) > 1:
            contradicting += len(indices)
            dropped.update(indices)
        else:
            keep = min(indices, key=lambda i: (_rank(items[i]), i))
            dropped.update(i for i in indices if i != keep)
    notes.append(
        f"{len(dropped)} of {len(items)} images left out as exact duplicates, "
        f"{contradicting} of them because copies have different classes"
    )
    return [item for index, item in enumerate(items) if index not in dropped]


def of_one_side(items: Sequence[Item]) -> list[Item]:
    """Leave out what stands on another official side than the rest of its person.

    Kept are those for testing, else for validation, as for copies.
    """
    side: dict[str, int] = {}
    for item in items:
        if item.get(PERSON) not in UNTOLD:
            name = str(item[PERSON])
            side[name] = min(side.get(name, _rank(item)), _rank(item))
    return [i for i in items if _rank(i) == side.get(str(i.get(PERSON)), _rank(i))]


def identical(items: Iterable[Item], by: Callable[[Item], object]) -> int:
    """Count the images that recur with another value of `by`, such as another class."""
    values: dict[str, set[object]] = defaultdict(set)
    for item in items:
        if item.get(PIXELS) is not None:
            values[str(item[PIXELS])].add(by(item))
    return sum(len(found) > 1 for found in values.values())


def _rank(item: Item) -> int:
    order = ("testing", "validation", "training")
    section = item.get(OFFICIAL)
    return order.index(section) if section in order else len(order)


class _Union:
    """Disjoint sets of (kind, name), joined by their roots."""

    def __init__(self) -> None:
        self._parent: dict[tuple[str, str], tuple[str, str]] = {}

    def nodes(self) -> list[tuple[str, str]]:
        return list(self._parent)

    def root(self, node: tuple[str, str]) -> tuple[str, str]:
        self._parent.setdefault(node, node)
        while self._parent[node] != node:
            self._parent[node] = self._parent[self._parent[node]]  # halve the path
            node = self._parent[node]
        return node

    def join(self, a: tuple[str, str], b: tuple[str, str]) -> None:
        self._parent[self.root(b)] = self.root(a)
