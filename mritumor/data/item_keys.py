"""One meaning per key of a datalist's item, whatever set it is from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mritumor.errors import InputError
from mritumor.types import Item

LABEL, CLASS, CLASS_NAME = "label", "class", "class_name"


def key_problem(
    item: Item, classes: Mapping[int, str] | None = None
) -> tuple[str, object, str] | None:
    """Find what is wrong with an item's ``label``, ``class`` and ``class_name``.

    Args:
        item: of a datalist.
        classes: number to name; None or empty if they are not told.

    Returns:
        What is wrong, what was found and what was expected; None if all is well.
    """
    label, number, name = (item.get(key) for key in (LABEL, CLASS, CLASS_NAME))
    if label is not None and not isinstance(label, (str, Path)):
        expected = "the path of a mask; the number of a class is called 'class'"
        return "an item's 'label' is no path", label, expected
    if number is None:
        return None
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        expected = "a whole number from 0; its name is called 'class_name'"
        return "an item's 'class' is no number of a class", number, expected
    if classes and number not in classes:
        return "an item has an unknown class", number, _told(classes)
    if classes and name not in (None, classes[number]):
        got = f"{number} with the name '{name}'"
        return "an item's class has another name than the set's", got, _told(classes)
    return None


def check_keys(
    item: Item, classes: Mapping[int, str] | None = None, where: object = None
) -> None:
    """Refuse an item whose keys mean something else than in every other set.

    Raises:
        InputError: see `key_problem`.
    """
    problem = key_problem(item, classes)
    if problem is not None:
        what, got, expected = problem
        raise InputError(what, where=where, got=got, expected=expected)


def _told(classes: Mapping[int, str]) -> str:
    return ", ".join(f"{number} {name}" for number, name in sorted(classes.items()))
