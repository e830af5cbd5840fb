"""The items that `evaluate` and `calibrate` ask a bundle about."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any


def add_data(parser: Any, section: str) -> None:
    """Define where the data come from."""
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--datalist", type=Path, metavar="FILE", help="a datalist.json")
    where.add_argument(
        "--dataset_dir", type=Path, metavar="DIR", help="a folder with a datalist.json"
    )
    where.add_argument(
        "--raw",
        nargs=2,
        metavar=("SET", "RAW"),
        help="a folder as downloaded, in the layout of a set (mritumor data prepare "
        "--help); all of its patients are tested",
    )
    parser.add_argument(
        "--section",
        default=section,
        help=f"training, validation or testing (default {section})",
    )
    parser.add_argument(
        "--fold", type=int, help="cross-validation: this fold validates"
    )
    parser.add_argument(
        "--allow-leaky",
        action="store_true",
        help="take a split that says it leaks; to reproduce papers",
    )
    parser.add_argument("--device", help="cpu, cuda or cuda:1")
    parser.add_argument("--weights", type=Path, help="a .pt file; default the bundle's")


def image_bar(items: Sequence[Any]) -> Iterable[Any]:
    """Wrap items so that a bar follows them, on a terminal."""
    from tqdm import tqdm

    bar: Iterable[Any] = tqdm(items, unit="image", disable=None)
    return bar


def find_items(
    arguments: argparse.Namespace, stack: ExitStack
) -> tuple[list[dict[str, Any]], str, list[str]]:
    """Return the items, where they are from in words, and notes.

    Raises:
        InputError: no such datalist or section, or it is empty.
    """
    from mritumor.data import read_datalist
    from mritumor.errors import InputError

    if arguments.raw:
        name, raw = arguments.raw
        return find_raw_items(name, raw, stack)
    path = arguments.datalist or arguments.dataset_dir / "datalist.json"
    items = read_datalist(
        path,
        arguments.section,
        fold=arguments.fold,
        allow_leaky=arguments.allow_leaky,
    )
    if not items:
        raise InputError(
            "this section is empty",
            where=path,
            got=arguments.section,
            remedy="choose another with --section",
        )
    fold = "" if arguments.fold is None else f", fold {arguments.fold}"
    return items, f"{arguments.section}{fold} of {path}", []


def find_raw_items(
    name: str, raw: str, stack: ExitStack
) -> tuple[list[dict[str, Any]], str, list[str]]:
    """Prepare a raw folder into a temporary one; every patient is tested.

    Args:
        name: of the set, as for ``mritumor data prepare``.
        raw: the folder as downloaded; it is not changed.
        stack: the temporary folder goes when it closes.

    Returns:
        The items, where they are from in words, and notes.
    """
    from mritumor.data import SECTIONS, read_datalist
    from mritumor.data.prepare import Options, prepare

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mritumor-")))
    # No split is needed: all sections are taken together.
    options = Options(folds=0, split="random")
    report = prepare(name, raw, folder / "data", options)
    path = folder / "data/datalist.json"
    items = [item for section in SECTIONS for item in read_datalist(path, section)]
    return items, f"all of {raw} ({name})", [*report.notes, *report.failures]
