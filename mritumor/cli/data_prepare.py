"""Turn a raw data set into a folder that a bundle takes as --dataset_dir.

SET is one of
  lgg-slices   Kaggle "lgg-mri-segmentation": one item per slice
  lgg-volumes  the same: a patient's slices become one volume
  figshare     Figshare 1512427: MATLAB files become 8-bit pictures, masks, classes
  images       pictures in folders named by class (Kaggle 7023, SARTAJ, any other)
  brats        case folders of one NIfTI per sequence; any year's file names
  msd-task01   Medical Segmentation Decathlon: 4-D images, channels put in order
  nifti        any NIfTI, NRRD or MetaImage, in folders or side by side
  dicom        a tree of DICOM files

OUT receives datalist.json (patients split into training, validation and testing, and
into folds) and what had to be converted. RAW is never changed. A case that cannot be
used is named, and the others go on; the exit code is then 1.

SPLIT is one of
  random              by patient or, where ids may be one person, by person
  official            the published Training and Testing folders, refused if they share
                      images
  deduplicated        of copies of an image one is kept, in Testing where one is there;
                      near copies (mirrored, recompressed) stay on one side
                      (images: the default)
  author              the folds of figshare's cvind.mat
  leave-one-site-out  each site a fold
  folds-22x5          folds of five patients, as Buda
  leaky-slices        slices of a patient on both sides, to reproduce papers; the
  leaky-official      published folders with their copies; datalist.json says so, and
                      nothing reads it unasked

Examples
  mritumor data prepare lgg-volumes lgg-mri-segmentation/ --out data/lgg
  mritumor data prepare lgg-slices lgg-mri-segmentation/ --out data/lgg2d --folds-22x5
  mritumor data prepare figshare 1512427/ --out data/figshare --split author
  mritumor data prepare images brain-tumor-mri-dataset/ --out data/kaggle
  mritumor data prepare brats BraTS2021_TrainingData/ --out data/brats
  mritumor data prepare brats scans/ --out data/scans --labels brats2017
  mritumor data prepare msd-task01 Task01_BrainTumour/ --out data/msd
  mritumor data prepare nifti volumes/ --out data/volumes --allow-missing
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command's arguments."""
    parser.add_argument("set", metavar="SET", help="see above")
    parser.add_argument(
        "raw", type=Path, metavar="RAW", help="the folder as downloaded"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the result")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="of the split (default 0)"
    )
    parser.add_argument(
        "--folds",
        type=int,
        default=5,
        metavar="N",
        help="of a cross-validation among the patients that do not test (default 5; "
        "0: none)",
    )
    parser.add_argument(
        "--val-fraction",
        type=float,
        default=0.15,
        metavar="F",
        help="share of patients for validation (default 0.15)",
    )
    parser.add_argument(
        "--test-fraction",
        type=float,
        default=0.15,
        metavar="F",
        help="share of patients for testing (default 0.15)",
    )
    _add_splits(parser)
    parser.add_argument(
        "--labels",
        metavar="CONVENTION",
        help="brats2012, brats2013, brats2017, brats2023, brats2024-post, "
        "brats2024-ped or msd; default: by file names and values, refused when ambiguous",
    )
    parser.add_argument(
        "--allow-missing",
        action="store_true",
        help="take cases with a sequence missing",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="write into a folder that holds other things; only files of the same "
        "name are replaced",
    )
    parser.add_argument(
        "--keep-ids",
        action="store_true",
        help="dicom: name patients by their ids; default: by pseudonyms",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def _add_splits(parser: argparse.ArgumentParser) -> None:
    """Define --split and the flags that are short for one of its values."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--split", help="see above; default random, images deduplicated")
    for flag, name in (
        ("--leave-one-site-out", "leave-one-site-out"),
        ("--folds-22x5", "folds-22x5"),
        ("--leaky-slice-split", "leaky-slices"),
    ):
        group.add_argument(
            flag,
            dest="split",
            action="store_const",
            const=name,
            help=f"the same as --split {name}",
        )


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
        split=arguments.split,
        overwrite=arguments.overwrite,
        keep_ids=arguments.keep_ids,
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
