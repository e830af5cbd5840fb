"""Forest plots: scores, or differences, with their intervals one below the other."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mritumor.charts import COLOURS, FONT, new_chart
from mritumor.report.facts import PairRow, ScoreRow

WRAP = 26  # letters of a name on one line


def forest_figure(
    rows: Sequence[ScoreRow], title: str = "", zero: float | None = None
) -> Figure:
    """Draw one row per score: the value a square, its interval a line, both in words.

    Args:
        rows: from top to bottom.
        title: above.
        zero: where no difference is, drawn as a dashed line.
    """
    names = [textwrap.fill(row.name, WRAP) for row in rows]
    lines = sum(name.count("\n") + 1 for name in names)
    width = 3.6 + 0.065 * max((len(n) for t in names for n in t.split("\n")), default=0)
    height = 0.95 + 0.22 * len(rows) + 0.14 * lines
    figure, axes = new_chart(title, "", "", (width, height))
    for place, row in enumerate(rows):
        low = row.value if row.low is None else row.low
        high = row.value if row.high is None else row.high
        axes.plot([low, high], [place, place], color=COLOURS[0], lw=1.6)
        axes.plot(row.value, place, "s", color=COLOURS[0], ms=5)
        axes.text(
            1.02,
            place,
            score_text(row, signed=zero is not None),
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=FONT - 1,
        )
    if zero is not None:
        axes.axvline(zero, color="black", lw=0.8, linestyle="--")
    axes.set_yticks(range(len(rows)), names)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.grid(False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure


def pair_rows(pairs: Sequence[PairRow]) -> list[ScoreRow]:
    """Return paired differences as rows of a forest plot.

    Of several metrics each row names its own.
    """
    several = len({pair.metric for pair in pairs}) > 1
    return [
        ScoreRow(
            f"{pair.first} minus {pair.second}"
            + (f", {pair.metric}" if several else ""),
            pair.difference,
            pair.low,
            pair.high,
        )
        for pair in pairs
    ]


def score_text(row: ScoreRow, signed: bool = False) -> str:
    """Return ``0.873 (0.851 to 0.892)``."""
    sign = "+" if signed else ""
    if row.low is None or row.high is None:
        return number(row.value, sign)
    ends = f"{number(row.low, sign)} to {number(row.high, sign)}"
    return f"{number(row.value, sign)} ({ends})"


def number(value: float, sign: str = "") -> str:
    """Return a score with three decimals, millimetres and the like with fewer."""
    if math.isnan(value):
        return "-"
    digits = 3 if abs(value) < 2 else 2 if abs(value) < 100 else 0
    return format(value, f"{sign}.{digits}f")
