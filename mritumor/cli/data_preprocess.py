r"""Bring raw studies to one grid and one scale, and keep the way back.

STUDY is a case's folder with one file for each sequence (NIfTI, NRRD or MetaImage), or
a folder of such folders. The steps, each of which can be left out:
  1. N4 takes out the coil's slow brightness changes
  2. the sequences are laid onto the reference: rigid, by mutual information; refused,
     with the measured value, when the match is poor
  3. the reference is laid onto an atlas (only with --atlas)
  4. all are brought to the reference's grid, turned to right-anterior-superior; every
     volume is interpolated only once
  5. the skull is taken off (only with --skull-strip), the volume cut to what is left
  6. intensities are clipped at the 0.5th and 99.5th percentile and normalised

OUT receives a folder for each case: CASE_t1c.nii.gz and so on, CASE_t1c.tfm (ITK's
transform from the result back to the file read), CASE_brainmask.nii.gz, and
CASE_preprocess.json, which records every step. With --restore a mask drawn or predicted
on the result is carried back to the study's own grid. STUDY is never changed. Of many
cases, one that cannot be used is named and the others go on; the exit code is then 1.

Examples
  mritumor data preprocess raw/P1 --out prepared
  mritumor data preprocess raw/ --out prepared --reference t1n --spacing 1
  mritumor data preprocess raw/P1 --out prepared --skull-strip hd-bet
  mritumor data preprocess raw/P1 --out prepared --atlas SRI24.nii.gz --no-n4
  mritumor data preprocess prepared/P1/P1_preprocess.json --out P1_seg_own.nii.gz \
    --restore P1_seg.nii.gz
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mritumor.data.inputs import InputCase
    from mritumor.data.preprocess import Options, Preprocessed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command's arguments."""
    parser.add_argument("study", type=Path, metavar="STUDY", help="see above")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for the result (or mask file)"
    )
    parser.add_argument(
        "--reference", default="t1c", metavar="SEQ", help="t1n, t1c, t2w or t2f (t1c)"
    )
    parser.add_argument(
        "--spacing",
        type=float,
        nargs="+",
        metavar="MM",
        help="of the result, one length or three; default: the reference's",
    )
    parser.add_argument("--no-n4", action="store_true", help="leave step 1 out")
    parser.add_argument(
        "--no-registration", action="store_true", help="trust the files' positions"
    )
    parser.add_argument("--atlas", type=Path, metavar="FILE", help="step 3")
    parser.add_argument(
        "--affine", action="store_true", help="scale and shear onto the atlas, too"
    )
    parser.add_argument(
        "--skull-strip",
        choices=["none", "builtin", "hd-bet"],
        default="none",
        help="builtin is rough; hd-bet is a program that you have installed (none)",
    )
    parser.add_argument("--no-crop", action="store_true", help="keep the whole grid")
    parser.add_argument(
        "--normalize",
        choices=["none", "zscore", "percentile"],
        default="zscore",
        help="zscore: mean 0, deviation 1; percentile: 0 to 1 (zscore)",
    )
    parser.add_argument(
        "--restore", type=Path, metavar="MASK", help="STUDY is then a record"
    )
    parser.add_argument(
        "--sequence", metavar="SEQ", help="whose grid to restore to (the reference's)"
    )
    parser.add_argument("--json", action="store_true", help="print records as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Preprocess; returns 0, or 1 when a case had to be left out."""
    from tqdm import tqdm

    from mritumor.data.inputs import find_cases
    from mritumor.data.modalities import MODALITIES
    from mritumor.errors import MRITumorError

    if arguments.restore:
        return _restore(arguments)
    options = _options(arguments)
    cases = find_cases(arguments.study, MODALITIES)
    records, failed = [], 0
    for case in tqdm(cases, unit="case", file=sys.stderr, disable=None):
        try:
            records.append(_one(case, arguments, options))
        except MRITumorError as error:
            if len(cases) == 1:
                raise
            failed += 1
            print(f"mritumor: {error}", file=sys.stderr)
    if arguments.json:
        print(json.dumps(records, indent=1))
    return int(failed > 0)


def _options(arguments: argparse.Namespace) -> Options:
    from mritumor.data.modalities import canonical
    from mritumor.data.preprocess import Options

    steps = arguments.spacing
    return Options(
        reference=canonical(arguments.reference),
        spacing=steps[0] if steps and len(steps) == 1 else tuple(steps or ()) or None,
        n4=not arguments.no_n4,
        registration=not arguments.no_registration,
        atlas=arguments.atlas,
        atlas_kind="affine" if arguments.affine else "rigid",
        skull_strip=arguments.skull_strip,
        crop=not arguments.no_crop,
        normalise=arguments.normalize,
    )


def _one(
    case: InputCase, arguments: argparse.Namespace, options: Options
) -> dict[str, Any]:
    """Preprocess one case and write it; returns its record."""
    from mritumor.data.preprocess import preprocess, write
    from mritumor.data.preprocess.record import describe

    result = preprocess(case.files, options, case.name)
    written = write(result, arguments.out / case.name)
    if not arguments.json:
        _say(result, written["record"])
    for warning in result.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return {**describe(result), "record": str(written["record"])}


def _say(result: Preprocessed, record: Path) -> None:
    grid = result.carrier.grid
    size = " × ".join(map(str, grid.shape))
    steps = " × ".join(f"{step:.3g}" for step in grid.spacing)
    names = ", ".join(result.images)
    print(f"{record.parent}: {names}; {size} voxels of {steps} mm")
    for name, found in result.placing.registrations.items():
        print(
            f"  {name}: turned {found.degrees:.1f}°, moved {found.shift:.1f} mm, "
            f"normalised mutual information {found.before.nmi:.3f} -> "
            f"{found.match.nmi:.3f}"
        )


def _restore(arguments: argparse.Namespace) -> int:
    from mritumor.data.modalities import canonical
    from mritumor.data.preprocess import restore

    sequence = canonical(arguments.sequence) if arguments.sequence else None
    carried = restore(arguments.study, arguments.restore, arguments.out, sequence)
    voxels = int((carried.array > 0).sum())
    if arguments.json:
        print(json.dumps({"mask": str(arguments.out), "voxels": voxels}))
    else:
        print(f"{arguments.out}: {voxels} voxels")
    return 0
