"""One thing that the audit found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

SEVERITIES = ("error", "warning", "note")
"""An error must be fixed, a warning must be looked at, a note should be known."""


@dataclass(frozen=True)
class Finding:
    """One thing that the audit found.

    Attributes:
        severity: one of `SEVERITIES`.
        kind: a short word for the fault, such as ``"exact-duplicate"``.
        where: the file, item or data set concerned, relative to the data set.
        sentence: what is wrong, for a person.
        items: numbers of the items concerned, in the order of the data set.
    """

    severity: str
    kind: str
    where: str
    sentence: str
    items: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "items": list(self.items)}


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with errors first, then by kind and place; doubles once."""
    unique = dict.fromkeys(findings)
    return sorted(unique, key=lambda f: (SEVERITIES.index(f.severity), f.kind, f.where))


def count_kinds(findings: Iterable[Finding]) -> dict[tuple[str, str], int]:
    """Return how many findings there are of each (severity, kind)."""
    return dict(Counter((f.severity, f.kind) for f in findings))
