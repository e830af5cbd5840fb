"""The report of a bundle on a test set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from mritumor.charts import save, to_svg
from mritumor.report.classes import class_figures
from mritumor.report.curves import curve_chart, loss_columns, score_columns
from mritumor.report.facts import EvaluationFacts, Example, PatientFacts
from mritumor.report.forest import forest_figure
from mritumor.report.outlines import ROWS, outlines_figure
from mritumor.report.page import write_page
from mritumor.report.patients import patients_figure, violin_figure
from mritumor.report.pictures import (
    example_picture,
    example_words,
    gallery_figure,
)
from mritumor.report.pixels import rgb_uri
from mritumor.types import PathLike

GALLERIES = {
    "worst": "Worst",
    "median": "Median",
    "best": "Best",
    "wrong": "Wrong class",
    "right": "Right class",
}
WORDS = {
    "confusion": "confusion matrix: counts and shares of each true class",
    "roc": "ROC curves",
    "reliability": "reliability diagram",
    "coverage": "accuracy by share of images answered",
    "loss": "loss by epoch",
    "validation": "scores by epoch",
    "patients": "score of every patient, worst first",
    "spread": "spread of the patients' scores",
}
PIXELS = 300


def evaluation_figures(facts: EvaluationFacts) -> dict[str, Figure]:
    """Return every chart of an evaluation by name; see `WORDS`."""
    charts: dict[str, Figure] = {}
    if facts.patients is not None and facts.patients.scores:
        charts["patients"] = patients_figure(facts.patients)
        charts["spread"] = violin_figure(
            _by_group(facts.patients), facts.patients.metric
        )
    if facts.classes is not None:
        charts.update(class_figures(facts.classes))
    for title, columns in (
        ("loss", loss_columns(facts.history)),
        ("validation", score_columns(facts.history)),
    ):
        if columns:
            charts[title] = curve_chart(facts.history, columns, title)
    return charts


def evaluation_report(facts: EvaluationFacts, path: PathLike) -> Path:
    """Write one self-contained HTML page about a bundle on a test set.

    Args:
        facts: what is known; parts that are left out do not appear.
        path: the file.

    Returns:
        The path.
    """
    charts = {
        name: to_svg(figure, WORDS[name])
        for name, figure in evaluation_figures(facts).items()
    }

    def chosen(*names: str) -> list[str]:
        return [charts[name] for name in names if name in charts]

    groups = {
        heading: (
            to_svg(forest_figure(rows, heading), f"scores {heading}")
            if any(row.low is not None for row in rows)
            else ""
        )
        for heading, rows in facts.groups.items()
    }
    return write_page(
        "evaluation.html.j2",
        path,
        facts=facts,
        patient_charts=chosen("patients", "spread"),
        class_charts=chosen("confusion", "roc", "reliability", "coverage"),
        curve_charts=chosen("loss", "validation"),
        group_charts=groups,
        galleries=_galleries(facts.gallery),
        outlined=any(e.predicted is not None for e in facts.gallery),
    )


def write_figures(facts: EvaluationFacts, folder: PathLike) -> list[Path]:
    """Write every chart and gallery of an evaluation as PNG, for a paper or a card.

    Args:
        facts: of the evaluation.
        folder: made when absent.

    Returns:
        The files, ``<name>.png``. Those of ``gallery_*`` show the patients' images;
        ``outlines`` shows the same cases without them.
    """
    figures = evaluation_figures(facts)
    for kind in GALLERIES:
        examples = [e for e in facts.gallery if e.kind == kind]
        if examples:
            figures[f"gallery_{kind}"] = gallery_figure(examples)
    outlined = [e for e in facts.gallery if e.kind in ROWS]
    if outlined:
        figures["outlines"] = outlines_figure(outlined)
    for heading, rows in facts.groups.items():
        if rows:
            figures["scores_" + heading.replace(" ", "_")] = forest_figure(
                rows, heading
            )
    folder = Path(folder)
    return [save(f, folder / f"{name}.png") for name, f in figures.items()]


def pick_examples(
    scores: Sequence[float], count: int = 4, whose: Sequence[str] = ()
) -> dict[str, list[int]]:
    """Return the indices of the best, median and worst scores, for a gallery.

    Args:
        scores: one per case, no NaN.
        count: of each kind; fewer when there are not enough, and none twice.
        whose: patient of each case: slices of several patients are shown before a
            second one of the same.

    Returns:
        ``worst`` (worst first), ``median`` and ``best`` (best first).
    """
    ordered = sorted(range(len(scores)), key=lambda i: scores[i])
    count = min(count, max(1, len(ordered) // 3))
    worst = spread_over(ordered, whose, count)
    left = [i for i in ordered if i not in worst]
    best = spread_over(left[::-1], whose, count)
    rest = [i for i in left if i not in best]
    middle = (len(rest) - 1) / 2
    nearest = [rest[k] for k in sorted(range(len(rest)), key=lambda k: abs(k - middle))]
    median = spread_over(nearest, whose, count)
    return {
        "worst": worst,
        "median": sorted(median, key=lambda i: scores[i]),
        "best": best,
    }


def spread_over(ranked: Sequence[int], whose: Sequence[str], count: int) -> list[int]:
    """Return the first `count` of a ranking, one of each patient before a second one.

    Args:
        ranked: indices, the most wanted first.
        whose: patient by index; empty: all are different.
        count: how many.

    Returns:
        Indices in the order of the ranking.
    """
    seen: dict[str, int] = {}
    turn = {}
    for i in ranked:
        patient = whose[i] if whose else str(i)
        turn[i] = seen[patient] = seen.get(patient, 0) + 1
    chosen = sorted(ranked, key=lambda i: turn[i])[:count]
    return [i for i in ranked if i in chosen]


def _by_group(facts: PatientFacts) -> dict[str, list[float]]:
    groups: dict[str, list[float]] = {}
    for patient, score in facts.scores.items():
        groups.setdefault(facts.groups.get(patient) or "all", []).append(score)
    return dict(sorted(groups.items()))


def _galleries(examples: Sequence[Example]) -> dict[str, list[tuple[str, str]]]:
    """Return heading to pictures (data URI, words)."""
    return {
        heading: [
            (rgb_uri(example_picture(e, PIXELS)), example_words(e))
            for e in examples
            if e.kind == kind
        ]
        for kind, heading in GALLERIES.items()
        if any(e.kind == kind for e in examples)
    }
