"""Try ideas one at a time under cross-validation, and keep what came of them.

python tools/experiments.py configs/experiments/lgg_slices.yaml RAW WORK --folds 0 1

RAW is the set as downloaded. The training patients are split into five folds by patient;
each idea is trained without a fold and scored on it, like the starting point; the
patients of all folds are then taken together. Testing patients take no part. The result
is kept in docs/experiments.json and docs/experiments.md; WORK keeps runs, and the same
command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mritumor.data.prepare import Options, prepare
from mritumor.errors import MRITumorError
from mritumor.experiments import (
    CaseRow,
    Experiment,
    Plan,
    compare,
    comparison_facts,
    read_cases,
    read_yaml,
)
from mritumor.experiments.plan import check_known
from mritumor.report import ComparisonFacts

ROOT = Path(__file__).resolve().parent.parent
FOUND, PAGE = ROOT / "docs/experiments.json", ROOT / "docs/experiments.md"
FOLDS = 5
BASE = "starting point"
KEYS = ("title", "bundle", "configs", "data", "overrides", "ideas")


def plan_of(content: Mapping[str, Any]) -> Plan:
    """Return the starting point and each idea as a model of its own."""
    start = dict(content["overrides"])
    ideas = {BASE: {}, **{n: own["overrides"] for n, own in content["ideas"].items()}}
    configs = tuple(ROOT / config for config in content.get("configs", ()))
    models = tuple(
        Experiment(name, ROOT / content["bundle"], configs, {**start, **changed})
        for name, changed in ideas.items()
    )
    return Plan(content["title"], models)


def together(work: Path, plan: Plan, folds: list[int]) -> ComparisonFacts:
    """Return the comparison over the patients of all folds."""
    rows: dict[str, list[CaseRow]] = {}
    for experiment in plan.experiments:
        files = [
            work / f"fold{fold}" / experiment.name / "scores_validation/cases.json"
            for fold in folds
        ]
        if all(file.is_file() for file in files):
            rows[experiment.name] = [row for file in files for row in read_cases(file)]
    return comparison_facts(plan.title, rows)


def summary(
    content: Mapping[str, Any], facts: ComparisonFacts, folds: list[int]
) -> dict[str, Any]:
    """Return what is kept: scores of each model, differences from the start."""
    scores = {m.name: [asdict(s) for s in m.scores] for m in facts.models}
    pairs = [asdict(p) for p in facts.pairs if p.first == BASE]
    return {
        "title": facts.title,
        "folds": folds,
        "overrides": content["overrides"],
        "ideas": {
            n: {k: own[k] for k in ("change", "expectation")}
            for n, own in content["ideas"].items()
        },
        "scores": scores,
        "pairs": pairs,
    }


def page(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Return docs/experiments.md."""
    lines = [
        "# What helped and what did not",
        "",
        "Written by `tools/experiments.py`. Each idea is one change of a starting point,",
        "trained and scored by cross-validation over patients: those of the training and",
        "validation sections only, never a testing patient. A change *helped* or *hurt*",
        "when the 95 % bootstrap interval of the paired difference over patients leaves 0",
        "out; p is Wilcoxon's for Dice and the bootstrap's for accuracy, not corrected for",
        "the number of ideas. The trainings are short, so that many fit into an evening:",
        "what needs long to pay off is not seen here, but in",
        "[whole trainings](whole-trainings.md).",
    ]
    for name, own in sorted(found.items()):
        lines += ["", *_section(name, own)]
    return "\n".join(lines) + "\n"


def _section(name: str, own: Mapping[str, Any]) -> list[str]:
    metrics = [s["name"] for s in own["scores"][BASE]]
    metrics = [m for m in metrics if m.startswith("Dice") or m == "accuracy"]
    patients = own["scores"][BASE][0]["n"]
    settings = ", ".join(f"{k} {v}" for k, v in own["overrides"].items())
    folds = ", ".join(map(str, own["folds"]))
    lines = [
        f"## {own['title']}",
        "",
        f"Folds {folds} of {FOLDS}, {patients} patients. Starting point: {settings}.",
        "",
        "| idea | expectation | " + " | ".join(metrics) + " | result |",
        "|---|---|" + "---|" * len(metrics) + "---|",
        f"| {BASE} | | {' | '.join(_score(own, BASE, m) for m in metrics)} | |",
    ]
    for idea, words in own["ideas"].items():
        if idea not in own["scores"]:
            lines.append(
                f"| {words['change']} | {words['expectation']} |{' |' * len(metrics)} not run |"
            )
            continue
        cells = " | ".join(_score(own, idea, m) for m in metrics)
        result = "; ".join(_result(own, idea, m) for m in metrics)
        lines.append(
            f"| {words['change']} | {words['expectation']} | {cells} | {result} |"
        )
    command = f"python tools/experiments.py configs/experiments/{name}.yaml RAW WORK"
    lines += ["", "```", f"{command} --folds {' '.join(map(str, own['folds']))}", "```"]
    return lines


def _score(own: Mapping[str, Any], model: str, metric: str) -> str:
    (s,) = [s for s in own["scores"][model] if s["name"] == metric]
    return f"{s['value']:.3f} ({s['low']:.3f} to {s['high']:.3f})"


def _result(own: Mapping[str, Any], idea: str, metric: str) -> str:
    """Say what the idea changed; a pair's difference is the first's minus the second's."""
    (pair,) = [p for p in own["pairs"] if p["second"] == idea and p["metric"] == metric]
    change, low, high = -pair["difference"], -pair["high"], -pair["low"]
    verdict = "helped" if low > 0 else "hurt" if high < 0 else "no difference shown"
    kind = metric.split()[0]
    return f"{kind} {verdict}: {change:+.3f} ({low:+.3f} to {high:+.3f}), p {pair['p']:.2g}"


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("plan", type=Path, help="a file of configs/experiments")
    parser.add_argument("raw", type=Path, help="the set as downloaded")
    parser.add_argument("work", type=Path, help="keeps the prepared set and the runs")
    parser.add_argument("--folds", type=int, nargs="+", default=[0], help="of 0 to 4")
    arguments = parser.parse_args()
    content = read_yaml(arguments.plan)
    check_known(content, KEYS, arguments.plan)
    plan, work = plan_of(content), arguments.work
    data = work / "data"
    if not (data / "datalist.json").is_file():
        prepare(content["data"], arguments.raw, data, Options(folds=FOLDS))
    failed: dict[str, str] = {}
    for fold in arguments.folds:
        given = {"dataset_dir": str(data), "fold": fold}
        failed |= compare(plan, work / f"fold{fold}", given, "validation")[1]
    found = json.loads(FOUND.read_text("utf-8")) if FOUND.is_file() else {}
    facts = together(work, plan, arguments.folds)
    found[arguments.plan.stem] = summary(content, facts, arguments.folds)
    FOUND.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    PAGE.write_text(page(found), "utf-8")
    print(page(found))
    for name, why in failed.items():
        print(f"{name}: {why}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (MRITumorError, KeyboardInterrupt) as error:
        sys.exit(f"experiments: {error or 'interrupted'}")
