"""One line of a table of scores."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ScoreRow:
    """A score and how sure it is.

    Attributes:
        name: such as ``"Dice, whole tumour"`` or a class or site.
        value: the score.
        low: lower end of its 95 % bootstrap interval over patients; None without one.
        high: upper end.
        n: how many patients (or images) it rests on.
        undefined: how many of them it leaves out.
        note: what else must be said, such as the policy for empty masks.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    undefined: int = 0
    note: str = ""
