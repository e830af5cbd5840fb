"""Ask every program that takes MONAI bundles whether it takes these.

BUNDLE is any bundle's folder, this project's or another's; it is only read. Each check
runs in a process of its own with a time limit, on a copy with synthetic images made to
the bundle's metadata, with random weights where the bundle ships none, and with literal
window sizes of volumes (roi_size, patch_size) lowered to the shortest that fit.

A cell is `pass`, `FAIL` with a reason in one sentence, `n/a`, `not run` (checks that
train, without --train) or `not installed`. `make test-consumers` installs MONAI Label
and MONAI Deploy beside this project. Exit code 1: a check failed.

Examples
  mritumor bundle-check bundles/*
  mritumor bundle-check bundles/brats_segmentation --train --markdown
  mritumor bundle-check my_bundle --only "MONAI Label" --keep scratch
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command's arguments."""
    parser.add_argument(
        "bundles", type=Path, nargs="+", metavar="BUNDLE", help="a bundle's folder"
    )
    parser.add_argument(
        "--train", action="store_true", help="also run the checks that train"
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="CHECK",
        help="checks whose names start so; may be given several times",
    )
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="monailabel=FILE",
        help="interpreter that has MONAI Label (monailabel=) or MONAI Deploy (deploy=)",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=1,
        help="environments at a time (default: 1; up to 3)",
    )
    parser.add_argument(
        "--patience", type=float, default=1.0, help="factor on all time limits"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="leave copies, data and logs here"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="print Markdown")
    form.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Check; returns 0, or 1 when a check failed."""
    from mritumor.errors import InputError
    from mritumor.export.consumers import outcome, table
    from mritumor.export.consumers.run import check_bundles

    pythons = {}
    for word in arguments.python:
        name, equals, file = word.partition("=")
        if not equals or name not in ("monailabel", "deploy"):
            raise InputError(
                "this names no interpreter", got=word, expected="monailabel=FILE"
            )
        pythons[name] = Path(file)

    def watch(found: outcome.Outcome) -> None:
        if sys.stderr.isatty():
            print(f"{found.bundle}: {found.check}: {found.status}", file=sys.stderr)

    outcomes = check_bundles(
        arguments.bundles,
        train=arguments.train,
        names=arguments.only,
        pythons=pythons,
        jobs=arguments.jobs,
        patience=arguments.patience,
        watch=watch,
        keep=arguments.keep.resolve() if arguments.keep else None,
    )
    form = table.as_text
    if arguments.markdown:
        form = table.as_markdown
    elif arguments.json:
        form = table.as_json
    print(form(outcomes))
    return 1 if any(o.status == outcome.FAIL for o in outcomes) else 0
