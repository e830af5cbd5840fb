"""The audit's result: as an exit code, as JSON and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mritumor.data.audit.findings import SEVERITIES, Finding, count_kinds
from mritumor.data.audit.shortcuts import Baselines
from mritumor.data.audit.thumbs import Thumb

SHOWN = 20


@dataclass(frozen=True)
class AuditReport:
    """What the audit found.

    Attributes:
        root: folder of the data set.
        name: of the data set.
        names: of its items, in order.
        findings: errors first.
        fingerprint: see `mritumor.data.audit.fingerprint.fingerprint`.
        baselines: see `mritumor.data.audit.shortcuts.baselines`.
        seconds: that the audit took.
        thumbs: item number to thumbnail, of the items in findings.
    """

    root: Path
    name: str
    names: Sequence[str]
    findings: Sequence[Finding]
    fingerprint: Mapping[str, Mapping[str, Any]]
    baselines: Baselines
    seconds: float
    thumbs: Mapping[int, Thumb]

    @property
    def counts(self) -> dict[str, int]:
        """Number of findings by severity."""
        return {s: sum(f.severity == s for f in self.findings) for s in SEVERITIES}

    @property
    def exit_code(self) -> int:
        """1 when something must be fixed, else 0."""
        return 1 if self.counts["error"] else 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "data_set": self.name,
            "root": str(self.root),
            "items": len(self.names),
            "counts": self.counts,
            "findings": [finding.to_dict() for finding in self.findings],
            "fingerprint": {k: dict(v) for k, v in self.fingerprint.items()},
            "baselines": self.baselines,
            "seconds": round(self.seconds, 2),
        }

    def to_text(self, shown: int = SHOWN) -> str:
        """Return tables for a terminal.

        Args:
            shown: findings written out in full.
        """
        sections = ", ".join(
            f"{part['items']} {name}" for name, part in self.fingerprint.items()
        )
        lines = [f"{self.name}: {sections} ({self.seconds:.1f} s)", ""]
        lines += _table(
            ("severity", "kind", "findings"),
            [
                (severity, kind, str(n))
                for (severity, kind), n in count_kinds(self.findings).items()
            ],
        )
        for finding in self.findings[:shown]:
            lines.append(f"{finding.severity}: {finding.where}: {finding.sentence}")
        if len(self.findings) > shown:
            lines.append(f"and {len(self.findings) - shown} more: see --html or --json")
        lines += _baseline_lines(self.baselines)
        if not self.findings:
            lines.append("nothing was found")
        return "\n".join(lines)


def _baseline_lines(found: Baselines) -> list[str]:
    rows = [
        (name, split, f"{value:.3f}")
        for name, row in found.items()
        for split, value in row.items()
    ]
    return ["", *_table(("without learning", "split", "figure"), rows)] if rows else []


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
        for row in (head, *rows)
    ]
    return [*lines, ""]
