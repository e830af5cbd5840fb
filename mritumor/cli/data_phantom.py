"""Make synthetic brain-tumour MRI with known truth.

OUT becomes a data set that a bundle trains on as it stands: datalist.json and one
folder per case with t1n, t1c, t2w, t2f, the label map (1 NCR, 2 ED, 3 ET) and the true
volumes. The same seed makes the same files, and more cases only add to them.

Examples:
  mritumor data phantom demo/data --cases 12
  mritumor data phantom raw --cases 3 --different-grids --oblique 12 --skull
  mritumor data phantom gaps --cases 6 --missing t1n t2w
  mritumor data phantom slices --slices --cases 40
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mritumor.phantom import StudyOptions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to write")
    parser.add_argument(
        "--cases", type=int, default=8, metavar="N", help="patients (default 8)"
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="S",
        help="of the data set: the same one gives the same files (default 0)",
    )
    parser.add_argument(
        "--spacing",
        type=float,
        nargs="+",
        metavar="MM",
        help="voxel edge in mm, one number or three (default 1.5); with --slices the "
        "pixel edge (default 1)",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace what is in OUT"
    )
    parser.add_argument("--json", action="store_true", help="summary as JSON on stdout")
    _add_split(parser.add_argument_group("split"))
    _add_geometry(parser.add_argument_group("geometry"))
    _add_content(parser.add_argument_group("content"))


def run(arguments: argparse.Namespace) -> int:
    """Write the data set and say what it holds."""
    from tqdm import tqdm

    from mritumor.phantom import write_phantoms, write_slice_phantoms

    def progress(numbers: Any) -> Any:
        return tqdm(numbers, desc="phantoms", unit="case", file=sys.stderr)

    split = {
        "val_fraction": arguments.val_fraction,
        "test_fraction": arguments.test_fraction,
        "overwrite": arguments.overwrite,
        "progress": progress,
    }
    write = write_slice_phantoms if arguments.slices else write_phantoms
    options = _options(arguments)
    path = write(arguments.out, arguments.cases, arguments.seed, options, **split)
    _report(path, arguments.json)
    return 0


def _options(arguments: argparse.Namespace) -> StudyOptions:
    from mritumor.phantom import StudyOptions
    from mritumor.phantom.contrast import MODALITIES

    if arguments.slices:
        _refuse_volume_options(arguments)
    spacing = arguments.spacing or [1.0 if arguments.slices else 1.5]
    return StudyOptions(
        spacing=spacing[0] if len(spacing) == 1 else tuple(spacing),
        oblique=arguments.oblique,
        flip=arguments.flip,
        different_grids=arguments.different_grids,
        modalities=tuple(m for m in MODALITIES if m not in arguments.missing),
        skull=arguments.skull,
        noise=arguments.noise,
        bias=arguments.bias,
        low_grade_fraction=arguments.low_grade_fraction,
    )


def _refuse_volume_options(arguments: argparse.Namespace) -> None:
    """Refuse what has no meaning for single slices, rather than ignore it."""
    from mritumor.errors import InputError

    for name in ("oblique", "flip", "different_grids", "missing"):
        if getattr(arguments, name):
            raise InputError(
                "this option concerns volumes and does not go with --slices",
                where=f"--{name.replace('_', '-')}",
                remedy="leave one of the two out",
            )


def _add_split(group: Any) -> None:
    group.add_argument(
        "--val-fraction",
        type=float,
        default=0.2,
        metavar="F",
        help="share of patients for validation (default 0.2)",
    )
    group.add_argument(
        "--test-fraction",
        type=float,
        default=0.2,
        metavar="F",
        help="share of patients for testing (default 0.2)",
    )


def _add_geometry(group: Any) -> None:
    group.add_argument(
        "--oblique",
        type=float,
        default=0.0,
        metavar="DEG",
        help="turn the grids by so many degrees (default 0)",
    )
    group.add_argument(
        "--flip",
        default="",
        metavar="AXES",
        help="array axes that run backwards: 'xy' is the order of DICOM",
    )
    group.add_argument(
        "--different-grids",
        action="store_true",
        help="every sequence on its own grid, thick slices in different planes",
    )


def _add_content(group: Any) -> None:
    group.add_argument(
        "--missing",
        nargs="+",
        default=[],
        metavar="MOD",
        choices=["t1n", "t1c", "t2w", "t2f"],
        help="sequences that were not acquired",
    )
    group.add_argument("--skull", action="store_true", help="keep skull and scalp")
    group.add_argument(
        "--noise",
        type=float,
        default=0.02,
        metavar="F",
        help="its deviation as a share of the brightest tissue (default 0.02)",
    )
    group.add_argument(
        "--bias",
        type=float,
        default=0.2,
        metavar="F",
        help="largest slow shading, as a share, 0 to 0.9 (default 0.2)",
    )
    group.add_argument(
        "--low-grade-fraction",
        type=float,
        default=0.2,
        metavar="F",
        help="share of cases without enhancement and necrosis (default 0.2)",
    )
    group.add_argument(
        "--slices",
        action="store_true",
        help="2-D images in class folders (glioma, meningioma, notumor, pituitary) "
        "with masks, instead of studies",
    )


def _report(path: Path, as_json: bool) -> None:
    """Print what was written: a sentence, or one JSON object."""
    document = json.loads(path.read_text(encoding="utf-8"))
    sections = ("training", "validation", "testing")
    counts = {name: len(document[name]) for name in sections}
    if as_json:
        patients = {item["patient"] for name in sections for item in document[name]}
        facts = {"datalist": str(path), "seed": document["seed"], "items": counts}
        print(json.dumps({**facts, "patients": len(patients)}))
        return
    split = ", ".join(f"{n} {name}" for name, n in counts.items())
    print(f"{path.parent}: {split}; {path.name} lists them", file=sys.stdout)
