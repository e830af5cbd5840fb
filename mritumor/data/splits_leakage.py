"""What must never stand on two sides of a split, and the splits that do it by name.

Half of the published slice-level results come from splits with one patient on both
sides. Such a split exists here only to reproduce them, under a name that says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mritumor.errors import LeakageError
from mritumor.types import Item

LEAKY_SLICES = "leaky_slice_split"
LEAKY_OFFICIAL = "leaky_official_split"
LEAKY = (LEAKY_SLICES, LEAKY_OFFICIAL)

PERSON = "person"
PIXELS = "pixels"
UNTOLD = (None, "")  # 0 is a name
# What two items on different sides must not share, and how a sentence calls it.
_APART = {
    "patient": ("patient(s) stand", "every patient in one section only"),
    PERSON: ("person(s) with several ids stand", "every person in one section only"),
    PIXELS: ("identical image(s) stand", "every image in one section only"),
}
_REMEDY = {
    "patient": "split by patient",
    PERSON: "split by 'person', not by 'patient'",
    PIXELS: "leave the copies out, or keep them on one side",
}


def check_patients_apart(
    sections: Mapping[str, Sequence[Item]], where: object = None
) -> None:
    """Refuse a split that has one patient, person or image on two sides.

    Args:
        sections: items by section. Compared are ``patient``, ``person`` (one name for
            several ids) and ``pixels`` (a hash of the decoded image); an item without
            one of them is not compared by it.
        where: the file named in the error.

    Raises:
        LeakageError: names up to three that are shared.
    """
    for key, (noun, expected) in _APART.items():
        shared = _shared(sections, key)
        if shared:
            some = ", ".join(
                f"{name} in {' and '.join(sorted(sides))}"
                for name, sides in list(shared.items())[:3]
            )
            raise LeakageError(
                f"{len(shared)} {noun} on both sides of the split",
                where=where,
                got=some,
                expected=expected,
                remedy=_REMEDY[key],
            )


def check_leaky_allowed(split: object, allow_leaky: bool, where: object) -> None:
    """Refuse a datalist whose split leaks by design, unless that was asked for.

    Args:
        split: what the datalist says under ``split``.
        allow_leaky: whether the caller wants a leaky split.
        where: the datalist.

    Raises:
        LeakageError: a leaky split that was not asked for.
    """
    if split in LEAKY and not allow_leaky:
        raise LeakageError(
            "this split has patients or images on both sides, by design",
            where=where,
            got=f'"split": "{split}"',
            remedy="prepare the set anew without a leaky split; only to reproduce a "
            "paper, read it with allow_leaky=True",
        )


def _shared(sections: Mapping[str, Sequence[Item]], key: str) -> dict[str, set[str]]:
    """Return the values of `key` that stand in several sections, with these."""
    sides: dict[str, set[str]] = {}
    for section, items in sections.items():
        for item in items:
            if item.get(key) not in UNTOLD:
                sides.setdefault(str(item[key]), set()).add(section)
    return {name: found for name, found in sides.items() if len(found) > 1}
