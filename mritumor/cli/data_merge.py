"""Put several prepared data sets together.

SETS are folders with a datalist.json, as `mritumor data prepare` and `mritumor data
phantom` write them. OUT receives one datalist.json that a bundle takes as --dataset_dir;
files stay where they are. Sequences, labels and classes must mean the same in all sets,
and a patient of two sets must stand in the same section of both. An item without a site
is given its set's name, so that `mritumor evaluate` scores each set by itself too.

Examples
  mritumor data merge data/hospital_a data/hospital_b --out data/both
  mritumor data merge data/phantoms data/brats2015 --out data/mixed --json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command's arguments."""
    parser.add_argument("sets", type=Path, nargs="+", metavar="SET", help="a folder")
    parser.add_argument("--out", type=Path, required=True, help="folder for the result")
    parser.add_argument("--json", action="store_true", help="summary as JSON on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Merge; returns 0."""
    from mritumor.data import SECTIONS, read_datalist
    from mritumor.data.merge import merge_datalists

    path = merge_datalists(arguments.sets, arguments.out)
    items = {section: len(read_datalist(path, section)) for section in SECTIONS}
    if arguments.json:
        print(json.dumps({"datalist": str(path), **items}, indent=1))
    else:
        print(f"{path}: {', '.join(f'{n} {s}' for s, n in items.items())}")
    return 0
