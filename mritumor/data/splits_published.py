"""Splits that others have published: of a set's makers, and what is left of them.

Kaggle's Training and Testing folders hold copies of one another's images; Figshare's
`cvind.mat` names the author's five folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mritumor.data.datalist import SECTIONS, owner
from mritumor.data.splits import split_patients
from mritumor.data.splits_groups import (
    OFFICIAL,
    drop_duplicates,
    identical,
    of_one_side,
)
from mritumor.data.splits_leakage import PERSON
from mritumor.data.splits_plan import (
    Plan,
    Sections,
    by_fold,
    how,
    need,
    person_of,
    random_split,
    with_folds,
)
from mritumor.errors import InputError, LeakageError
from mritumor.types import Item

AUTHOR = "author_fold"


def official(
    items: Sequence[Item], plan: Plan, notes: list[str], leaky: bool = False
) -> tuple[Sections, dict[str, Any]]:
    """Keep the published sections; validation is drawn of the training images."""
    if not all(item.get(OFFICIAL) in SECTIONS for item in items):
        raise InputError(
            "this set has no published split",
            expected="folders such as Training/CLASS and Testing/CLASS",
            remedy="take --split random or --split deduplicated",
        )
    by: Sections = {s: [i for i in items if i[OFFICIAL] == s] for s in SECTIONS}
    shared = identical(items, by=lambda item: item[OFFICIAL])
    near = len(items) - len(of_one_side(items))
    if (shared or near) and not leaky:
        raise LeakageError(
            f"{shared} image(s) stand on both sides of the published split, and "
            f"{near} nearly, copies included",
            remedy="take --split deduplicated, or to reproduce a paper --split "
            "leaky-official",
        )
    person = person_of(by["training"], notes)
    pool = by["training"]
    if not by["validation"] and plan.val_fraction and pool:
        drawn = split_patients(
            pool, plan.val_fraction, 0.0, plan.seed, **how(plan, person)
        )
        by = {**by, "training": drawn["training"], "validation": drawn["validation"]}
    folded = with_folds(
        {s: by[s] for s in ("training", "validation")}, pool, plan, person
    )
    return {**folded, "testing": by["testing"]}, {}


def leaky_official(
    items: Sequence[Item], plan: Plan, notes: list[str]
) -> tuple[Sections, dict[str, Any]]:
    """Keep the published sections although they share images."""
    notes.append("LEAKY: images stand on both sides, as published; do not report it")
    return official(items, plan, notes, leaky=True)


def deduplicated(
    items: Sequence[Item], plan: Plan, notes: list[str]
) -> tuple[Sections, dict[str, Any]]:
    """Keep one of each set of copies, and the published sections where there are.

    Near copies stay on one side, as one person; of those that published sections part,
    only the testing ones are kept.
    """
    kept = drop_duplicates(items, notes)
    if all(item.get(OFFICIAL) in SECTIONS for item in kept):
        sides = {item[OFFICIAL] for item in kept}
        if "testing" in sides and "training" in sides:
            apart = of_one_side(kept)
            notes.append(
                f"{len(kept) - len(apart)} more left out that nearly repeat one of "
                "another published section"
            )
            return official(apart, plan, notes)
    return random_split(kept, plan, notes)


def author(
    items: Sequence[Item], plan: Plan, notes: list[str]
) -> tuple[Sections, dict[str, Any]]:
    """Take the published folds, which count ids that may be one person as several."""
    need(items, AUTHOR, "the author's folds", "cvind.mat beside the images")
    folds: dict[str, set[int]] = {}
    for item in items:
        folds.setdefault(owner(item), set()).add(item[AUTHOR])
    apart = sorted(name for name, found in folds.items() if len(found) > 1)
    if apart:
        notes.append(
            f"{len(apart)} person(s) whose ids differ by a final letter stand in "
            f"several of the author's folds: {', '.join(apart)}; the author counts "
            "them as different patients, --split random does not"
        )
    bare = [{k: v for k, v in item.items() if k != PERSON} for item in items]
    return by_fold([{**item, "fold": item[AUTHOR]} for item in bare]), {}
