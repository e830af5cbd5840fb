"""Outline tumours and tell their kind with a trained bundle.

INPUT is any mix of
  - a picture (PNG, JPEG, TIFF, BMP, Figshare's .mat), or a folder of them; those named
    by their folder and a number (P1/P1_12.tif) are one patient's slices
  - a 4-D NIfTI with all sequences, or one file per sequence (P1_t1n.nii.gz …)
  - a folder of such files, or a folder of case folders
  - a DICOM tree: the series are recognised by their headers
  - a zip of any of these
  - a data set folder with a datalist.json (its testing cases)

For each case OUT receives
  <case>_seg.nii.gz     of a volume: label map, uint8, in the geometry of the input
  <picture>_seg.png     of a picture: 0 and 255, of the input's size
  <case>_seg.dcm        of DICOM: a Segmentation object (and <case>_rtstruct.dcm)
  <case>.png            three planes with the outline (not with --no-figure)
  <case>_outline.png    the same of a picture, or of a patient's fullest slice
  <case>.html           with --report or --heat: one self-contained page
  <case>_entropy.*      with --uncertainty: where the outline is unsure, 0 to 1
and for all of them predictions.csv (class and probabilities, one line a picture) and
predictions.json (volumes, extents, centroid, hemisphere, lesions). One case that cannot
be read does not stop the others: it is named at the end, and the exit code is 1.

Two bundles work together with --classify: CLASSIFIER tells the class, BUNDLE outlines.
With --gate only slices that are not called free of tumour are outlined.

Examples
  mritumor predict bundles/figshare_joint_segmentation slice.png --out results
  mritumor predict bundles/lgg_segmentation kaggle_3m/ --out results --tta --report
  mritumor predict bundles/brats_segmentation patient_7/ --out results --uncertainty
  mritumor predict bundles/brats_segmentation dicom_export/ --out results --rtstruct
  mritumor predict bundles/lgg_segmentation scans.zip --out results --gate
      --classify bundles/lgg_classification          (all on one line)
  mritumor predict bundles/lgg_segmentation many/ --out results --resume --json
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
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
    _add_running(parser.add_argument_group("how it is run"))
    _add_reading(parser.add_argument_group("what is read"))
    _add_writing(parser.add_argument_group("what is written"))


def _add_running(group: Any) -> None:
    group.add_argument(
        "--classify",
        type=Path,
        metavar="CLASSIFIER",
        help="a bundle that tells a class",
    )
    group.add_argument(
        "--gate", action="store_true", help="outline only what it calls a tumour"
    )
    group.add_argument(
        "--device",
        help="cpu, cuda or cuda:1; default: a GPU when there is one with free memory",
    )
    group.add_argument("--weights", type=Path, help="a .pt file; default: the bundle's")
    group.add_argument(
        "--ensemble",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="several .pt files, averaged, such as those of a cross-validation",
    )
    group.add_argument(
        "--tta",
        action="store_true",
        help="average over mirrored inputs: better, and slower by their number",
    )
    group.add_argument(
        "--uncertainty",
        action="store_true",
        help="entropy map and range of volumes, among an ensemble or mirrored inputs",
    )
    group.add_argument(
        "--runtime", choices=("torch", "onnx"), default="torch", help="default torch"
    )
    group.add_argument(
        "--low-memory", action="store_true", help="smaller windows and batches"
    )


def _add_reading(group: Any) -> None:
    group.add_argument(
        "--patient",
        action="store_true",
        help="the pictures of each folder are one patient's slices, whatever their names",
    )
    group.add_argument(
        "--fill-missing",
        action="store_true",
        help="predict cases with a sequence missing, its channel filled with zeros",
    )
    group.add_argument(
        "--keep-ids",
        action="store_true",
        help="DICOM: name cases by the patients' ids; default: by pseudonyms",
    )
    group.add_argument(
        "--resume",
        action="store_true",
        help="do not do again what OUT holds already, from the same inputs and settings",
    )


def _add_writing(group: Any) -> None:
    figure = group.add_mutually_exclusive_group()
    figure.add_argument(
        "--figure", action="store_true", default=True, help="write a PNG (default)"
    )
    figure.add_argument(
        "--no-figure", dest="figure", action="store_false", help="write no PNG"
    )
    group.add_argument(
        "--report", action="store_true", help="an HTML page for each case"
    )
    group.add_argument(
        "--heat",
        action="store_true",
        help="in the page of a picture, where the evidence for its class lies (Grad-CAM)",
    )
    group.add_argument(
        "--seg",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="of DICOM, write a DICOM SEG (default)",
    )
    group.add_argument(
        "--rtstruct", action="store_true", help="of DICOM, an RT Structure Set too"
    )
    group.add_argument("--json", action="store_true", help="print the results as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Predict; returns 0, or 1 when a case failed."""
    from tqdm import tqdm

    from mritumor.cli.predict_outputs import Writer, settings_of
    from mritumor.inference import predict_cases
    from mritumor.inference.resume import Ledger

    predictor = _predictor(arguments)
    if arguments.heat:
        from mritumor.explain import check_explains

        arguments.report = True
        check_explains(predictor.classify)
    for note in predictor.notes:
        print(f"note: {note}", file=sys.stderr)
    with ExitStack() as stack:
        given, problems = _unpacked(arguments.inputs, stack)
        found = _found(predictor, given, problems, arguments)
        ledger = Ledger(arguments.out, settings_of(arguments), arguments.resume)
        outcomes = predict_cases(
            predictor,
            found.cases,
            arguments.out,
            fill_missing=arguments.fill_missing,
            then=Writer(predictor, arguments),
            watch=lambda todo: tqdm(todo, unit="case", disable=len(todo) < 2 or None),
            ledger=ledger,
        )
    results = [outcome.as_dict() for outcome in outcomes]
    if arguments.json:
        print(json.dumps(results, indent=1))
    else:
        _print(results)
    return _failures(results, found.problems)


