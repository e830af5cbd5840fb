"""Turn a raw data set into a folder that a bundle takes as --dataset_dir.

SET is one of
  lgg-volumes  Kaggle "lgg-mri-segmentation": a patient's slices become one volume
  brats        case folders of one NIfTI per sequence; any year's file names

OUT receives datalist.json (patients split into training, validation and testing, and
into folds) and what had to be converted. RAW is never changed. A case that cannot be
used is named, and the others go on; the exit code is then 1.

Examples
  mritumor data prepare lgg-volumes lgg-mri-segmentation/ --out data/lgg
  mritumor data prepare brats BraTS2021_TrainingData/ --out data/brats
  mritumor data prepare brats scans/ --out data/scans --labels brats2017
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command's arguments."""
    parser.add_argument("set", metavar="SET", help="lgg-volumes or brats")
    parser.add_argument(
        "raw", type=Path, metavar="RAW", help="the folder as downloaded"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the result")
    parser.add_argument("--seed", type=int, default=0, help="of the split (default 0)")
    parser.add_argument("--folds", type=int, default=5, help="default 5; 0: none")
    parser.add_argument("--val-fraction", type=float, default=0.15, help="default 0.15")
    parser.add_argument(
        "--test-fraction", type=float, default=0.15, help="default 0.15"
    )
    parser.add_argument(
        "--labels",
        metavar="CONVENTION",
        help="brats2012, brats2013, brats2017, brats2023, brats2024-post or msd; "
        "default: by file names and values, refused when ambiguous",
    )
    parser.add_argument(
        "--allow-missing",
        action="store_true",
        help="take cases with a sequence missing",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Prepare; returns 0, or 1 when a case had to be left out."""
    from tqdm import tqdm

    from mritumor.data.prepare import Options, prepare

    options = Options(
        seed=arguments.seed,
        folds=arguments.folds,
        val_fraction=arguments.val_fraction,
        test_fraction=arguments.test_fraction,
        labels=arguments.labels,
        allow_missing=arguments.allow_missing,
    )
    report = prepare(
        arguments.set,
        arguments.raw,
        arguments.out,
        options,
        watch=lambda cases: tqdm(cases, unit="case", disable=None),
    )
    if arguments.json:
        print(json.dumps({**vars(report), "datalist": str(report.datalist)}, indent=1))
    else:
        split = ", ".join(
            f"{count} {section}" for section, count in report.cases.items()
        )
        print(f"{report.datalist}: {split}")
        for note in report.notes:
            print(f"note: {note}")
    for failure in report.failures:
        print(f"mritumor: {failure}", file=sys.stderr)
    return 1 if report.failures else 0
