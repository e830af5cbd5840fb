"""Score every bundle of a folder on raw folders of new patients: one table.

Each bundle says in its metadata (`raw_layout`) which set it takes; it is given the raw
folder of that name, in the layout as downloaded, and all patients in it are tested.
`lgg` stands for lgg-slices and lgg-volumes, which have one layout. Bundles without a
raw folder or without weights are named and passed over.

OUT receives a folder for each bundle, as `mritumor evaluate --out` writes it, and
table.csv. Exit code 1 when an image could not be scored.

Examples
  mritumor evaluate-all bundles --raw lgg kaggle_3m/ --raw figshare 1512427/
  mritumor evaluate-all bundles --raw images brain-tumor-mri-dataset/Testing --out new
  mritumor evaluate-all bundles --raw brats MICCAI_BraTS2020_ValidationData --json
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line of the table; `low` and `high` bound the 95 % interval."""

    bundle: str
    score: str
    value: float
    low: float | None
    high: float | None
    n: int | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command's arguments."""
    parser.add_argument(
        "bundles", type=Path, metavar="BUNDLES", help="a folder of bundles"
    )
    parser.add_argument(
        "--raw",
        nargs=2,
        action="append",
        required=True,
        metavar=("SET", "RAW"),
        help="a set (mritumor data prepare --help; lgg for both of its kinds) and its "
        "folder as downloaded; may be given several times",
    )
    parser.add_argument("--device", help="cpu, cuda or cuda:1")
    parser.add_argument("--out", type=Path, help="folder for all results")
    parser.add_argument("--limit", type=int, help="images a bundle, to try it out")
    parser.add_argument("--json", action="store_true", help="print the table as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate; returns 0, or 1 when an image could not be scored."""
    rows: list[Row] = []
    failures: list[str] = []
    with ExitStack() as stack:
        found: dict[tuple[str, str], Any] = {}
        for bundle, layout, raw in _tasks(arguments.bundles, arguments.raw):
            print(f"{bundle.name}: {raw} ({layout})", file=sys.stderr)
            if (layout, raw) not in found:
                from mritumor.cli.testset import find_raw_items

                found[layout, raw] = find_raw_items(layout, raw, stack)
            table, sentences = _score(bundle, found[layout, raw], arguments)
            rows += table
            failures += sentences
    _show(rows, arguments)
    for sentence in failures:
        print(f"mritumor: {sentence}", file=sys.stderr)
    return 1 if failures else 0


def _tasks(folder: Path, raws: list[list[str]]) -> list[tuple[Path, str, str]]:
    """Return bundle, set and raw folder of what can be scored; say what cannot."""
    from mritumor.errors import InputError

    paths = sorted(folder.glob("*/configs/metadata.json"))
    if not paths:
        raise InputError(
            "there are no bundles in this folder",
            where=folder,
            expected="folders with configs/metadata.json in them",
        )
    tasks = []
    for path in paths:
        bundle = path.parent.parent
        layout = str(json.loads(path.read_text("utf-8")).get("raw_layout", ""))
        given = [r for name, r in raws if layout in (name, *_kinds(name))]
        why = _why_not(bundle, layout, given)
        if why:
            print(f"{bundle.name}: passed over, {why}", file=sys.stderr)
        tasks += [] if why else [(bundle, layout, raw) for raw in given]
    if not tasks:
        raise InputError(
            "no bundle fits the raw folders",
            where=folder,
            got=", ".join(name for name, _ in raws),
        )
    return tasks


def _kinds(name: str) -> tuple[str, ...]:
    return ("lgg-slices", "lgg-volumes") if name == "lgg" else ()


def _why_not(bundle: Path, layout: str, given: list[str]) -> str:
    if not layout:
        return "its metadata have no raw_layout"
    if not given:
        return f"no --raw {layout}"
    return "" if (bundle / "models/model.pt").is_file() else "it has no weights"


def _score(
    bundle: Path, found: Any, arguments: argparse.Namespace
) -> tuple[list[Row], list[str]]:
    from mritumor.cli.testset import image_bar
    from mritumor.inference import Predictor
    from mritumor.inference.evaluation_items import score_items
    from mritumor.inference.evaluation_scores import evaluate

    items, protocol, notes = found
    predictor = Predictor(bundle, arguments.device)
    scoring = score_items(
        predictor,
        items[: arguments.limit],
        image_bar,
        fill_missing=predictor.fills_missing,
    )
    result = evaluate(scoring)
    if arguments.out is not None:
        from mritumor.cli.evaluate_outputs import write_all

        out = arguments.out / bundle.name
        write_all(out, predictor, scoring, result, protocol, notes)
    name = bundle.resolve().name
    rows = [Row(name, s.name, s.value, s.low, s.high, s.n) for s in result.scores]
    return rows, scoring.failures


def _show(rows: list[Row], arguments: argparse.Namespace) -> None:
    table = [asdict(row) for row in rows]
    if arguments.out is not None:
        from mritumor.inference.saving import write_csv

        write_csv(arguments.out / "table.csv", table)
    if arguments.json:
        print(json.dumps(table, indent=1, ensure_ascii=False))
        return
    wide = max(len(row.bundle) for row in rows)
    long = max(len(row.score) for row in rows)
    for row in rows:
        ends = "" if row.low is None else f"{row.low:.3f} to {row.high:.3f}"
        many = "" if row.n is None else f"n={row.n}"
        line = f"{row.bundle:{wide}}  {row.score:{long}}  {row.value:.3f}  {ends:14}  {many}"
        print(line.rstrip())
