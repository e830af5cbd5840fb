"""What came of one check of one bundle."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

PASS = "pass"
FAIL = "FAIL"
ABSENT = "not installed"
SKIPPED = "not run"
NO_MATTER = "n/a"


@dataclass(frozen=True)
class Outcome:
    """One cell of the table.

    Attributes:
        check: name of the row.
        bundle: name of the column.
        status: one of this module's constants.
        reason: one sentence; empty when it passed.
        seconds: that it took.
    """

    check: str
    bundle: str
    status: str
    reason: str = ""
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, for JSON."""
        return asdict(self)


class DoesNotApply(Exception):
    """The check has no meaning for this bundle."""


class Unsatisfied(Exception):
    """The consumer ran, and what it returned is wrong; the text says how."""
