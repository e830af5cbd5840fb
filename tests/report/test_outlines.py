"""Outlines without the patient's picture."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from mritumor.report import Example, outlines_figure
from mritumor.report.outlines import head

RNG = np.random.default_rng(0)


def ball(centre: tuple[int, int], radius: float) -> np.ndarray:
    rows, columns = np.ogrid[:64, :48]
    return (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < radius**2


def example(image: np.ndarray, kind: str = "worst", found: bool = True) -> Example:
    truth = ball((30, 24), 6)
    predicted = ball((32, 24), 6) if found else np.zeros_like(truth)
    return Example(kind, "P1", image, predicted, truth, 0.8 if found else 0.0)


def pixels(figure: Figure) -> np.ndarray:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def test_head_is_the_largest_region_without_holes() -> None:
    inside = ball((32, 24), 18)
    image = np.where(inside, 0.8, 0.01 * RNG.random(inside.shape))
    image[30:34, 20:28] = 0  # a dark ventricle
    image[1:3, 1:3] = 0.9  # a speck in the air
    found = head(image)
    assert (found ^ inside).mean() < 0.02 and not found[1, 1]
    # A normalised scan has its air below zero.
    assert np.array_equal(head(image - 5), found)
    assert not head(np.zeros((8, 8))).any()


def test_nothing_of_the_picture_is_left() -> None:
    inside = ball((32, 24), 18)
    one, other = (np.where(inside, 0.5 + 0.5 * RNG.random((64, 48)), 0) for _ in "ab")
    assert not np.array_equal(one, other)
    drawn = [pixels(outlines_figure([example(image)])) for image in (one, other)]
    assert np.array_equal(*drawn)
    missed = pixels(outlines_figure([example(one, found=False)]))
    assert not np.array_equal(missed, drawn[0])


def test_rows_are_kinds_and_misses_are_said() -> None:
    image = np.where(ball((32, 24), 18), 1.0, 0)
    figure = outlines_figure(
        [example(image, "best"), example(image, found=False), example(image, "right")]
    )
    axes = figure.axes
    assert [a.get_ylabel() for a in axes] == ["worst", "best"]
    assert [a.get_title() for a in axes] == [
        "P1\nDice 0.000, nothing found",
        "P1\nDice 0.800",
    ]
    assert [a.get_subplotspec().colspan.start for a in axes] == [0, 1]
    assert outlines_figure([]).axes
