"""One picture of one prediction: three planes, plain and with the outline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mritumor import overlay
from mritumor.geometry import spacing
from mritumor.report.planes import PLANES, cut, to_ras, turn
from mritumor.types import Affine, LabelMap, PathLike


def prediction_figure(
    path: PathLike,
    image: np.ndarray,
    labels: LabelMap,
    affine: Affine,
    names: Mapping[int, str],
    title: str = "",
    truth: LabelMap | None = None,
) -> Path:
    """Draw the fullest slice of each plane, in radiological display.

    Args:
        path: the PNG to write.
        image: (I, J, K), any range.
        labels: (I, J, K), 0 background.
        affine: voxel index to RAS+ mm.
        names: meaning of each label value but 0.
        title: written above.
        truth: (I, J, K) the expert's labels, drawn in a further row.

    Returns:
        The path written.
    """
    maps = [np.zeros_like(labels), labels] + ([] if truth is None else [truth])
    heads = ["image", "prediction"] + ([] if truth is None else ["truth"])
    figure = Figure(figsize=(9, 3.1 * len(maps) + 0.6), layout="constrained")
    figure.patch.set_facecolor("black")
    axes: Any = figure.subplots(len(maps), 3, squeeze=False)
    order, flips = to_ras(affine)
    grey, anchor = (
        turn(a, order, flips) for a in (image, labels if labels.any() else maps[-1])
    )
    steps = np.asarray(spacing(affine))[order]
    for row, (name, labelled) in enumerate(zip(heads, maps)):
        turned = turn(labelled, order, flips)
        for plane, axis in enumerate((0, 1, 2)):
            index = overlay.fullest_slice(anchor, axis)
            picture = overlay.draw(
                overlay.window(cut(grey, axis, index)), cut(turned, axis, index)
            )
            rest = [s for a, s in enumerate(steps) if a != axis]
            axes[row, plane].imshow(
                picture, aspect=rest[1] / rest[0], interpolation="bilinear"
            )
            axes[row, plane].set_title(
                f"{PLANES[plane]}, {name}", color="white", fontsize=9
            )
            axes[row, plane].set_axis_off()
    _legend(figure, names, title)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, facecolor="black")
    return path


def _legend(figure: Figure, names: Mapping[int, str], title: str) -> None:
    patches = [
        Patch(color=overlay.PALETTE[(value - 1) % len(overlay.PALETTE)], label=name)
        for value, name in names.items()
    ]
    figure.suptitle(title, color="white", fontsize=10)
    figure.legend(
        handles=patches,
        loc="outside lower center",
        ncols=max(len(patches), 1),
        frameon=False,
        labelcolor="white",
        fontsize=9,
    )
