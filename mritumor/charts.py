"""Charts that a person and a paper can read: one style, drawn without pyplot.

A chart is a matplotlib ``Figure`` of its own, so that threads never share one. Ink is
black on a transparent ground; `to_svg` turns it into the colour of the page's text, so
that a chart reads in light and in dark; `save` writes a white PNG, PDF or SVG.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from mritumor.types import PathLike

# Told apart with any colour vision and on light and dark ground: after Okabe and Ito.
COLOURS = ("#2f7fc4", "#d9701a", "#0f9d75", "#c26ea0", "#4fa9dc", "#b89600")
SIZE = (4.2, 3.2)  # inches: at 9 points still read on a phone
FONT = 9  # points
_lock = threading.Lock()  # savefig reads matplotlib's global settings


def new_chart(
    title: str = "", x: str = "", y: str = "", size: tuple[float, float] = SIZE
) -> tuple[Figure, Any]:
    """Return an empty figure and its axes in the house's style."""
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    dress(axes, title, x, y)
    return figure, axes


def dress(axes: Any, title: str = "", x: str = "", y: str = "") -> None:
    """Give axes the house's style and their words."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=FONT - 1)
    axes.set_title(title, fontsize=FONT + 1)
    axes.set_xlabel(x, fontsize=FONT)
    axes.set_ylabel(y, fontsize=FONT)
    axes.grid(True, color="#808080", alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)


def legend(axes: Any, **settings: Any) -> None:
    """Add a legend where there is more than one thing to name."""
    if len(axes.get_legend_handles_labels()[1]) > 0:
        axes.legend(fontsize=FONT - 1, frameon=False, **settings)


def confusion_chart(
    matrix: ArrayLike, names: Sequence[str], title: str = "confusion matrix"
) -> Figure:
    """Draw counts, tinted by the share of the true class.

    Args:
        matrix: (K, K) counts, rows the truth, columns the prediction.
        names: of the K classes.
        title: above.
    """
    counts = np.asarray(matrix)
    side = min(max(SIZE[1], 1.6 + 0.55 * len(names)), 9)
    figure, axes = new_chart(title, "predicted", "true", (side + 0.8, side))
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    for (row, column), share in np.ndenumerate(shares):
        axes.add_patch(_cell(column, row, float(share)))
        colour = "white" if share > 0.5 else "black"
        text = f"{counts[row, column]:g}\n{share:.0%}"
        axes.text(
            column, row, text, ha="center", va="center", color=colour, fontsize=FONT - 1
        )
    ends = (-0.5, len(names) - 0.5)
    axes.set(xlim=ends, ylim=ends[::-1], aspect="equal")
    slant = 0 if max(map(len, names)) * len(names) < 34 else 30
    axes.set_xticks(
        range(len(names)), names, rotation=slant, ha="right" if slant else "center"
    )
    axes.set_yticks(range(len(names)), names)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure


def save(figure: Figure, path: PathLike, dpi: int = 200) -> Path:
    """Write a figure on white; the suffix chooses PNG, PDF or SVG."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _lock:
        figure.savefig(path, dpi=dpi, facecolor="white")
    return path


def to_array(figure: Figure, dpi: int = 110) -> NDArray[np.uint8]:
    """Return a figure on white as (H, W, 3)."""
    figure.set_dpi(dpi)
    figure.set_facecolor("white")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def to_svg(figure: Figure, label: str) -> str:
    """Return a figure as an ``<svg>`` element to stand in a page.

    Args:
        figure: what is drawn black takes the colour of the text around it.
        label: what the chart shows, for those who hear the page.
    """
    buffer = io.StringIO()
    # No dates, creators or addresses of vocabularies in the page.
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with _lock, matplotlib.rc_context({"svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    text = buffer.getvalue()
    svg = text[text.index("<svg") :].replace("#000000", "currentColor")
    words = label.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return re.sub(
        r'<svg [^>]*?(viewBox="[^"]*")[^>]*>',
        rf'<svg \1 role="img" aria-label="{words}">',
        svg.replace("xlink:href", "href"),
        count=1,
    )


def _cell(column: int, row: int, share: float) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(
        (column - 0.48, row - 0.48),
        0.96,
        0.96,
        facecolor=COLOURS[0],
        alpha=0.06 + 0.94 * share,
        linewidth=0,
    )
