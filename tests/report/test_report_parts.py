"""Charts, tables and pictures, each by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mritumor.charts import confusion_chart, new_chart, save, to_array, to_svg
from mritumor.report import ClassFacts, case_figure, red_border
from mritumor.report.classes import roc_figure
from mritumor.report.facts import ScoreRow
from mritumor.report.forest import score_text
from mritumor.report.pictures import class_words
from mritumor.report.table import Words, table


def square() -> np.ndarray:
    mask = np.zeros((20, 20), bool)
    mask[8:12, 8:12] = True
    return mask


def test_red_border_surrounds_the_mask() -> None:
    picture = red_border(np.ones((20, 20)), square(), width=1)
    red = (picture == (255, 41, 41)).all(-1)
    assert red.sum() == 16  # a cross-shaped step: no corners
    assert not red[square()].any() and red[7, 8:12].all()


def test_truth_is_cyan_below_the_red() -> None:
    truth = np.roll(square(), 5, axis=1)
    picture = red_border(np.ones((20, 20)), square(), truth, (40, 60))
    assert picture.shape == (40, 60, 3)
    colours = {tuple(c) for c in picture.reshape(-1, 3).tolist()}
    assert {(255, 41, 41), (26, 217, 242)} <= colours


def test_svg_takes_the_colour_of_the_page() -> None:
    svg = to_svg(confusion_chart([[3, 1], [0, 4]], ["a", "b<c"]), 'a "chart" & more')
    assert svg.startswith("<svg viewBox=")
    assert 'aria-label="a &quot;chart&quot; &amp; more"' in svg
    assert "#000000" not in svg and "currentColor" not in svg.split(">")[0]
    assert "http" not in svg and "b&lt;c" in svg and ">75%<" in svg


def test_array_and_file_are_white(tmp_path: Path) -> None:
    figure, axes = new_chart("title", "x", "y")
    axes.plot([0, 1], [0, 1])
    pixels = to_array(figure)
    assert pixels.dtype == np.uint8 and pixels.shape[2] == 3
    assert (pixels[0, 0] == 255).all() and pixels.std() > 5
    picture = Image.open(save(figure, tmp_path / "a/b.png")).convert("RGB")
    assert picture.getpixel((0, 0)) == (255, 255, 255)


def test_case_figure_leaves_out_what_is_absent() -> None:
    image = np.random.default_rng(0).random((20, 30))
    full = case_figure(image, np.ones((20, 30)), np.ones((20, 30)), "glioma", 0.9)
    assert len(full.axes) == 4 and len(case_figure(image).axes) == 1
    assert full.get_suptitle() == "glioma 90%"


@pytest.mark.parametrize(
    "words, expected",
    [
        (("glioma", 0.97, ""), "glioma 97%"),
        (("glioma", 0.97, "none"), "glioma 97% (true: none)"),
        (("glioma", None, "glioma"), "glioma, right"),
        (("", None, "none"), "true: none"),
        (("", None, ""), ""),
    ],
)
def test_class_in_words(words: tuple, expected: str) -> None:
    assert class_words(*words) == expected


def test_roc_area_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    labels, p = rng.integers(0, 2, 80), rng.random(80)
    p = 0.5 * p + 0.5 * labels * rng.random(80)
    facts = ClassFacts(["none", "tumour"], labels, np.stack([1 - p, p], 1))
    (text,) = roc_figure(facts).axes[0].get_legend().get_texts()
    assert text.get_text() == f"tumour, AUC {roc_auc_score(labels, p):.3f}"


def test_numbers_of_a_column_share_their_decimals() -> None:
    rows = [
        {
            "name": "a",
            "m": 1.9,
            "big": 12345.6,
            "score": 0.12345,
            "n": 3,
            "w": Words("x"),
        },
        {"name": "b", "m": 32.0, "big": 0.5, "score": None, "n": 1200, "w": Words("")},
    ]
    head, first, second = table(rows)
    assert [c.kind for c in head] == ["text", *["number"] * 5]
    assert [c.text for c in first] == ["a", "1.9", "12\u202f346", "0.123", "3", "x"]
    assert [c.text for c in second] == ["b", "32.0", "0", "-", "1\u202f200", ""]
    assert table([{"a": "x" * 41}])[1][0].kind == "text long"


@pytest.mark.parametrize(
    "row, text",
    [
        (ScoreRow("x", 0.8734, 0.85, 0.9), "0.873 (0.850 to 0.900)"),
        (ScoreRow("x", 6.82), "6.82"),
        (ScoreRow("x", 1234.5), "1234"),
        (ScoreRow("x", float("nan")), "-"),
    ],
)
def test_score_in_words(row: ScoreRow, text: str) -> None:
    assert score_text(row) == text
