"""Good and bad outlines without the patient's picture: fit to be published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from scipy import ndimage

from mritumor.report.facts import Example

ROWS = ("worst", "median", "best")
TRUE, PREDICTED, HEAD = "#0072b2", "#d55e00", "#e4e4e4"
# Of the 99th percentile: darker is air, or noise in it.
AIR = 0.1


def outlines_figure(examples: Sequence[Example]) -> Figure:
    """Draw true and predicted outlines over the head's shadow, a row a kind.

    One example of each kind makes a single row.

    Licences and privacy keep most patients' pictures out of model cards; what a model
    misses can be shown without them.

    Args:
        examples: with masks; of the kinds *worst*, *median*, *best*.
    """
    rows = {kind: [e for e in examples if e.kind == kind] for kind in ROWS}
    rows = {kind: found for kind, found in rows.items() if found}
    longest = max(map(len, rows.values()), default=1)
    across = longest == 1
    count = max(len(rows), 1)
    height, width = (1, count) if across else (count, longest)
    figure = Figure((2.0 * width + 0.4, 2.25 * height + 0.4), layout="constrained")
    axes: Any = figure.subplots(height, width, squeeze=False)
    for axis in axes.ravel():
        axis.set(xticks=[], yticks=[], frame_on=False)
    kinds = axes.T if across else axes
    for row, (kind, found) in zip(kinds, rows.items(), strict=False):
        row[0].set_ylabel(kind, fontsize=10)
        for axis, example in zip(row, found, strict=False):
            _draw(axis, example)
    lines = [Line2D([], [], color=c) for c in (TRUE, PREDICTED)]
    figure.legend(
        lines,
        ["true", "predicted"],
        loc="outside lower center",
        ncols=2,
        frameon=False,
    )
    return figure


def _draw(axis: Any, example: Example) -> None:
    axis.imshow(
        np.where(head(example.image), 1.0, np.nan),
        cmap=ListedColormap([HEAD]),
        interpolation="bilinear",
    )
    for mask, colour in ((example.truth, TRUE), (example.predicted, PREDICTED)):
        if mask is not None and np.any(mask):
            axis.contour(np.asarray(mask) > 0, [0.5], colors=colour, linewidths=1.4)
    score = "" if example.score is None else f"\nDice {example.score:.3f}"
    missed = "" if np.any(example.predicted) else ", nothing found"
    axis.set_title(f"{example.case}{score}{missed}", fontsize=8)


def head(image: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return the largest bright region (H, W) of a slice, filled.

    Args:
        image: (H, W), any range; air, or what was cut away, is its lowest value.
    """
    lifted = np.nan_to_num(image) - float(np.nanmin(image))
    bright = lifted > AIR * np.percentile(lifted, 99)
    regions, count = ndimage.label(ndimage.binary_closing(bright, iterations=2))
    if count == 0:
        return np.zeros(image.shape, bool)
    largest = 1 + int(np.argmax(np.bincount(regions.ravel())[1:]))
    filled: NDArray[np.bool_] = ndimage.binary_fill_holes(regions == largest)
    return filled
