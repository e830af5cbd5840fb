"""Data sets with planted faults, each beside its clean twin."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from mritumor.data.audit import AuditReport, Finding, audit
from mritumor.types import Item

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


class Collection:
    """A data set in the making; its twin is what it was before anything was planted.

    Args:
        root: an empty folder; ``planted`` and ``twin`` are made in it.
        facts: top level of the datalist.
    """

    def __init__(self, root: Path, facts: Mapping[str, Any]) -> None:
        self.root, self.twin, self.facts = root / "planted", root / "twin", facts
        for folder in (self.root, self.twin):
            folder.mkdir(parents=True)
        self.sections: dict[str, list[Item]] = {"training": [], "testing": []}
        self.clean: dict[str, list[Item]] = {"training": [], "testing": []}
        self.count = 0

    def add(self, section: str, item: Item) -> Item:
        """Take an item whose files were written to the twin; return the one to spoil."""
        self.count += 1
        images = item["image"]
        for name in (
            *(images if isinstance(images, list) else [images]),
            item["label"],
        ):
            (self.root / name).parent.mkdir(exist_ok=True)
            shutil.copy(self.twin / name, self.root / name)
        self.clean[section].append(copy.deepcopy(item))
        self.sections[section].append(item)
        return item

    def write(self) -> tuple[Path, Path]:
        """Write both datalists; return the folder with faults and the clean one."""
        for folder, sections in ((self.root, self.sections), (self.twin, self.clean)):
            text = json.dumps({**self.facts, **sections})
            (folder / "datalist.json").write_text(text, "utf-8")
        return self.root, self.twin


C = TypeVar("C", bound=Collection)


@dataclass(frozen=True)
class Fault(Generic[C]):
    """One fault.

    Attributes:
        name: what is wrong, in words; several faults may share it.
        kind: of the finding that must tell of it.
        plant: adds items to a collection, spoils one and returns what the finding's
            ``where`` must name.
        severity: that the finding must have.
    """

    name: str
    kind: str
    plant: Callable[[C], str]
    severity: str = "error"


@dataclass(frozen=True)
class Outcome:
    """What the audit made of a collection.

    Attributes:
        faults: as planted.
        found: whether each was found, with its kind, place and severity.
        unexplained: errors and warnings of the spoilt set that no fault explains.
        false_alarms: errors and warnings of the clean twin.
        reports: of the spoilt set and of its twin.
    """

    faults: Sequence[Fault[Any]]
    found: Sequence[bool]
    unexplained: Sequence[Finding]
    false_alarms: Sequence[Finding]
    reports: tuple[AuditReport, AuditReport]


def examine(
    collection: C, faults: Sequence[Fault[C]], brought: Mapping[str, set[str]]
) -> Outcome:
    """Plant faults, audit both sets and compare.

    Args:
        collection: with the sound items that it should have besides.
        faults: to plant.
        brought: kind of a fault to kinds that it brings along by its nature.
    """
    places = [fault.plant(collection) for fault in faults]
    spoilt, clean = (audit(folder) for folder in collection.write())
    found = [
        {f.severity for f in spoilt.findings if _is(f, fault.kind, place)}
        == {fault.severity}
        for fault, place in zip(faults, places)
    ]
    known = [
        (kind, place)
        for fault, place in zip(faults, places)
        for kind in (fault.kind, *brought.get(fault.kind, ()))
    ]
    unexplained = [
        f
        for f in _serious(spoilt)
        if f.where != "data set" and not any(_is(f, *one) for one in known)
    ]
    return Outcome(faults, found, unexplained, _serious(clean), (spoilt, clean))


def _is(finding: Finding, kind: str, place: str) -> bool:
    return finding.kind == kind and place in finding.where


def _serious(report: AuditReport) -> list[Finding]:
    return [finding for finding in report.findings if finding.severity != "note"]
