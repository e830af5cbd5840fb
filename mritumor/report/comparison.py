"""The report of several models on the same cases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from mritumor.charts import save, to_svg
from mritumor.errors import InputError
from mritumor.report.curves import overlaid_curves, score_columns
from mritumor.report.facts import ComparisonFacts, Row, ScoreRow
from mritumor.report.forest import forest_figure, pair_rows, score_text
from mritumor.report.page import write_page
from mritumor.report.patients import violin_figure
from mritumor.report.table import Words
from mritumor.types import PathLike


def comparison_report(facts: ComparisonFacts, path: PathLike) -> Path:
    """Write one self-contained HTML page that compares models.

    Args:
        facts: models with the same metrics in the same order.
        path: the file.

    Returns:
        The path.

    Raises:
        InputError: no models, or other metrics in one of them.
    """
    charts = {
        name: to_svg(figure, name.replace("_", " "))
        for name, figure in comparison_figures(facts).items()
    }
    shown = [v for k, v in charts.items() if k.startswith(("forest", "spread"))]
    return write_page(
        "comparison.html.j2",
        path,
        facts=facts,
        model_rows=model_rows(facts),
        pair_table=pair_table(facts),
        forest_charts=shown,
        pair_chart=charts.get("pairs", ""),
        curve_charts=[v for k, v in charts.items() if k.startswith("curve")],
    )


def comparison_figures(facts: ComparisonFacts) -> dict[str, Figure]:
    """Return every chart of a comparison by name.

    ``forest_<metric>`` (a row a model), ``spread`` (a violin a model), ``pairs``
    (differences) and ``curve_<column>``.
    """
    metrics = _metrics(facts)
    figures: dict[str, Figure] = {}
    for place, metric in enumerate(metrics):
        rows = [_named(m.scores[place], m.name) for m in facts.models]
        figures[f"forest_{metric}".replace(" ", "_")] = forest_figure(rows, metric)
    spread = {m.name: list(m.patients.values()) for m in facts.models if m.patients}
    if spread:
        figures["spread"] = violin_figure(spread, metrics[0])
    if facts.pairs:
        title = "difference of " + ", ".join(
            dict.fromkeys(pair.metric for pair in facts.pairs)
        )
        figures["pairs"] = forest_figure(pair_rows(facts.pairs), title, zero=0)
    histories = {m.name: m.history for m in facts.models if m.history}
    validated = [
        c for h in histories.values() for c in score_columns(h) if c.startswith("val")
    ]
    for column in list(dict.fromkeys(validated))[:2]:
        figures[f"curve_{column}"] = overlaid_curves(histories, column)
    return figures


def write_comparison_figures(facts: ComparisonFacts, folder: PathLike) -> list[Path]:
    """Write every chart of a comparison as ``<name>.png``."""
    return [
        save(figure, Path(folder) / f"{name.replace('/', '_')}.png")
        for name, figure in comparison_figures(facts).items()
    ]


def model_rows(facts: ComparisonFacts) -> list[Row]:
    """Return the table of models: scores with intervals, then further facts."""
    metrics = _metrics(facts)
    extra = dict.fromkeys(key for model in facts.models for key in model.facts)
    rows: list[Row] = []
    for model in facts.models:
        row: dict[str, Any] = {"model": model.name}
        row.update(
            (metric, Words(score_text(score)))
            for metric, score in zip(metrics, model.scores, strict=True)
        )
        row.update((key, model.facts.get(key)) for key in extra)
        rows.append(row)
    return rows


def pair_table(facts: ComparisonFacts) -> list[Row]:
    """Return the table of paired tests."""
    return [
        {
            "first": pair.first,
            "second": pair.second,
            "metric": pair.metric,
            "first - second": Words(score_text(row, signed=True)),
            "p": None if pair.p is None else Words(p_text(pair.p)),
            "test": pair.test,
        }
        for pair, row in zip(facts.pairs, pair_rows(facts.pairs), strict=True)
    ]


def p_text(p: float) -> str:
    """Return a p-value as a paper prints it."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _metrics(facts: ComparisonFacts) -> list[str]:
    if not facts.models:
        raise InputError("nothing to compare", where=facts.title)
    metrics = [score.name for score in facts.models[0].scores]
    for model in facts.models:
        names = [score.name for score in model.scores]
        if names != metrics:
            raise InputError(
                "models are compared by the same metrics in the same order",
                where=model.name,
                got=", ".join(names),
                expected=", ".join(metrics),
            )
    return metrics


def _named(score: ScoreRow, name: str) -> ScoreRow:
    return replace(score, name=name)
