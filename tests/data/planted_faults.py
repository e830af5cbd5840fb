"""One table of all planted faults.

python tests/data/planted_faults.py          # 1 minute; exit code 1 if one is missed
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from planted_collection import Outcome
from planted_pictures import examine_pictures
from planted_volumes import examine_volumes


def examine_all(root: Path) -> dict[str, Outcome]:
    """Plant everything under an empty folder; return the outcome of each set."""
    return {
        "pictures": examine_pictures(root / "pictures"),
        "volumes": examine_volumes(root / "volumes"),
    }


def table(outcomes: dict[str, Outcome]) -> str:
    """Return one row per sort of fault: planted, found, missed."""
    counts: dict[str, list[int]] = {}
    for outcome in outcomes.values():
        for fault, found in zip(outcome.faults, outcome.found):
            row = counts.setdefault(fault.name, [0, 0])
            row[0] += 1
            row[1] += found
    rows = [(name, *row) for name, row in sorted(counts.items())]
    rows.append(("all", sum(r[1] for r in rows), sum(r[2] for r in rows)))
    lines = [f"{'fault':34}planted   found  missed"]
    lines += [f"{name:34}{n:7}{found:8}{n - found:8}" for name, n, found in rows]
    return "\n".join([*lines, "", *map(_alarms, *zip(*outcomes.items()))])


def _alarms(name: str, outcome: Outcome) -> str:
    items = [len(report.names) for report in outcome.reports]
    return (
        f"{name}: {items[0]} items with faults, {len(outcome.unexplained)} findings that "
        f"none explains; clean twin of {items[1]} items, "
        f"{len(outcome.false_alarms)} false alarms"
    )


def is_perfect(outcomes: Sequence[Outcome]) -> bool:
    """Return whether each fault is found, and nothing else."""
    return all(
        all(o.found) and not o.unexplained and not o.false_alarms for o in outcomes
    )


def main() -> int:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        outcomes = examine_all(Path(folder))
    print(table(outcomes))
    return int(not is_perfect(list(outcomes.values())))


if __name__ == "__main__":
    sys.exit(main())
