"""Train and score the models of a plan, and write one comparison."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mritumor.errors import InputError, MRITumorError
from mritumor.experiments.cases import CaseRow, read_cases, score_cases
from mritumor.experiments.plan import Experiment, Plan
from mritumor.experiments.table import comparison_facts
from mritumor.experiments.training import train_once
from mritumor.report import (
    ComparisonFacts,
    comparison_report,
    read_history,
    write_comparison_figures,
)
from mritumor.types import PathLike

logger = logging.getLogger(__name__)


def compare(
    plan: Plan,
    out: PathLike,
    overrides: Mapping[str, Any],
    section: str = "testing",
) -> tuple[ComparisonFacts, dict[str, str]]:
    """Train what is not trained yet, score what is not scored yet, compare.

    Called again with the same folder it goes on where it was stopped.

    Args:
        plan: the models.
        out: receives a folder a model, and ``comparison.{html,json,csv}`` and figures.
        overrides: for all models; ``dataset_dir`` among them.
        section: of the datalist, to be scored.

    Returns:
        The comparison of the models that went well, and a sentence for each other one.

    Raises:
        InputError: none went well.
    """
    out = Path(out)
    cases: dict[str, list[CaseRow]] = {}
    failed: dict[str, str] = {}
    for experiment in plan.experiments:
        folder = out / experiment.name
        try:
            cases[experiment.name] = _scored(experiment, folder, overrides, section)
        except Exception as error:  # one model must not cost the others theirs
            failed[experiment.name] = sentence(error)
            logger.error(f"{experiment.name}: {failed[experiment.name]}")
    if not cases:
        raise InputError(
            "no model went well", where=out, got="; ".join(failed.values())
        )
    histories = {
        name: read_history(out / name)
        for name in cases
        if (out / name / "metrics.csv").is_file()
    }
    protocol = f"{section} of {overrides.get('dataset_dir', 'the bundle')}"
    facts = comparison_facts(plan.title, cases, histories, protocol)
    write_comparison(facts, out, failed)
    return facts, failed


def write_comparison(
    facts: ComparisonFacts, out: Path, failed: Mapping[str, str]
) -> None:
    """Write page, figures, JSON and CSV."""
    out.mkdir(parents=True, exist_ok=True)
    comparison_report(facts, out / "comparison.html")
    write_comparison_figures(facts, out)
    text = json.dumps(as_json(facts, failed), indent=1)
    (out / "comparison.json").write_text(text + "\n", encoding="utf-8")
    with (out / "comparison.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["model", "metric", "value", "low", "high", "patients"])
        for model in facts.models:
            for s in model.scores:
                writer.writerow([model.name, s.name, s.value, s.low, s.high, s.n])


def as_json(facts: ComparisonFacts, failed: Mapping[str, str]) -> dict[str, Any]:
    """Return scores and pairs as plain values."""
    return {
        "title": facts.title,
        "protocol": facts.protocol,
        "notes": list(facts.notes),
        "models": {m.name: [asdict(s) for s in m.scores] for m in facts.models},
        "pairs": [asdict(pair) for pair in facts.pairs],
        "failed": dict(failed),
    }


def sentence(error: BaseException) -> str:
    """Return what went wrong in one line."""
    if isinstance(error, MRITumorError):
        return "; ".join(str(error).strip().splitlines())
    # MONAI and Ignite say what they did; the first cause says what was wrong.
    while error.__cause__ is not None:
        error = error.__cause__
    words = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {words[0]}"


def _scored(
    experiment: Experiment, folder: Path, overrides: Mapping[str, Any], section: str
) -> list[CaseRow]:
    trained = False
    weights = experiment.weights
    if weights is None:
        trained = train_once(experiment, folder, overrides)
        weights = folder / "model.pt"
    scored = folder / f"scores_{section}"
    if (scored / "cases.json").is_file() and not trained:
        return read_cases(scored / "cases.json")
    scored.mkdir(parents=True, exist_ok=True)
    return score_cases(experiment, weights, {**overrides, "section": section}, scored)
