"""What is to be audited: the items of a datalist, whatever is wrong with them.

`mritumor.data.read_datalist` refuses a split with a leak; here it must be read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mritumor.data.audit.folders import records_in_folder
from mritumor.data.audit.record import Record
from mritumor.data.datalist import SECTIONS, read_modalities
from mritumor.data.inputs import DATALIST
from mritumor.data.item_keys import key_problem
from mritumor.errors import InputError
from mritumor.types import Item, PathLike


@dataclass(frozen=True)
class DataSet:
    """All items of a data set.

    Attributes:
        root: the folder that names are relative to.
        name: of the set.
        records: the items, numbered from 0.
        modalities: channel names in channel order; empty if not told.
        labels: value of a mask to meaning; None if not told.
    """

    root: Path
    name: str
    records: tuple[Record, ...]
    modalities: tuple[str, ...] = ()
    labels: Mapping[int, str] | None = None


def read_data_set(path: PathLike) -> DataSet:
    """Read a datalist, the datalist in a folder, or a plain folder of images.

    Args:
        path: the JSON file or the folder.

    Raises:
        InputError: nothing there, not a datalist, or no image at all.
    """
    path = Path(path).resolve()
    if path.is_dir() and not (path / DATALIST).is_file():
        return DataSet(path, path.name, _numbered(records_in_folder(path)))
    file = path / DATALIST if path.is_dir() else path
    modalities = read_modalities(file)
    document = json.loads(file.read_text(encoding="utf-8"))
    labels, classes = _named(document, "labels"), _named(document, "classes")
    records = []
    for section in SECTIONS:
        items = document.get(section, [])
        if not isinstance(items, list) or not all(isinstance(i, dict) for i in items):
            raise InputError(f"the section '{section}' is no list of items", where=file)
        records += [_record(item, section, file, classes, modalities) for item in items]
    if not records:
        raise InputError("the datalist names no item", where=file)
    name = str(document.get("name") or file.parent.name)
    return DataSet(file.parent, name, _numbered(records), modalities, labels or None)


def _numbered(records: list[Record]) -> tuple[Record, ...]:
    return tuple(replace(record, number=n) for n, record in enumerate(records))


def _named(document: Mapping[str, Any], key: str) -> dict[int, str]:
    named = document.get(key)
    if not isinstance(named, dict):
        return {}
    return {int(v): str(m) for v, m in named.items() if str(v).isdigit()}


def _record(
    item: Item,
    section: str,
    file: Path,
    classes: Mapping[int, str],
    modalities: tuple[str, ...],
) -> Record:
    image = item.get("image") or []
    images = [image] if isinstance(image, str) else list(image)
    label, number = item.get("label"), item.get("class")
    named = classes.get(number, number) if isinstance(number, int) else number
    problem = key_problem(item, classes)
    return Record(
        section=section,
        name=str(images[0]) if images else f"{section} item without image",
        images=tuple(file.parent / str(i) for i in images),
        label=file.parent / label if isinstance(label, str) else None,
        klass=_text(item.get("class_name", named)),
        patient=_text(item.get("patient")),
        person=_text(item.get("person")),
        site=_text(item.get("site")),
        fold=_text(item.get("fold")),
        modalities=tuple(item.get("modalities", modalities)),
        fault="{}: {}, expected {}".format(*problem) if problem else None,
    )


def _text(value: object) -> str | None:
    return None if value in (None, "") else str(value)