def _predictor(arguments: argparse.Namespace) -> Any:
    from mritumor.inference import Pipeline, Predictor

    shared = {
        "device": arguments.device,
        "runtime": arguments.runtime,
        "tta": arguments.tta,
        "low_memory": arguments.low_memory,
    }
    predictor = Predictor(
        arguments.bundle,
        weights=arguments.weights,
        ensemble=arguments.ensemble,
        uncertainty=arguments.uncertainty,
        **shared,
    )
    if arguments.classify is None:
        return predictor
    classifier = Predictor(arguments.classify, **shared)
    return Pipeline(classifier, predictor, arguments.gate)


def _unpacked(inputs: list[Path], stack: ExitStack) -> tuple[list[Path], list[str]]:
    """Return the inputs, zips replaced by folders, and what is wrong with zips."""
    from mritumor.errors import InputError
    from mritumor.inference import unpacked

    given, problems = [], []
    for path in inputs:
        try:
            is_zip = path.suffix.lower() == ".zip" and path.is_file()
            given.append(stack.enter_context(unpacked(path)) if is_zip else path)
        except InputError as error:
            problems.append(str(error))
    return given, problems


def _found(
    predictor: Any, given: list[Path], problems: list[str], arguments: Any
) -> Any:
    from mritumor.errors import InputError

    if not given:
        raise InputError("; ".join(problems))
    found = predictor.find(
        given, as_patient=arguments.patient, keep_ids=arguments.keep_ids
    )
    found.problems = problems + found.problems
    return found


def _print(results: list[dict[str, Any]]) -> None:
    for result in results:
        if "problem" in result:
            print(f"{result['case']}: failed")
            continue
        unit = "mm³" if "volumes_mm3" in result else "px"
        sizes = result.get("volumes_mm3", result.get("areas_px", {}))
        parts = [f"{name} {size:,.0f} {unit}" for name, size in sizes.items()]
        if "class" in result:
            share = result["probabilities"][result["class"]]
            parts.insert(0, f"{result['class']} {share:.0%}")
        filled = result["missing_sequences"]
        note = f"  (without {', '.join(filled)})" if filled else ""
        print(f"{result['case']}: {', '.join(parts)}  {result['seconds']:.1f} s{note}")
        if "file" in result:
            print(f"  {result['file']}")


def _failures(results: list[dict[str, Any]], problems: list[str]) -> int:
    """Print what failed, a line each; return the exit code."""
    failed = problems + [r["problem"] for r in results if "problem" in r]
    if failed:
        total = len(results) + len(problems)
        print(f"mritumor: {len(failed)} of {total} failed:", file=sys.stderr)
    for sentence in failed:
        print(f"mritumor: {sentence}", file=sys.stderr)
    return 1 if failed else 0
