"""Learning curves of a run, from its ``metrics.csv``."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from mritumor.charts import COLOURS, SIZE, dress, legend, new_chart, save
from mritumor.errors import InputError
from mritumor.report.facts import History
from mritumor.types import PathLike

SCORES = ("dice", "iou", "acc", "auc", "f1", "jaccard", "recall", "precision", "score")


def read_history(path: PathLike) -> dict[str, list[float]]:
    """Read the columns of a run's ``metrics.csv``.

    Args:
        path: the file, or the run's folder.

    Returns:
        Column to one number an epoch, NaN where the file has none. A run that was
        resumed may have written an epoch twice: the later line counts.

    Raises:
        InputError: no file, or none of its lines has an epoch.
    """
    path = Path(path)
    path = path / "metrics.csv" if path.is_dir() else path
    if not path.is_file():
        raise InputError(
            "no metrics of a run", where=path, remedy="give RUN or RUN/metrics.csv"
        )
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row.get("epoch")]
    if not rows:
        raise InputError(
            "no epoch in it", where=path, expected="a line with `epoch` an epoch"
        )
    by_epoch = {_number(row["epoch"]): row for row in rows}
    ordered = [by_epoch[epoch] for epoch in sorted(by_epoch)]
    return {key: [_number(row[key]) for row in ordered] for key in ordered[0] if key}


def loss_columns(history: History) -> list[str]:
    """Return the columns that hold a loss."""
    return [key for key in history if "loss" in key.lower()]


def score_columns(history: History) -> list[str]:
    """Return the columns that hold a score between 0 and 1."""
    words = [key for key in history if any(word in key.lower() for word in SCORES)]
    return [key for key in words if key not in loss_columns(history)]


def curve_chart(history: History, columns: Sequence[str], title: str) -> Figure:
    """Draw columns over epochs; the best validation is marked in a chart of scores."""
    figure, axes = new_chart(title, "epoch")
    _draw(axes, history, columns)
    return figure


def curves_figure(metrics: PathLike | History, path: PathLike) -> Path:
    """Write loss and scores of a run side by side, as a model card shows them.

    Args:
        metrics: a run's ``metrics.csv``, its folder, or what `read_history` gave.
        path: the PNG (PDF, SVG) to write.

    Returns:
        The path.

    Raises:
        InputError: no such file, or nothing in it to draw.
    """
    history = metrics if isinstance(metrics, Mapping) else read_history(metrics)
    panels = {"loss": loss_columns(history), "validation": score_columns(history)}
    panels = {title: columns for title, columns in panels.items() if columns}
    if not panels:
        raise InputError(
            "nothing to draw", where=metrics, got=", ".join(history), expected="a loss"
        )
    figure = Figure(figsize=(SIZE[0] * len(panels), SIZE[1]), layout="constrained")
    axes: Any = figure.subplots(1, len(panels), squeeze=False)[0]
    for panel, (title, columns) in zip(axes, panels.items(), strict=True):
        dress(panel, title, "epoch")
        _draw(panel, history, columns)
    return save(figure, path)


def overlaid_curves(histories: Mapping[str, History], column: str) -> Figure:
    """Draw one column of several runs.

    Args:
        histories: by model; models without the column are left out.
        column: such as ``"val_mean_dice"``.
    """
    figure, axes = new_chart(plain_name(column), "epoch")
    for index, (name, history) in enumerate(histories.items()):
        if column in history:
            _line(axes, _epochs(history), history[column], name, index)
    legend(axes)
    return figure


def plain_name(column: str) -> str:
    """Return a column's name as words: ``val_mean_dice`` is "val mean dice"."""
    return column.replace("_", " ")


def _draw(axes: Any, history: History, columns: Sequence[str]) -> None:
    epochs = _epochs(history)
    for index, column in enumerate(columns):
        _line(axes, epochs, history[column], plain_name(column), index)
    keys = [c for c in columns if c.startswith("val") and c in score_columns(history)]
    if keys and not np.isnan(history[keys[0]]).all():
        best = int(np.nanargmax(history[keys[0]]))
        value = history[keys[0]][best]
        label = f"best {value:.3f}, epoch {epochs[best]:g}"
        axes.plot(epochs[best], value, "o", mfc="none", color="black", label=label)
    if len(columns) > 3:  # too many to lie beside the lines
        legend(axes, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    else:
        legend(axes)


def _line(
    axes: Any, x: Sequence[float], y: Sequence[float], label: str, index: int
) -> None:
    given = [(a, b) for a, b in zip(x, y, strict=True) if not math.isnan(b)]
    if given:
        style: dict[str, Any] = {"color": COLOURS[index % len(COLOURS)], "label": label}
        marker = "." if len(given) < 12 else ""
        axes.plot(*zip(*given, strict=True), linewidth=1.4, marker=marker, **style)


def _epochs(history: History) -> Sequence[float]:
    longest = max((len(v) for v in history.values()), default=0)
    return history.get("epoch", list(range(1, longest + 1)))


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan
