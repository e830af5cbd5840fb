"""Patients and persons that stand on both sides of a split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from mritumor.data.audit.findings import Finding
from mritumor.data.audit.record import Record
from mritumor.data.splits import same_person


def leaks(records: Sequence[Record]) -> Iterator[Finding]:
    """Yield an error per patient or person in several sections or several folds.

    Kinds: ``patient-leak`` and ``person-leak`` (ids that differ by a final letter
    only) for sections, ``fold-leak`` for folds.

    Args:
        records: all items; those without patient cannot be compared.
    """
    yield from _shared(records, "patient-leak", "patient", str)
    person = same_person(r.patient for r in records if r.patient is not None)
    yield from _shared(records, "person-leak", "person", person)
    for patient, own in _by_patient(records, person).items():
        folds = sorted({record.fold for record in own if record.fold is not None})
        if len(folds) > 1:
            yield _finding("fold-leak", patient, own, f"stands in folds {folds}")


def _shared(
    records: Sequence[Record], kind: str, noun: str, name: Callable[[str], str]
) -> Iterator[Finding]:
    for group, own in _by_patient(records, name).items():
        sections = sorted({record.section for record in own})
        ids = sorted({str(record.patient) for record in own})
        if len(sections) < 2 or (kind == "person-leak" and len(ids) < 2):
            continue
        sentence = f"the {noun} stands in {' and '.join(sections)}"
        if kind == "person-leak":
            sentence += f" as {', '.join(ids)}, which differ by a letter only"
        yield _finding(kind, group, own, sentence)


def _by_patient(
    records: Sequence[Record], name: Callable[[str], str]
) -> dict[str, list[Record]]:
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record.patient is not None:
            groups[name(record.patient)].append(record)
    return groups


def _finding(kind: str, where: str, own: Sequence[Record], sentence: str) -> Finding:
    numbers = tuple(record.number for record in own)
    return Finding("error", kind, where, sentence, numbers)
