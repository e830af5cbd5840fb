"""The datalist: one JSON file that names every case of a data set and its split.

Its layout is the one of MONAI and of the Medical Segmentation Decathlon, so that
`monai.data.load_decathlon_datalist` reads it too::

    {"name": "…", "description": "…",
     "modality": {"0": "t1n", …}, "labels": {"0": "background", …},
     "classes": {"0": "meningioma", …},
     "training":   [{"image": "P1/P1_t1n.nii.gz" | […], "label": "…",
                     "class": 0, "class_name": "meningioma",
                     "patient": "P1", "site": "…", "fold": 0}, …],
     "validation": […], "testing": […]}

Paths are relative to the file. Patients, not images, are split. Each key of an item has
one meaning in every set:

- ``image``: a path, or one per sequence in the order of ``modality``.
- ``label``: path of a mask or label map, whose values the top-level ``labels`` names.
  Without it the outline is unknown; "there is no tumour" is a mask of zeros.
- ``class``: a whole number, which the top-level ``classes`` names; ``class_name`` says
  the same in words. Without it the class is unknown.
- ``person``: one name for several ``patient`` ids that are, or may be, one person.
"""

from __future__ import annotations

import json
import os.path
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mritumor.data.item_keys import check_keys
from mritumor.data.splits_leakage import (
    LEAKY,
    PERSON,
    UNTOLD,
    check_leaky_allowed,
    check_patients_apart,
)
from mritumor.errors import InputError, did_you_mean
from mritumor.types import Item, PathLike

SECTIONS = ("training", "validation", "testing")
PATH_KEYS = ("image", "label")
WHOSE = (PERSON, "patient")
"""Keys that say whose an item is; the first that is told counts."""


def write_datalist(
    path: PathLike,
    *,
    name: str,
    description: str,
    modalities: Sequence[str],
    labels: Mapping[int, str],
    sections: Mapping[str, Sequence[Item]],
    classes: Mapping[int, str] | None = None,
    **facts: Any,
) -> Path:
    """Write a datalist, checked and with paths relative to it.

    Args:
        path: the file to write; its folder is made.
        name: of the data set.
        description: one sentence: source, what the labels mean.
        modalities: channel names in channel order.
        labels: meaning of each value of the masks, 0 included; empty for a set
            without masks.
        sections: items under ``training``, ``validation`` and ``testing``; absent
            sections are written empty.
        classes: name of each class; None for a set without classes.
        facts: further top-level facts, such as ``seed`` or ``licence``.

    Returns:
        The path written.

    Raises:
        InputError: an item whose ``label`` is no path or whose ``class`` is none of
            `classes`.
        LeakageError: a patient, person or identical image stands in two sections.
            Only a fact ``split`` that names a leaky split lets it pass.
    """
    path = Path(path).resolve()
    if facts.get("split") not in LEAKY:
        check_patients_apart(sections, where=path)
    for item in (item for items in sections.values() for item in items):
        check_keys(item, classes, where=path)
    document: dict[str, Any] = {
        "name": name,
        "description": description,
        "modality": {str(i): m for i, m in enumerate(modalities)},
        "labels": _numbered(labels),
        **({"classes": _numbered(classes)} if classes else {}),
        **facts,
    }
    for section in SECTIONS:
        items = sections.get(section, [])
        document[section] = [
            _with_paths(item, path.parent, _relative) for item in items
        ]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def read_datalist(
    path: PathLike,
    section: str = "training",
    *,
    base_dir: PathLike | None = None,
    fold: int | None = None,
    allow_leaky: bool = False,
) -> list[Item]:
    """Read one section of a datalist, with absolute paths.

    Args:
        path: the JSON file.
        section: ``training``, ``validation`` or ``testing``.
        base_dir: what relative paths start from; default the file's folder.
        fold: cross-validation: the items of training and validation together are
            split anew; those whose ``fold`` equals this number are the validation
            section, the others the training section. Testing stays as it is.
        allow_leaky: take a datalist that says it leaks (``"split":
            "leaky_slice_split"``). For reproducing papers only.

    Returns:
        The items, in file order. Where any item of the file names a ``person``, all do:
        the others their patient, or "" without one. Keys that only some items have
        could not be put into a batch.

    Raises:
        InputError: no such file, not JSON, no such section or fold, an item whose
            ``label`` is no path or whose ``class`` is no whole number.
        LeakageError: a patient, person or identical image stands in two sections or
            folds, or the split leaks by name and `allow_leaky` is not given.
    """
    document = _load(Path(path))
    sections = {s: _items(document, s, where=path) for s in SECTIONS}
    leaky = document.get("split") in LEAKY
    check_leaky_allowed(document.get("split"), allow_leaky, where=path)
    if not leaky:
        check_patients_apart(sections, where=path)
    if section not in SECTIONS:
        raise InputError(
            "no such section of a datalist",
            where=path,
            got=section,
            expected=", ".join(SECTIONS),
            remedy=did_you_mean(section, SECTIONS),
        )
    items = sections[section]
    if fold is not None and section != "testing":
        parts = _fold_items(sections, fold, where=path)
        if not leaky:
            check_patients_apart(parts, where=f"{path}, fold {fold}")
        items = parts[section]
    for item in items:
        check_keys(item, where=path)
    if any(PERSON in item for own in sections.values() for item in own):
        items = [{**item, PERSON: owner(item)} for item in items]
    base = Path(base_dir) if base_dir is not None else Path(path).parent
    return [_with_paths(item, base.resolve(), _absolute) for item in items]


