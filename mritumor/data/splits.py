"""Splits by patient: seeded, stratified, the same whatever the order of the items.

A slice, a scan or a date of a patient never stands apart from the patient's others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mritumor.data.datalist import SECTIONS, check_patients_apart
from mritumor.errors import InputError, LeakageError
from mritumor.types import Item

Person = Callable[[str], str]
"""Maps a patient id to the person: ids that it maps to one name stay together."""


def without_letter(patient: str) -> str:
    """Return an id without the single letter after its last digit.

    In some sets (Figshare 1512427) ``MR048294`` and ``MR048294B`` may be one person.
    """
    return re.sub(r"(?<=\d)[A-Za-z]$", "", patient)


def same_person(patients: Iterable[str]) -> Person:
    """Return a map that joins ``MR048294B`` to ``MR048294`` where both are there.

    A letter alone proves nothing: TCGA's ``HT_A61A`` and ``HT_A61B`` are two people.
    """
    ids = set(patients)

    def person(patient: str) -> str:
        bare = without_letter(patient)
        return bare if bare in ids else patient

    return person


def split_patients(
    items: Sequence[Item],
    val_fraction: float,
    test_fraction: float,
    seed: int,
    *,
    stratify: str | None = None,
    classes: str | None = None,
    person: Person = str,
    total: bool = False,
) -> dict[str, list[Item]]:
    """Divide the patients into training, validation and testing.

    The persons are sorted by class and number, cut into as many runs as persons are
    wanted, and one of each run is drawn: every side has small and large tumours.

    Args:
        items: each with a ``patient``.
        val_fraction: share of the persons for validation, 0 ≤ · < 1. More than 0
            means at least one person.
        test_fraction: the same for testing.
        seed: of the draw.
        stratify: item key of a number, such as ``"tumour_mm3"``; a person's is the
            largest of the items.
        classes: item key of a class, such as ``"grade"``; a person's is the commonest.
        person: maps patient ids to persons, see `without_letter`.
        total: a person's number is the sum over the items, as of slices, and not the
            largest, as of scans.

    Returns:
        The items by section, in their given order.

    Raises:
        InputError: an item without patient, fractions that leave no one to train on.
        LeakageError: one image file under two persons.
    """
    groups = _sorted_groups(items, stratify, classes, person, total)
    n_val, n_test = _counts(len(groups), val_fraction, test_fraction)
    rng = np.random.default_rng(seed)
    names = [group.name for group in groups]
    testing = _draw(names, n_test, rng)
    validation = _draw([n for n in names if n not in testing], n_val, rng)
    sections: dict[str, list[Item]] = {section: [] for section in SECTIONS}
    for item in items:
        name = person(_patient(item))
        side = "testing" if name in testing else "training"
        sections["validation" if name in validation else side].append(dict(item))
    check_patients_apart(sections)
    return sections


def assign_folds(
    items: Sequence[Item],
    k: int,
    seed: int,
    *,
    stratify: str | None = None,
    classes: str | None = None,
    person: Person = str,
    total: bool = False,
) -> list[Item]:
    """Give each item a ``fold`` from 0 to k - 1, a person's items the same.

    Args:
        items: each with a ``patient``; the other arguments as in `split_patients`.
        k: number of folds, 2 or more.
        seed: of the deal.
        stratify: item key of a number.
        classes: item key of a class.
        person: maps patient ids to persons.
        total: as in `split_patients`.

    Returns:
        Copies of the items, in their given order. Folds differ by one person at most.

    Raises:
        InputError: fewer persons than folds, or an item without patient.
        LeakageError: one image file under two persons.
    """
    groups = _sorted_groups(items, stratify, classes, person, total)
    if not 2 <= k <= len(groups):
        raise InputError(
            "that many folds cannot be made",
            got=f"{k} folds for {len(groups)} patient(s)",
            expected=f"2 to {len(groups)}",
        )
    rng = np.random.default_rng(seed)
    fold: dict[str, int] = {}
    for start in range(0, len(groups), k):
        for group, number in zip(groups[start : start + k], rng.permutation(k)):
            fold[group.name] = int(number)
    return [{**item, "fold": fold[person(_patient(item))]} for item in items]


@dataclass(frozen=True)
class _Group:
    """One person: what the stratification sorts by."""

    kind: str
    number: float
    name: str


def _sorted_groups(
    items: Sequence[Item],
    stratify: str | None,
    classes: str | None,
    person: Person,
    total: bool,
) -> list[_Group]:
    by_person: dict[str, list[Item]] = {}
    for item in items:
        by_person.setdefault(person(_patient(item)), []).append(item)
    _check_images_apart(by_person)
    groups = []
    for name, own in by_person.items():
        numbers = [float(i.get(stratify) or 0) for i in own] if stratify else [0.0]
        kinds = Counter(str(i.get(classes, "")) for i in own) if classes else {"": 1}
        kind = min(kinds, key=lambda c: (-kinds[c], c))
        number = sum(numbers) if total else max(numbers)
        groups.append(_Group(kind, number, name))
    return sorted(groups, key=lambda g: (g.kind, g.number, g.name))


def _patient(item: Item) -> str:
    if item.get("patient") in (None, ""):
        raise InputError(
            "an item names no patient, so it cannot be split by patient",
            where=item.get("image"),
            remedy="give each item a 'patient'",
        )
    return str(item["patient"])


def _check_images_apart(by_person: dict[str, list[Item]]) -> None:
    owner: dict[Hashable, str] = {}
    for name, own in by_person.items():
        for path in {path for item in own for path in _images(item)}:
            if owner.setdefault(path, name) != name:
                raise LeakageError(
                    "one image belongs to two patients",
                    where=path,
                    got=f"{owner[path]} and {name}",
                    remedy="correct the patient ids",
                )


def _images(item: Item) -> Iterable[str]:
    image = item.get("image", [])
    return [str(image)] if isinstance(image, (str, Path)) else [str(i) for i in image]


def _counts(n: int, val_fraction: float, test_fraction: float) -> tuple[int, int]:
    for name, share in (("val_", val_fraction), ("test_", test_fraction)):
        if not 0 <= share < 1:
            raise InputError(
                "a fraction must be at least 0 and less than 1",
                where=f"{name}fraction",
                got=share,
            )
    n_val, n_test = (
        max(1, round(n * share)) if share else 0
        for share in (val_fraction, test_fraction)
    )
    if n_val + n_test >= n:
        raise InputError(
            "the split leaves nobody to train on",
            got=f"{n} patient(s), {n_val} for validation, {n_test} for testing",
            remedy="lower the fractions",
        )
    return n_val, n_test


def _draw(names: Sequence[str], count: int, rng: np.random.Generator) -> set[str]:
    """Draw one name of each of `count` runs of neighbours."""
    runs = np.array_split(np.arange(len(names)), count) if count else []
    return {names[int(rng.choice(run))] for run in runs}
