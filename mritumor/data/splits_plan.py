"""What every way of splitting shares: its plan, its persons, its folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mritumor.data.splits import Person, assign_folds, split_patients
from mritumor.data.splits_groups import persons
from mritumor.data.splits_leakage import check_patients_apart
from mritumor.errors import InputError
from mritumor.types import Item

Sections = dict[str, list[Item]]


@dataclass(frozen=True)
class Plan:
    """How to split.

    Attributes:
        scheme: one of `SCHEMES`.
        seed: of every draw.
        folds: number of folds where the scheme does not give it; 0 for none.
        val_fraction: share of the patients for validation.
        test_fraction: share of the patients for testing.
        stratify: item key of a number, such as a tumour's size.
        classes: item key of a class, or None.
        total: whether a patient's number is the sum over the items (slices) and not
            the largest (scans).
    """

    scheme: str = "random"
    seed: int = 0
    folds: int = 5
    val_fraction: float = 0.15
    test_fraction: float = 0.15
    stratify: str | None = None
    classes: str | None = None
    total: bool = False


def random_split(
    items: Sequence[Item], plan: Plan, notes: list[str]
) -> tuple[Sections, dict[str, Any]]:
    """Draw patients for the sections.

    Fewer than three are all for testing, or, where no one is to be tested, for training.
    """
    person = person_of(items, notes)
    if len({person(str(i["patient"])) for i in items}) < 3:
        return {"testing" if plan.test_fraction else "training": list(items)}, {}
    sections = split_patients(
        items, plan.val_fraction, plan.test_fraction, plan.seed, **how(plan, person)
    )
    return with_folds(sections, items, plan, person), {}


def person_of(items: Sequence[Item], notes: list[str]) -> Person:
    """Return what maps a patient id to the person, and say how many ids were joined."""
    group = persons(items)
    joined = len(group) - len(set(group.values()))
    if joined:
        notes.append(
            f"{joined} patient id(s) joined to another that may be the same person or "
            "holds the same image"
        )
    return lambda patient: group.get(patient, patient)


def how(plan: Plan, person: Person) -> dict[str, Any]:
    """Return what `split_patients` and `assign_folds` take by name."""
    return {
        "stratify": plan.stratify,
        "classes": plan.classes,
        "person": person,
        "total": plan.total,
    }


def with_folds(
    sections: Mapping[str, Sequence[Item]],
    items: Sequence[Item],
    plan: Plan,
    person: Person,
) -> Sections:
    """Add folds drawn over `items` to them, where there are patients enough."""
    people = {person(str(item["patient"])) for item in items}
    if plan.folds < 2 or len(people) < plan.folds:
        return {name: list(part) for name, part in sections.items()}
    folded = assign_folds(items, plan.folds, plan.seed, **how(plan, person))
    fold = {item["patient"]: item["fold"] for item in folded}
    return {
        name: [{**item, "fold": fold[item["patient"]]} for item in part]
        for name, part in sections.items()
    }


def by_fold(items: Sequence[Item]) -> Sections:
    """Put fold 0 into validation and the other folds into training.

    Raises:
        LeakageError: a patient, person or image in two folds.
    """
    folds: dict[str, list[Item]] = {}
    for item in items:
        folds.setdefault(f"fold {item['fold']}", []).append(item)
    check_patients_apart(folds)
    return {
        "training": [item for item in items if item["fold"] != 0],
        "validation": [item for item in items if item["fold"] == 0],
        "testing": [],
    }


def need(items: Sequence[Item], key: str, what: str, expected: str) -> None:
    """Refuse items that lack `key`.

    Raises:
        InputError: says for how many it is missing.
    """
    lacking = sum(item.get(key) in (None, "") for item in items)
    if lacking:
        raise InputError(
            f"this split needs {what}",
            got=f"none for {lacking} of {len(items)} cases",
            expected=expected,
            remedy="take --split random",
        )
