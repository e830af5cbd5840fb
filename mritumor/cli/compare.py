r"""Train or score several models on one data set, and print one table.

PLAN is a YAML file:
  title: Three U-Nets
  common: {bundle: bundles/lgg_segmentation, configs: [], overrides: {epochs: 40}}
  models:
    regular: {overrides: {network_def#residual: false, network_def#attention: false}}
    mine: {weights: runs/mine/model.pt}        # trained already: scored only
Every score comes with its 95 % bootstrap interval over patients, every pair of models
with a test on the same patients: Wilcoxon's of Dice, the bootstrap's of accuracy.
OUT receives a folder a model, comparison.html, .json, .csv and the charts. The same
command again goes on: finished trainings and scores are kept. A model that fails is
named, the others go on; exit code 1.

Examples
  mritumor compare configs/compare/mandot_backbones.yaml \
      --dataset_dir data/kaggle --out runs/backbones
  mritumor compare configs/compare/slice_unets.yaml --dataset_dir data/lgg2d \
      --out runs/unets --set epochs=20 --set image_size=128 --section validation
  mritumor compare plan.yaml --dataset_dir data/lgg2d --out runs/x --json > table.json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command's arguments."""
    parser.add_argument("plan", type=Path, metavar="PLAN", help="see above")
    add_run_arguments(parser)
    parser.add_argument(
        "--section",
        default="testing",
        choices=("training", "validation", "testing"),
        help="of the datalist, to be scored (default testing)",
    )
    parser.add_argument("--csv", action="store_true", help="print the table as CSV")


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Define what `compare` and `tune` share."""
    parser.add_argument(
        "--dataset_dir", type=Path, required=True, help="folder with a datalist.json"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for all runs")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="ID=VALUE",
        help="an override for all runs, such as --set epochs=10",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def overrides(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the common overrides."""
    from mritumor.bundle.launch import parse_overrides

    given = parse_overrides([f"--{word}" for word in arguments.set])
    return {"dataset_dir": str(arguments.dataset_dir), **given}


@contextmanager
def logs_apart(wanted: bool) -> Iterator[None]:
    """Send what the runs say to stderr, so that stdout is the result alone."""
    if not wanted:
        yield
        return
    with redirect_stdout(sys.stderr):
        yield


def run(arguments: argparse.Namespace) -> int:
    """Compare; returns 0, or 1 when a model failed."""
    from mritumor.experiments import compare, read_plan
    from mritumor.experiments.comparing import as_json

    plan = read_plan(arguments.plan)
    with logs_apart(arguments.json or arguments.csv):
        facts, failed = compare(
            plan, arguments.out, overrides(arguments), arguments.section
        )
    if arguments.json:
        print(json.dumps(as_json(facts, failed), indent=1))
    elif arguments.csv:
        print((arguments.out / "comparison.csv").read_text(encoding="utf-8"), end="")
    else:
        _print(facts, arguments.out)
    for name, problem in failed.items():
        print(f"mritumor: {name}: {problem}", file=sys.stderr)
    return 1 if failed else 0


def _print(facts: Any, out: Path) -> None:
    from mritumor.report.comparison import p_text
    from mritumor.report.forest import score_text

    print(f"{facts.title}: {facts.protocol}, 95 % intervals over patients")
    width = max(len(model.name) for model in facts.models)
    for place, score in enumerate(facts.models[0].scores):
        print(f"\n{score.name} (n={score.n})")
        for model in facts.models:
            print(f"  {model.name:{width}}  {score_text(model.scores[place])}")
    if facts.pairs:
        print("\ndifferences")
    for pair in facts.pairs:
        row = f"{pair.difference:+.3f} ({pair.low:+.3f} to {pair.high:+.3f})"
        p = f"p {p_text(pair.p)}, {pair.test}"
        print(f"  {pair.first} - {pair.second}, {pair.metric}: {row}, {p}")
    for note in facts.notes:
        print(f"\nnote: {note}")
    print(f"\npage: {out / 'comparison.html'}")
