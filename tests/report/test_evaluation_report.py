"""Evaluation and comparison: the page, and every chart as a picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_reader import Page
from PIL import Image

from mritumor.errors import InputError
from mritumor.report import (
    ClassFacts,
    ComparisonFacts,
    EvaluationFacts,
    Example,
    ModelFacts,
    PairRow,
    PatientFacts,
    ScoreRow,
    comparison_report,
    curves_figure,
    evaluation_report,
    pick_examples,
    read_history,
    write_comparison_figures,
    write_figures,
)

CSV = """epoch,train_loss,learning_rate,val_mean_dice
1,0.9,0.001,
2,0.7,0.001,0.4
3,0.6,0.001,0.55
3,0.5,0.001,0.6
"""


@pytest.fixture()
def run(tmp_path: Path) -> Path:
    (tmp_path / "metrics.csv").write_text(CSV)
    return tmp_path


def example(kind: str) -> Example:
    mask = np.zeros((20, 30), bool)
    mask[5:9, 6:12] = True
    image = np.random.default_rng(0).random(mask.shape) + 0.1
    return Example(kind, f"{kind} case", image, mask, mask, 0.9, "none", "tumour", 0.8)


def evaluation(run: Path) -> EvaluationFacts:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 60)
    probabilities = rng.dirichlet([1, 1, 1], 60)
    sharper = probabilities**2 / (probabilities**2).sum(1, keepdims=True)
    names = ["glioma & co", "meningioma", "none"]
    scores = {f"p{i}": float(s) for i, s in enumerate([0.0, *rng.random(8)])}
    groups = {p: "A" if i % 2 else "B" for i, p in enumerate(scores)}
    mean = ScoreRow("Dice", 0.5, 0.4, 0.6, 9)
    return EvaluationFacts(
        "a_bundle",
        "nine patients",
        [mean, ScoreRow("HD95 mm", 12.34, 10.0, 15.0, 8, 1, "one was missed")],
        {"by site": [ScoreRow("A", 0.4, 0.3, 0.5, 4), ScoreRow("B", 0.6)]},
        read_history(run),
        ClassFacts(names, labels, probabilities, sharper, 0.6),
        PatientFacts("Dice", {**scores, "p99": float("nan")}, groups, mean),
        [example(k) for k in ("best", "median", "worst", "right", "wrong")],
        [{"case": "p0", "Dice": 0.0, "why": "missed"}],
        [{"threshold": 0.5, "Dice": 0.5}],
        {"bundle": "a_bundle 1.0"},
        ["small"],
    )


def test_evaluation_page(run: Path) -> None:
    page = Page(evaluation_report(evaluation(run), run / "page.html"))
    for words in (
        "nine patients",
        "0.400 to 0.600",
        "12.34",
        "8 (1 undefined)",
        "one was missed",
        "By site",
        "Failures, worst first",
        "Worst",
        "Wrong class",
        "tumour 80% (true: none)",
        "glioma & co",
    ):
        assert words in page.text
    assert page.charts == 2 + 4 + 1 + 2 and len(page.images) == 5


def test_page_of_scores_alone(run: Path) -> None:
    facts = EvaluationFacts("x", scores=[ScoreRow("Dice", float("nan"))])
    page = Page(evaluation_report(facts, run / "page.html"))
    assert page.charts == 0 and "95 % interval" not in page.text


def test_figures_are_pictures(run: Path) -> None:
    files = write_figures(evaluation(run), run / "png")
    assert {f.stem for f in files} == {
        *("patients", "spread", "confusion", "roc", "reliability", "coverage"),
        *("loss", "validation", "scores_by_site", "outlines"),
        *(f"gallery_{k}" for k in ("best", "median", "worst", "right", "wrong")),
    }
    for file in files:
        pixels = np.asarray(Image.open(file).convert("L"))
        assert min(pixels.shape) > 200 and pixels.std() > 5
        assert pixels[0, 0] == 255


def test_history(run: Path) -> None:
    history = read_history(run)
    assert history["epoch"] == [1, 2, 3]
    assert history["train_loss"] == [0.9, 0.7, 0.5]  # epoch 3 was done twice
    assert np.isnan(history["val_mean_dice"][0])
    picture = Image.open(curves_figure(run / "metrics.csv", run / "curves.png"))
    assert picture.width > 1.8 * picture.height


def test_no_history(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no metrics"):
        read_history(tmp_path)
    (tmp_path / "metrics.csv").write_text("epoch,train_loss\n")
    with pytest.raises(InputError, match="no epoch"):
        read_history(tmp_path)
    with pytest.raises(InputError, match="nothing to draw"):
        curves_figure({"epoch": [1.0], "seconds": [2.0]}, tmp_path / "x.png")


def test_one_class_absent(run: Path) -> None:
    classes = ClassFacts(["a", "b"], np.zeros(4, int), np.full((4, 2), 0.5))
    page = Page(
        evaluation_report(EvaluationFacts("x", classes=classes), run / "page.html")
    )
    assert page.charts == 4


@given(st.lists(st.integers(0, 3), max_size=20), st.integers(1, 6))
def test_examples_are_never_shown_twice(scores: list[int], count: int) -> None:
    picked = pick_examples(scores, count)
    shown = [i for indices in picked.values() for i in indices]
    assert len(shown) == len(set(shown)) <= max(len(scores), 0)
    if len(scores) >= 3:
        assert all(picked.values())
        assert scores[picked["worst"][0]] == min(scores)
        assert scores[picked["best"][0]] == max(scores)


def comparison(run: Path) -> ComparisonFacts:
    models = [
        ModelFacts(
            name,
            [ScoreRow("Dice", value, value - 0.1, value + 0.1, 9)],
            {f"p{i}": value + i / 100 for i in range(9)},
            read_history(run),
            {"parameters, millions": value * 10},
        )
        for name, value in (("regular", 0.5), ("attention", 0.6))
    ]
    pair = PairRow("attention", "regular", "Dice", 0.1, 0.05, 0.15, 0.0002, "Wilcoxon")
    return ComparisonFacts("two nets", models, [pair], "nine patients", {"data": "x1"})


def test_comparison_page(run: Path) -> None:
    page = Page(comparison_report(comparison(run), run / "page.html"))
    for words in (
        "0.500 (0.400 to 0.600)",
        "+0.100 (+0.050 to +0.150)",
        "< 0.001",
        "Wilcoxon",
        "parameters, millions",
        "x1",
    ):
        assert words in page.text
    assert page.charts == 4
    files = write_comparison_figures(comparison(run), run / "png")
    assert {f.stem for f in files} == {
        "forest_Dice",
        "spread",
        "pairs",
        "curve_val_mean_dice",
    }


def test_models_with_other_metrics(run: Path) -> None:
    facts = comparison(run)
    odd = replace(facts.models[1], scores=[ScoreRow("IoU", 0.4)])
    with pytest.raises(InputError, match="same metrics"):
        comparison_report(replace(facts, models=[facts.models[0], odd]), run / "x.html")
    with pytest.raises(InputError, match="nothing to compare"):
        comparison_report(ComparisonFacts("x", []), run / "x.html")
