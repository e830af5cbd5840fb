"""One picture: image, true mask, predicted mask, and the class (paper A's figure)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mritumor import overlay
from mritumor.report.facts import Example
from mritumor.report.pixels import red_border

SIDE = 2.4  # inches of a panel
PIXELS = 384


def case_figure(
    image: NDArray[np.floating],
    predicted: NDArray[Any] | None = None,
    truth: NDArray[Any] | None = None,
    predicted_class: str = "",
    confidence: float | None = None,
    true_class: str = "",
    score: float | None = None,
    title: str = "",
) -> Figure:
    """Draw a slice, its masks and its outline in red, with class and truth in words.

    Args:
        image: (H, W) as seen.
        predicted: (H, W) mask.
        truth: (H, W) mask.
        predicted_class: name.
        confidence: probability of the predicted class.
        true_class: name.
        score: Dice of the predicted mask.
        title: above all.

    Returns:
        Panels *image*, *true mask*, *predicted mask*, *outline*; those of absent masks
        are left out.
    """
    panels: list[tuple[str, NDArray[Any]]] = [("image", overlay.window(image))]
    if truth is not None:
        panels.append(("true mask", np.asarray(truth) > 0))
    if predicted is not None:
        name = "predicted mask" + ("" if score is None else f", Dice {score:.3f}")
        panels.append((name, np.asarray(predicted) > 0))
        size = _size(image)
        panels.append(
            ("predicted red, true cyan" if truth is not None else "outline",)
            + (red_border(image, predicted, truth, size),)
        )
    figure = Figure(figsize=(SIDE * len(panels), SIDE + 0.75), layout="constrained")
    axes: Any = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (name, picture) in zip(axes, panels, strict=True):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axis.set_title(name, fontsize=9)
        axis.set_axis_off()
    words = class_words(predicted_class, confidence, true_class)
    figure.suptitle("\n".join(filter(None, [title, words])), fontsize=10)
    return figure


def gallery_figure(examples: Sequence[Example], columns: int = 4) -> Figure:
    """Draw many examples, each with its outline in red and its class.

    Args:
        examples: from left to right and top to bottom.
        columns: in a row.
    """
    rows = -(-len(examples) // columns) if examples else 1
    figure = Figure(figsize=(2.3 * columns, (2.3 + 0.55) * rows), layout="constrained")
    axes: Any = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes:
        axis.set_axis_off()
    for axis, example in zip(axes, examples, strict=False):
        axis.imshow(example_picture(example), cmap="gray", vmin=0, vmax=255)
        axis.set_title(example_words(example), fontsize=8)
    return figure


def example_picture(example: Example, pixels: int = PIXELS) -> NDArray[np.uint8]:
    """Return an example with predicted (red) and true (cyan) outline, (H, W, 3)."""
    empty = np.zeros(example.image.shape, np.uint8)
    predicted = empty if example.predicted is None else example.predicted
    size = _size(example.image, pixels)
    return red_border(example.image, predicted, example.truth, size)


def example_words(example: Example) -> str:
    """Return case, score and class of an example, one a line."""
    score = "" if example.score is None else f", Dice {example.score:.3f}"
    words = class_words(example.predicted_class, example.confidence, example.true_class)
    return "\n".join(filter(None, [example.case + score, words]))


def class_words(predicted: str, confidence: float | None, truth: str) -> str:
    """Return ``glioma 97 % (true: meningioma)``."""
    words = predicted
    if predicted and confidence is not None:
        words += f" {confidence:.0%}"
    if truth and truth != predicted:
        words += f" (true: {truth})" if words else f"true: {truth}"
    elif truth and predicted:
        words += ", right"
    return words


def _size(image: NDArray[Any], pixels: int = PIXELS) -> tuple[int, int]:
    scale = pixels / max(image.shape)
    return max(1, round(image.shape[0] * scale)), max(1, round(image.shape[1] * scale))
