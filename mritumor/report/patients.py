"""Charts of one score per patient: sorted bars, and a violin a group or model."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from mritumor.charts import COLOURS, FONT, new_chart
from mritumor.report.facts import PatientFacts, ScoreRow

NAMED = 40  # more patients than this have no room for their names


def patients_figure(facts: PatientFacts) -> Figure:
    """Draw every patient's score, worst first, with the mean and its interval."""
    defined = {k: v for k, v in facts.scores.items() if not np.isnan(v)}
    ordered = sorted(defined, key=lambda patient: defined[patient])
    groups = list(dict.fromkeys(facts.groups.get(p, "") for p in ordered))
    groups.sort()
    figure, axes = new_chart(f"{facts.metric} by patient", "", facts.metric, (8.6, 3.4))
    for index, group in enumerate(groups):
        places = [i for i, p in enumerate(ordered) if facts.groups.get(p, "") == group]
        heights = [defined[ordered[i]] for i in places]
        colour = COLOURS[index % len(COLOURS)]
        axes.bar(places, heights, 0.8, color=colour, label=group or None)
    missed = [i for i, p in enumerate(ordered) if defined[p] == 0]
    # A bar of height zero would not be seen.
    axes.plot(missed, [0.015] * len(missed), "x", color=COLOURS[1], ms=5)
    if facts.mean is not None:
        _band(axes, facts.mean)
    named = len(ordered) <= NAMED
    axes.set_xticks(range(len(ordered)) if named else [], ordered if named else [])
    axes.tick_params(axis="x", rotation=90, labelsize=FONT - 2.5)
    if not named:
        axes.set_xlabel(f"{len(ordered)} patients, worst first", fontsize=FONT)
    axes.grid(False, axis="x")
    axes.set(ylim=(0, 1.02), xlim=(-0.7, max(len(ordered), 1) - 0.3))
    if axes.get_legend_handles_labels()[1]:
        figure.legend(
            loc="outside upper center", ncols=6, fontsize=FONT - 1, frameon=False
        )
    return figure


def violin_figure(
    scores: Mapping[str, Sequence[float]], metric: str, title: str = ""
) -> Figure:
    """Draw the spread of scores by group: a violin, each patient a dot, median a line.

    Args:
        scores: group or model to one score a patient; NaN are left out.
        metric: name of the score.
        title: above.
    """
    kept = {k: [s for s in v if not np.isnan(s)] for k, v in scores.items()}
    kept = {k: v for k, v in kept.items() if v}
    height = max(1.7, 0.8 + 0.5 * len(kept))
    figure, axes = new_chart(title or f"spread of {metric}", metric, "", (4.2, height))
    random = np.random.default_rng(0)
    for row, values in enumerate(kept.values()):
        colour = COLOURS[row % len(COLOURS)]
        if len(values) > 2 and np.ptp(values) > 0:
            _violin(axes, values, row, colour)
        axes.scatter(
            values,
            row + random.uniform(-0.11, 0.11, len(values)),
            9,
            color=colour,
            lw=0,
            alpha=0.8,
        )
        axes.plot([np.median(values)] * 2, [row - 0.28, row + 0.28], color="black")
    labels = [
        textwrap.fill(f"{name} ({len(values)})", 22) for name, values in kept.items()
    ]
    axes.set_yticks(range(len(kept)), labels)
    axes.grid(False, axis="y")
    axes.set(ylim=(len(kept) - 0.45, -0.55), xlim=(-0.02, 1.02))
    return figure


def _violin(axes: Any, values: Sequence[float], row: int, colour: str) -> None:
    drawn = axes.violinplot(
        [values], [row], orientation="horizontal", widths=0.75, showextrema=False
    )
    for body in drawn["bodies"]:
        body.set(facecolor=colour, alpha=0.28, linewidth=0)


def _band(axes: Any, mean: ScoreRow) -> None:
    label = f"mean {mean.value:.3f}"
    if mean.low is not None and mean.high is not None:
        label += f" ({mean.low:.3f} to {mean.high:.3f})"
        axes.axhspan(mean.low, mean.high, color="#808080", alpha=0.25, lw=0)
    axes.axhline(mean.value, color="black", lw=1, linestyle="--", label=label)
