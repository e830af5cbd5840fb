"""Rows of mixed facts as the cells of a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from mritumor.report.facts import Row

LONG = 40  # letters; longer text may wrap


class Cell(NamedTuple):
    """One cell.

    Attributes:
        text: as printed.
        kind: ``number``, ``text`` or ``text long``: how it is aligned; ``number words``
            may break before its bracket.
    """

    text: str
    kind: str


class Words(str):
    """Text that stands in a column of numbers, and is set like one."""


def table(rows: Sequence[Row]) -> list[list[Cell]]:
    """Return the cells of a table; the first row holds the headings.

    The numbers of a column share their decimals: as many as they need, at most three
    below 100 and none above.

    Args:
        rows: all with the headings of the first; a missing value is None or NaN.
    """
    headings = list(rows[0])
    columns = [_column([row.get(key) for row in rows]) for key in headings]
    kinds = [_kind(column) for column in columns]
    head = [Cell(key, kind) for key, kind in zip(headings, kinds, strict=True)]
    return [head, *(list(line) for line in zip(*columns, strict=True))]


def _kind(column: Sequence[Cell]) -> str:
    """Return how a heading is aligned: as the first cell below it that is not empty."""
    return next((cell.kind for cell in column if cell.text), "text").split()[0]


def _column(values: Sequence[Any]) -> list[Cell]:
    numbers = [v for v in values if _is_number(v) and not math.isnan(v)]
    decimals = _decimals(numbers)
    return [_cell(value, decimals) for value in values]


def _decimals(numbers: Sequence[float]) -> int:
    if not numbers or max(abs(n) for n in numbers) >= 1000:
        return 0
    most = 3 if max(abs(n) for n in numbers) < 100 else 1
    for digits in range(most):
        if all(abs(round(n, digits) - n) < 1e-9 for n in numbers):
            return digits
    return most


def _cell(value: Any, decimals: int) -> Cell:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return Cell("-", "number")
    if _is_number(value):
        return Cell(f"{value:,.{decimals}f}".replace(",", "\u202f"), "number")
    if isinstance(value, Words):
        return Cell(value, "number words" if " (" in value else "number")
    text = str(value)
    return Cell(text, "text long" if len(text) > LONG else "text")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
