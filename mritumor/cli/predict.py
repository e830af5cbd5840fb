"""Outline tumours with a trained bundle.

INPUT is any mix of
  - a 4-D NIfTI with all sequences,
  - one file per sequence (P1_t1n.nii.gz P1_t1c.nii.gz P1_t2w.nii.gz P1_t2f.nii.gz),
  - a folder of such files, or a folder of case folders,
  - a data set folder with a datalist.json (its testing cases).

For each case OUT receives
  <case>_seg.nii.gz   label map, uint8, in the geometry of the input
  <case>.png          three planes with the outline (not with --no-figure)
and predictions.json lists volumes in mm³. One case that cannot be read does not stop
the others: it is named at the end, and the exit code is 1.

Examples
  mritumor predict bundles/brats_segmentation patient_7/ --out results
  mritumor predict bundles/brats_segmentation *_4d.nii.gz --out results --json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command's arguments."""
    parser.add_argument(
        "bundle", type=Path, metavar="BUNDLE", help="the bundle's folder"
    )
    parser.add_argument(
        "inputs", type=Path, nargs="+", metavar="INPUT", help="see above"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for the results"
    )
    parser.add_argument(
        "--device", help="cpu, cuda or cuda:1; default: a GPU when there is one"
    )
    parser.add_argument(
        "--weights", type=Path, help="a .pt file; default: the bundle's"
    )
    parser.add_argument(
        "--fill-missing",
        action="store_true",
        help="predict cases with a sequence missing, its channel filled with zeros",
    )
    parser.add_argument("--no-figure", action="store_true", help="write no PNG")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Predict; returns 0, or 1 when a case failed."""
    from tqdm import tqdm

    from mritumor.data.inputs import find_cases
    from mritumor.inference import Predictor, predict_cases

    predictor = Predictor(arguments.bundle, arguments.device, arguments.weights)
    cases = find_cases(arguments.inputs, predictor.modalities)
    outcomes = predict_cases(
        predictor,
        cases,
        arguments.out,
        fill_missing=arguments.fill_missing,
        then=None if arguments.no_figure else lambda p: _draw(p, arguments.out),
        watch=lambda todo: tqdm(todo, unit="case", disable=len(todo) < 2 or None),
    )
    results = [_result(outcome) for outcome in outcomes]
    _write(arguments.out / "predictions.json", results)
    if arguments.json:
        print(json.dumps(results, indent=1))
    else:
        _print(results)
    failures = [r for r in results if "problem" in r]
    for failure in failures:
        print(f"mritumor: {failure['problem']}", file=sys.stderr)
    return 1 if failures else 0


def _draw(prediction: Any, folder: Path) -> None:
    from mritumor.report import prediction_figure

    prediction_figure(
        folder / f"{prediction.case}.png",
        # The last channel is FLAIR or contrast-enhanced T1: where a tumour is seen best.
        prediction.image[-1],
        prediction.labels,
        prediction.affine,
        prediction.names,
        title=prediction.case,
    )


def _result(outcome: Any) -> dict[str, Any]:
    if outcome.problem is not None:
        return {"case": outcome.case, "problem": outcome.problem}
    return {**outcome.prediction.summary(), "file": str(outcome.file)}


def _write(path: Path, results: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def _print(results: list[dict[str, Any]]) -> None:
    for result in results:
        if "problem" in result:
            print(f"{result['case']}: failed")
            continue
        volumes = ", ".join(
            f"{n} {v:,.0f} mm³" for n, v in result["volumes_mm3"].items()
        )
        filled = result["missing_sequences"]
        note = f"  (without {', '.join(filled)})" if filled else ""
        print(f"{result['case']}: {volumes}  {result['seconds']:.1f} s{note}")
        print(f"  {result['file']}")
