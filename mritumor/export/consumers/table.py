"""The table of bundles and consumers, as text, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from mritumor.export.consumers.catalogue import CHECKS
from mritumor.export.consumers.outcome import FAIL, PASS, Outcome


def as_text(outcomes: Sequence[Outcome]) -> str:
    """Return a table for a terminal, then one line for each cell that did not pass."""
    lines = _cells(outcomes)
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rows = ["  ".join(c.ljust(w) for c, w in zip(line, widths)) for line in lines]
    rows.insert(1, "  ".join("-" * width for width in widths))
    reasons = _reasons(outcomes)
    return "\n".join(
        row.rstrip() for row in [*rows, *([""] if reasons else []), *reasons]
    )


def as_markdown(outcomes: Sequence[Outcome]) -> str:
    """Return a Markdown table, then a list of the reasons."""
    head, *body = _cells(outcomes)
    lines = ["| " + " | ".join(line) + " |" for line in [head, *body]]
    lines.insert(1, "|" + "---|" * len(head))
    reasons = ["- " + reason for reason in _reasons(outcomes)]
    return "\n".join([*lines, *([""] if reasons else []), *reasons])


def as_json(outcomes: Sequence[Outcome]) -> str:
    """Return a JSON list with one object a cell."""
    return json.dumps([o.as_dict() for o in outcomes], indent=1, ensure_ascii=False)


def _cells(outcomes: Sequence[Outcome]) -> list[list[str]]:
    bundles = list(dict.fromkeys(o.bundle for o in outcomes))
    found = {(o.check, o.bundle): o.status for o in outcomes}
    checks = [c.name for c in CHECKS if any(o.check == c.name for o in outcomes)]
    rows = [[check, *(found.get((check, b), "") for b in bundles)] for check in checks]
    return [["", *bundles], *rows]


def _reasons(outcomes: Sequence[Outcome]) -> list[str]:
    """Return one line for each reason: failures by bundle, then what was left out."""
    failed: dict[tuple[str, str], list[str]] = {}
    others: dict[tuple[str, str], list[str]] = {}
    for found in outcomes:
        if found.status == FAIL:
            failed.setdefault((found.bundle, found.reason), []).append(found.check)
        elif found.status != PASS and found.reason:
            checks = others.setdefault((found.status, found.reason), [])
            checks += [found.check] if found.check not in checks else []
    return [
        f"{first}, {'; '.join(checks)}: {reason}"
        for group in (failed, others)
        for (first, reason), checks in group.items()
    ]
