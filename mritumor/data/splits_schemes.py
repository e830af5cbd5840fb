"""The named ways to split a prepared set.

Each takes the items and a `Plan` and gives the sections, their items with a ``fold``
where there are folds. Cross-validation schemes put fold 0 into validation, the others
into training and nobody into testing: `read_datalist(…, fold=k)` gives fold k.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from mritumor.data.splits import assign_folds
from mritumor.data.splits_leakage import LEAKY_OFFICIAL, LEAKY_SLICES, PERSON, PIXELS
from mritumor.data.splits_plan import (
    Plan,
    Sections,
    by_fold,
    how,
    need,
    person_of,
    random_split,
)
from mritumor.data.splits_published import (
    author,
    deduplicated,
    leaky_official,
    official,
)
from mritumor.errors import InputError, did_you_mean
from mritumor.types import Item

BUDA_SIZE = 5


@dataclass
class Split:
    """The result.

    Attributes:
        sections: items under ``training``, ``validation`` and ``testing``.
        facts: for the top of the datalist, ``split`` among them.
        notes: what a user should know.
    """

    sections: Sections
    facts: dict[str, Any]
    notes: list[str]


def make_split(items: Sequence[Item], plan: Plan) -> Split:
    """Split the items as planned.

    Args:
        items: each with a ``patient``.
        plan: the scheme and its numbers.

    Returns:
        The split; ``facts["split"]`` is the scheme's name as a datalist holds it.

    Raises:
        InputError: no such scheme, or the items lack what it needs.
        LeakageError: a patient, person or image would stand on two sides.
    """
    check_scheme(plan.scheme)
    notes: list[str] = []
    name, function = SCHEMES[plan.scheme]
    sections, facts = function(items, plan, notes)
    return Split(sections, {"split": name, **facts}, notes)


def check_scheme(name: str) -> None:
    """Refuse a scheme that does not exist.

    Raises:
        InputError: names the nearest.
    """
    if name not in SCHEMES:
        raise InputError(
            "no such split",
            got=repr(name),
            expected=", ".join(SCHEMES),
            remedy=did_you_mean(name, SCHEMES),
        )


def leave_one_site_out(
    items: Sequence[Item], plan: Plan, notes: list[str]
) -> tuple[Sections, dict[str, Any]]:
    """Make each site a fold."""
    need(items, "site", "a site for each case", "a set that names them")
    sites = sorted({str(item["site"]) for item in items})
    if len(sites) < 2:
        raise InputError("all cases come from one site", got=sites[0])
    folded = [{**item, "fold": sites.index(str(item["site"]))} for item in items]
    return by_fold(folded), {"fold_names": dict(enumerate(sites))}


def folds_of_five(
    items: Sequence[Item], plan: Plan, notes: list[str]
) -> tuple[Sections, dict[str, Any]]:
    """Make folds of five patients each: 22 of the set's 110."""
    person = person_of(items, notes)
    count = len({person(str(item["patient"])) for item in items})
    k = ceil(count / BUDA_SIZE)
    if count != 22 * BUDA_SIZE:
        notes.append(
            f"{count} patients and not 110: {k} folds of at most {BUDA_SIZE} patients"
        )
    return by_fold(assign_folds(items, k, plan.seed, **how(plan, person))), {}


def leaky_slices(
    items: Sequence[Item], plan: Plan, notes: list[str]
) -> tuple[Sections, dict[str, Any]]:
    """Draw slices as if each were a patient: only to reproduce a paper."""
    notes.append("LEAKY: slices of one patient stand on both sides; do not report it")
    alone = [{**item, "patient": str(n)} for n, item in enumerate(items)]
    for item in alone:
        item.pop(PERSON, None)
        item.pop(PIXELS, None)
    sections, _ = random_split(alone, plan, [])
    return {
        name: [
            {**items[int(i["patient"])], **({"fold": i["fold"]} if "fold" in i else {})}
            for i in part
        ]
        for name, part in sections.items()
    }, {}


Scheme = Callable[[Sequence[Item], Plan, list[str]], tuple[Sections, dict[str, Any]]]
SCHEMES: Mapping[str, tuple[str, Scheme]] = {
    "random": ("random", random_split),
    "official": ("official", official),
    "deduplicated": ("deduplicated", deduplicated),
    "author": ("author", author),
    "leave-one-site-out": ("leave-one-site-out", leave_one_site_out),
    "folds-22x5": ("folds-22x5", folds_of_five),
    "leaky-slices": (LEAKY_SLICES, leaky_slices),
    "leaky-official": (LEAKY_OFFICIAL, leaky_official),
}
