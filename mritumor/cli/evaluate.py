"""Score a trained bundle on patients with known truth.

Metrics are computed on the images' own grid. Outlines: Dice of each patient's whole
volume (the primary number), of each slice with a tumour, and of all voxels pooled.
Classes: accuracy, macro F1, macro AUC, ECE, confusion, accuracy of a patient's majority.
Joint bundles: both. Every number has a 95 % bootstrap interval over patients.

OUT receives
  evaluation.json   everything
  cases.csv         one line an image
  patients.csv      one line a patient
  report.html       curves, galleries, failures, calibration, threshold sweep
  figures/          the charts as PNG
An image that cannot be read is named, and the others go on; the exit code is then 1.

Examples
  mritumor evaluate bundles/lgg_segmentation --dataset_dir data/lgg2d --out results
  mritumor evaluate bundles/figshare_classification --datalist data/fs/datalist.json
      --section validation --out results                       (all on one line)
  mritumor evaluate bundles/lgg_segmentation --raw lgg-slices kaggle_3m/ --out results
  mritumor evaluate bundles/lgg_segmentation --dataset_dir data/lgg2d --tta --json
  mritumor evaluate bundles/lgg_classification --dataset_dir data/lgg2d --heat
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from mritumor.cli.testset import add_data, find_items, image_bar

HEAT = 100  # slices: a minute on one core


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command's arguments."""
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="its folder")
    add_data(parser, "testing")
    parser.add_argument(
        "--out", type=Path, help="folder for the results; default: print alone"
    )
    parser.add_argument(
        "--ensemble",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="several .pt files, averaged",
    )
    parser.add_argument("--tta", action="store_true", help="average mirrored inputs")
    parser.add_argument(
        "--runtime", choices=("torch", "onnx"), default="torch", help="default torch"
    )
    parser.add_argument(
        "--empty",
        default="one",
        choices=("one", "zero", "nan", "skip"),
        help="what two empty masks score (default one); a missed tumour is always 0",
    )
    parser.add_argument(
        "--limit", type=int, help="score this many images only, to try it out"
    )
    parser.add_argument(
        "--heat",
        type=int,
        nargs="?",
        const=HEAT,
        metavar="N",
        help="say too whether the heat of Grad-CAM lies in the tumour, on N slices with "
        f"a known outline (default {HEAT}, spread over all; bundles of slices)",
    )
    parser.add_argument("--json", action="store_true", help="print the scores as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate; returns 0, or 1 when an item could not be scored."""
    from mritumor.inference import Predictor
    from mritumor.inference.evaluation_items import score_items
    from mritumor.inference.evaluation_scores import evaluate

    predictor = Predictor(
        arguments.bundle,
        arguments.device,
        arguments.weights,
        runtime=arguments.runtime,
        tta=arguments.tta,
        ensemble=arguments.ensemble,
    )
    if arguments.heat is not None:
        from mritumor.explain import check_explains

        check_explains(predictor)  # before the minutes that scoring takes
    with ExitStack() as stack:
        items, protocol, notes = find_items(arguments, stack)
        items = items[: arguments.limit]
        scoring = score_items(
            predictor,
            items,
            image_bar,
            fill_missing=predictor.fills_missing,
        )
        found = evaluate(scoring, arguments.empty)
        if arguments.heat is not None:
            found.groups["Grad-CAM"] = _heat(predictor, scoring, arguments.heat)
        if arguments.out is not None:
            from mritumor.cli.evaluate_outputs import write_all

            write_all(arguments.out, predictor, scoring, found, protocol, notes)
    if arguments.json:
        print(json.dumps(found.as_dict()["scores"], indent=1))
    else:
        _print(found, protocol)
    for sentence in scoring.failures:
        print(f"mritumor: {sentence}", file=sys.stderr)
    return 1 if scoring.failures else 0


def _heat(predictor: Any, scoring: Any, most: int) -> list[Any]:
    from tqdm import tqdm

    from mritumor.explain import heat_scores, slices_to_explain

    chosen = slices_to_explain(scoring.items, most)
    return heat_scores(
        predictor, chosen, lambda todo: tqdm(todo, unit="heat map", disable=None)
    )


def _print(found: Any, protocol: str) -> None:
    print(f"{len(found.cases)} images: {protocol}")
    rows = [*found.scores]
    for heading, group in found.groups.items():
        rows += [_named(score, f"{heading}: {score.name}") for score in group]
    width = max(len(row.name) for row in rows)
    for row in rows:
        ends = "" if row.low is None else f"  {row.low:.3f} to {row.high:.3f}"
        more = f"  n={row.n}" if row.n is not None else ""
        left = f", {row.undefined} undefined" if row.undefined else ""
        note = f"  ({row.note})" if row.note else ""
        print(f"{row.name:{width}}  {row.value:.3f}{ends}{more}{left}{note}")


def _named(score: Any, name: str) -> Any:
    from dataclasses import replace

    return replace(score, name=name)
