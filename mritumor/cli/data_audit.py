"""Say what is wrong with a data set before anyone trains on it.

DATA is a prepared folder (with datalist.json), a datalist, or a plain folder of images
with a folder per class. Nothing in it is changed. Looked for:
  files      missing, empty, truncated, Git-LFS pointers; NaN, constant images
  items      other grids, sequences missing or in the wrong place, wrong label values
             and label years, empty outlines
  copies     the same image, or nearly (recompressed, resized, brighter, mirrored),
             in one section or, worse, in several; the same image with two classes
  leaks      a patient, or a person under two ids, in several sections or folds
  shortcuts  what the nearest training image's class or outline reaches without learning
  look       skulls not stripped, sequences not in register

Exit code: 0 nothing must be fixed (there may be warnings), 1 something must, 2 the
audit could not run.

Examples
  mritumor data audit data/brats
  mritumor data audit data/brats/datalist.json --html audit.html
  mritumor data audit brain-tumor-mri-dataset/ --no-baselines --json > audit.json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command's arguments."""
    parser.add_argument(
        "data", type=Path, metavar="DATA", help="datalist, its folder, or images"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page too")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--near-threshold",
        type=float,
        default=0.95,
        metavar="R",
        help="least correlation of near duplicates' fine detail (default 0.95)",
    )
    parser.add_argument(
        "--no-flips", action="store_true", help="do not look for mirrored copies"
    )
    parser.add_argument(
        "--no-baselines", action="store_true", help="skip what needs no learning"
    )
    parser.add_argument("--seed", type=int, default=0, help="of random splits (0)")
    parser.add_argument("--workers", type=int, help="threads (default: one a core)")


def run(arguments: argparse.Namespace) -> int:
    """Audit; returns 0, or 1 when something must be fixed."""
    from tqdm import tqdm

    from mritumor.data.audit import AuditOptions, audit, write_page

    def watch(items: Iterable[Any], total: int) -> Iterable[Any]:
        return tqdm(items, total=total, unit="item", file=sys.stderr, disable=None)

    options = AuditOptions(
        near_threshold=arguments.near_threshold,
        flips=not arguments.no_flips,
        baselines=not arguments.no_baselines,
        seed=arguments.seed,
        workers=arguments.workers,
    )
    report = audit(arguments.data, options, watch)
    if arguments.json:
        print(json.dumps(report.to_dict(), indent=1, ensure_ascii=False))
    else:
        print(report.to_text())
    if arguments.html:
        page = write_page(report, arguments.html)
        print(f"page: {page}", file=sys.stderr)
    return report.exit_code
