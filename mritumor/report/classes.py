"""Charts of a classifier: confusion, ROC, reliability, coverage and accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import auc, confusion_matrix, roc_curve

from mritumor.charts import COLOURS, confusion_chart, legend, new_chart
from mritumor.metrics import calibration_error, coverage_accuracy, reliability_table
from mritumor.report.facts import ClassFacts


def confusion_figure(facts: ClassFacts) -> Figure:
    """Draw counts of true and predicted classes."""
    matrix = confusion_matrix(
        facts.labels, facts.probabilities.argmax(1), labels=range(len(facts.names))
    )
    return confusion_chart(matrix, facts.names)


def roc_figure(facts: ClassFacts) -> Figure:
    """Draw each class against the rest and, from three classes on, their micro average.

    A class of which there are no images, or nothing else, has no curve.
    """
    figure, axes = new_chart("ROC", "1 - specificity", "sensitivity")
    truth = np.eye(len(facts.names), dtype=bool)[facts.labels]
    two = len(facts.names) == 2
    shown = range(1, 2) if two else range(len(facts.names))
    for index in shown:
        _roc_line(
            axes,
            truth[:, index],
            facts.probabilities[:, index],
            facts.names[index],
            {"color": COLOURS[index % len(COLOURS)]},
        )
    if not two:
        style = {"color": "black", "linestyle": ":"}
        _roc_line(axes, truth.ravel(), facts.probabilities.ravel(), "micro", style)
    axes.plot([0, 1], [0, 1], color="#808080", linewidth=0.8, linestyle="--")
    axes.set(xlim=(-0.02, 1), ylim=(0, 1.02))
    legend(axes, loc="lower right")
    return figure


def reliability_figure(facts: ClassFacts, bins: int = 10) -> Figure:
    """Draw how often the class was right by how probable it was said to be.

    Dots grow with the number of images. Given both, the probabilities without
    temperature are drawn too.
    """
    figure, axes = new_chart("reliability", "probability given", "share right")
    axes.plot([0, 1], [0, 1], color="#808080", linewidth=0.8, linestyle="--")
    sets: list[tuple[str, NDArray[Any], str]] = []
    if facts.uncalibrated is not None:
        sets.append(("before temperature", facts.uncalibrated, COLOURS[1]))
    name = "as given" if facts.uncalibrated is None else "with temperature"
    sets.append((name, facts.probabilities, COLOURS[0]))
    for name, probabilities, colour in sets:
        table = reliability_table(probabilities, facts.labels, bins)
        error = calibration_error(probabilities, facts.labels)
        label = f"{name}, ECE {error:.3f}"
        axes.plot(
            table.confidence, table.accuracy, color=colour, label=label, linewidth=1.4
        )
        sizes = 10 + 160 * table.count / table.count.sum()
        axes.scatter(
            table.confidence, table.accuracy, sizes, color=colour, alpha=0.75, lw=0
        )
    start = max(0.0, 1 / len(facts.names) - 0.1)
    axes.set(xlim=(start, 1.02), ylim=(-0.02, 1.04))
    legend(axes, loc="lower right")
    return figure


def coverage_figure(facts: ClassFacts) -> Figure:
    """Draw the accuracy among the images that are answered, by their share."""
    figure, axes = new_chart(
        "unsure images left out", "share of images answered", "accuracy among them"
    )
    sure = facts.probabilities.max(1)
    right = facts.probabilities.argmax(1) == facts.labels
    curve = coverage_accuracy(sure, right)
    axes.step(curve.coverage, curve.accuracy, where="pre", color=COLOURS[0], lw=1.4)
    least = float(curve.accuracy.min())
    if facts.abstain_below:
        answered = sure >= facts.abstain_below
        if answered.any():
            x, y = float(answered.mean()), float(right[answered].mean())
            label = f"from {facts.abstain_below:.2f}: {x:.0%} answered, {y:.1%} right"
            axes.plot(x, y, "o", color=COLOURS[1], label=label)
    # Without this floor a curve that is nearly flat would look dramatic.
    axes.set(xlim=(0, 1.02), ylim=(min(0.9, least - 0.02), 1.005))
    legend(axes, loc="lower left")
    return figure


def class_figures(facts: ClassFacts) -> dict[str, Figure]:
    """Return all charts of a classifier, by file name."""
    return {
        "confusion": confusion_figure(facts),
        "roc": roc_figure(facts),
        "reliability": reliability_figure(facts),
        "coverage": coverage_figure(facts),
    }


def _roc_line(
    axes: Any,
    truth: NDArray[np.bool_],
    scores: NDArray[Any],
    name: str,
    style: dict[str, Any],
) -> None:
    if truth.all() or not truth.any():
        return
    false, true, _ = roc_curve(truth, scores)
    label = f"{name}, AUC {auc(false, true):.3f}"
    axes.plot(false, true, label=label, linewidth=1.4, **style)