def owner(item: Mapping[str, Any]) -> str:
    """Return whose an item is: the person, else the patient; "" if it says neither.

    Scores, intervals and splits count these, not the ``patient`` ids.
    """
    told = (item.get(key) for key in WHOSE)
    return next((str(name) for name in told if name not in UNTOLD), "")


def read_modalities(path: PathLike) -> tuple[str, ...]:
    """Return the channel names of a datalist in channel order, empty if it has none.

    Raises:
        InputError: no such file, or not JSON.
    """
    return tuple(_read_names(Path(path), "modality").values())


def read_classes(path: PathLike) -> dict[int, str]:
    """Return the classes of a datalist, number to name, empty if it has none.

    Raises:
        InputError: no such file, or not JSON.
    """
    return _read_names(Path(path), "classes")


def read_facts(path: PathLike) -> dict[str, Any]:
    """Return what stands at a datalist's top, without the sections.

    Raises:
        InputError: no such file, or not JSON.
    """
    return {k: v for k, v in _load(Path(path)).items() if k not in SECTIONS}


def _read_names(path: Path, key: str) -> dict[int, str]:
    named = _load(path).get(key)
    if not isinstance(named, dict) or not all(str(k).isdigit() for k in named):
        return {}
    return {int(k): str(named[k]) for k in sorted(named, key=int)}


def _numbered(names: Mapping[int, str]) -> dict[str, str]:
    return {str(number): name for number, name in sorted(names.items())}


def _fold_items(
    sections: Mapping[str, list[Item]], fold: int, where: object
) -> dict[str, list[Item]]:
    """Divide training and validation anew, by one fold against the others."""
    pool = sections["training"] + sections["validation"]
    folds = {item.get("fold") for item in pool}
    if fold not in folds:
        raise InputError(
            "no such fold",
            where=where,
            got=fold,
            expected=sorted(f for f in folds if f is not None) or "items with a 'fold'",
        )
    return {
        "training": [item for item in pool if item.get("fold") != fold],
        "validation": [item for item in pool if item.get("fold") == fold],
    }


def _load(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(
            "there is no datalist",
            where=path,
            remedy="make one with 'mritumor data prepare' or 'mritumor data phantom', "
            "or check --dataset_dir",
        )
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"this is not JSON: {error}", where=path) from None
    if not isinstance(document, dict):
        raise InputError(
            "a datalist is a JSON object", where=path, got=type(document).__name__
        )
    return document


def _items(document: Mapping[str, Any], section: str, where: object) -> list[Item]:
    items = document.get(section, [])
    if not isinstance(items, list) or not all(isinstance(i, dict) for i in items):
        raise InputError(
            f"the section '{section}' is no list of items",
            where=where,
            expected='[{"image": …, "label": …, "patient": …}, …]',
        )
    return items


def _with_paths(item: Item, base: Path, change: Any) -> Item:
    """Return a copy of an item with `change` applied to each path in it."""
    new = dict(item)
    for key in PATH_KEYS:
        value = new.get(key)
        if isinstance(value, (str, Path)):
            new[key] = change(base, value)
        elif isinstance(value, (list, tuple)):
            new[key] = [change(base, v) for v in value]
    return new


def _relative(base: Path, path: PathLike) -> str:
    path = Path(path)
    if not path.is_absolute():
        return path.as_posix()
    # os.path.relpath climbs with '..'; Path.relative_to does so only from 3.12 on.
    return Path(os.path.relpath(path.resolve(), base)).as_posix()


def _absolute(base: Path, path: PathLike) -> str:
    return str(base / path)
