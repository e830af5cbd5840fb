"""Several prepared sets as one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mritumor.data.datalist import SECTIONS, read_datalist, read_facts, write_datalist
from mritumor.data.splits_leakage import LEAKY
from mritumor.errors import InputError
from mritumor.types import Item, PathLike

# What must mean the same in all sets.
ALIKE = ("modality", "labels", "classes")


def merge_datalists(paths: Sequence[PathLike], out: PathLike) -> Path:
    """Write one datalist with the items of several; nothing is copied.

    Each item keeps its section, fold and patient, and the paths point at where the
    files are. An item that names no site is given the name of its set.

    Args:
        paths: datalist files, or folders with a ``datalist.json``.
        out: the folder that receives the new ``datalist.json``.

    Returns:
        The file written.

    Raises:
        InputError: fewer than two sets; sequences, labels or classes that differ; a set
            whose split leaks by name; a file in the way.
        LeakageError: a patient stands in different sections of two sets.
    """
    files = [_file(path) for path in paths]
    if len(set(files)) < 2:
        raise InputError("merging needs two different sets", got=len(set(files)))
    target = Path(out) / "datalist.json"
    if target.exists():
        raise InputError(
            "there is a datalist already", where=target, remedy="choose another --out"
        )
    facts = [read_facts(file) for file in files]
    _check_alike(files, facts)
    sections: dict[str, list[Item]] = {section: [] for section in SECTIONS}
    for file, own in zip(files, facts):
        for section in SECTIONS:
            for item in read_datalist(file, section):
                named = {**item, "site": item.get("site") or str(own.get("name", ""))}
                sections[section].append(named)
    names = [str(own.get("name", file.parent.name)) for own, file in zip(facts, files)]
    first = facts[0]
    licences = [str(own["licence"]) for own in facts if own.get("licence")]
    more = {"licence": "; ".join(dict.fromkeys(licences))} if licences else {}
    return write_datalist(
        target,
        name=" + ".join(names),
        description="Several sets: " + "; ".join(names),
        modalities=list(first.get("modality", {}).values()),
        labels={int(k): v for k, v in first.get("labels", {}).items()},
        classes={int(k): v for k, v in first.get("classes", {}).items()} or None,
        sections=sections,
        sources=[str(file) for file in files],
        **more,
    )


def _file(path: PathLike) -> Path:
    path = Path(path).resolve()
    return path / "datalist.json" if path.is_dir() else path


def _check_alike(files: Sequence[Path], facts: Sequence[dict[str, Any]]) -> None:
    for file, own in zip(files, facts):
        if own.get("split") in LEAKY:
            raise InputError(
                "a split that leaks cannot be merged", where=file, got=own["split"]
            )
        for key in ALIKE:
            found, wanted = own.get(key, {}), facts[0].get(key, {})
            if found != wanted:
                raise InputError(
                    f"the sets do not agree on '{key}'",
                    where=file,
                    got=found,
                    expected=f"{wanted}, as in {files[0]}",
                    remedy="prepare them alike first",
                )
