"""How exactly displaced sequences are laid back onto their reference.

    python tools/registration_study.py                # 20 phantoms, 5 minutes
    python tools/registration_study.py --cases 3 --json

Each phantom is scanned twice: the reference sequence, and another contrast after the
head has turned by up to 20° and moved by up to 20 mm, with thick slices in another
plane and noise; the anatomy is rendered anew, not interpolated. Printed are the target
registration error in mm (mean over points in the head), and Dice coefficients: of the
moved scan's own tumour mask with itself after it was carried to the reference's space
and back (at 1 mm, as networks want it, and on the reference's own 2 mm, coarser than
the scan itself), and of the carried mask with the true one there; and the share of
the mask's volume that the carried one has.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass

import numpy as np

from mritumor.data.preprocess.grid import Grid
from mritumor.data.preprocess.label_splines import resample_smoothly
from mritumor.data.preprocess.match import foreground
from mritumor.data.preprocess.pyramid import coarse
from mritumor.data.preprocess.registration import register
from mritumor.data.preprocess.resampling import resample
from mritumor.data.preprocess.volume import Volume
from mritumor.geometry import voxel_to_world
from mritumor.phantom import make_study
from mritumor.phantom.grid import CENTRE, rotation
from mritumor.types import Affine

FIELD = (230.0, 250.0, 190.0)  # mm; holds the head wherever it moves
PAIRS = (("t1c", "t2f"), ("t1c", "t2w"), ("t1n", "t1c"), ("t2f", "t1n"))


@dataclass(frozen=True)
class Scans:
    """A reference scan, a moved scan, and the truth.

    Args:
        fixed: the reference.
        moving: the other contrast, on its own grid.
        fixed_mask: the tumour on the reference's grid, 0 and 1.
        moving_mask: likewise on the moved scan's grid.
        truth: 4×4, reference positions to moved positions, RAS+ mm.
        degrees: of the turn.
        shift: mm.
    """

    fixed: Volume
    moving: Volume
    fixed_mask: Volume
    moving_mask: Volume
    truth: Affine
    degrees: float
    shift: float


@dataclass(frozen=True)
class Row:
    """What one case gave; errors in mm."""

    case: int
    degrees: float
    shift: float
    mean_error: float
    largest_error: float
    dice_there_and_back: float
    dice_back_coarse: float
    dice_with_truth: float
    volume_kept: float
    nmi: float
    seconds: float


def make_scans(
    case: int,
    *,
    spacing: float = 2.0,
    thick: tuple[float, float] = (1.5, 5.0),
    largest: tuple[float, float] = (20.0, 20.0),
    noise: float = 0.04,
) -> Scans:
    """Scan a phantom twice, the head moved in between.

    Args:
        case: number; it draws displacement, plane and anatomy.
        spacing: mm of the reference.
        thick: mm in the plane and between slices of the moved scan.
        largest: degrees and mm; at least half of it is drawn.
        noise: as in `StudyOptions`.
    """
    rng = np.random.default_rng((case, 2024))
    degrees, shift = (float(rng.uniform(0.5, 1) * most) for most in largest)
    axis, way = rng.normal(size=(2, 3))
    truth = np.eye(4)
    truth[:3, :3] = rotation(axis, degrees)
    centre = np.array(CENTRE)
    moved = centre + shift * way / np.linalg.norm(way)
    truth[:3, 3] = moved - truth[:3, :3] @ centre
    steps = np.full(3, thick[0])
    steps[case % 3] = thick[1]
    first, second = PAIRS[case % len(PAIRS)]
    skull = case % 2 == 1
    fixed = _scan(case, first, np.full(3, spacing), np.eye(4), noise, skull)
    moving = _scan(case, second, steps, truth, noise, skull)
    return Scans(*fixed[:1], *moving[:1], fixed[1], moving[1], truth, degrees, shift)


def _scan(
    case: int,
    sequence: str,
    steps: np.ndarray,
    displacement: Affine,
    noise: float,
    skull: bool,
) -> tuple[Volume, Volume]:
    """Return a scan and its tumour mask; the head was displaced, the grid was not."""
    shape = tuple(int(round(extent / step)) for extent, step in zip(FIELD, steps))
    affine = np.diag([*steps, 1.0])
    affine[:3, 3] = np.array(CENTRE) - steps * (np.array(shape) - 1) / 2
    study = make_study(
        11,
        case,
        affine=np.linalg.inv(displacement) @ affine,
        shape=shape,
        modalities=[sequence],
        noise=noise,
        skull=skull,
    )
    mask = (study.label > 0).astype(np.uint8)
    return Volume(study.images[sequence], affine), Volume(mask, affine)


def measure(case: int, scans: Scans) -> Row:
    """Register the scans and compare with the truth."""
    start = time.perf_counter()
    found = register(scans.fixed, scans.moving, name=f"case {case}")
    seconds = time.perf_counter() - start
    points = head_points(scans.fixed)
    apart = voxel_to_world(found.matrix, points) - voxel_to_world(scans.truth, points)
    errors = np.linalg.norm(apart, axis=1)
    there = resample_smoothly(scans.moving_mask, scans.fixed.grid, found.matrix)
    fine = scans.fixed.grid.with_spacing((1.0, 1.0, 1.0))
    return Row(
        case=case,
        degrees=scans.degrees,
        shift=scans.shift,
        mean_error=float(errors.mean()),
        largest_error=float(errors.max()),
        dice_there_and_back=there_and_back(scans.moving_mask, fine, found.matrix),
        dice_back_coarse=there_and_back(
            scans.moving_mask, scans.fixed.grid, found.matrix
        ),
        dice_with_truth=dice(there.array, scans.fixed_mask.array),
        volume_kept=size(there) / size(scans.moving_mask),
        nmi=found.match.nmi,
        seconds=seconds,
    )


def there_and_back(mask: Volume, grid: Grid, matrix: Affine) -> float:
    """Return the Dice of a mask with itself after a journey to a grid and back."""
    there = resample_smoothly(mask, grid, matrix)
    again = resample(there, mask.grid, np.linalg.inv(matrix), label=True)
    return dice(again.array, mask.array)


def size(mask: Volume) -> float:
    """Return the volume of a mask in mm³."""
    return float((mask.array > 0).sum() * np.prod(mask.grid.spacing))


def head_points(volume: Volume) -> np.ndarray:
    """Return points (N, 3) in RAS+ mm, one each 8 mm, throughout the head."""
    rough = coarse(volume, 8.0)
    return voxel_to_world(rough.affine, np.argwhere(foreground(rough)))


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """Return the Dice coefficient of two masks; 1 when both are empty."""
    total = int((a > 0).sum()) + int((b > 0).sum())
    return 2 * float(((a > 0) & (b > 0)).sum()) / total if total else 1.0


def main() -> int:
    """Run the command line; 1 when the mean error is above 1 mm or a Dice too low."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=20, help="phantoms (20)")
    parser.add_argument("--json", action="store_true", help="print rows as JSON")
    arguments = parser.parse_args()
    rows = []
    for case in range(arguments.cases):
        rows.append(measure(case, make_scans(case)))
        if not arguments.json:
            print(_line(rows[-1]), flush=True)
    mean = float(np.mean([row.mean_error for row in rows]))
    lowest = min(row.dice_there_and_back for row in rows)
    coarse_lowest = min(row.dice_back_coarse for row in rows)
    summary = {
        "cases": len(rows),
        "mean_error_mm": round(mean, 3),
        "largest_case_mean_mm": round(max(row.mean_error for row in rows), 3),
        "largest_point_error_mm": round(max(row.largest_error for row in rows), 3),
        "lowest_dice_there_and_back": round(lowest, 4),
        "lowest_dice_back_coarse": round(coarse_lowest, 4),
        "mean_dice_with_truth": round(
            float(np.mean([row.dice_with_truth for row in rows])), 4
        ),
        "volume_kept": [
            round(how(row.volume_kept for row in rows), 3) for how in (min, max)
        ],
        "mean_seconds": round(float(np.mean([row.seconds for row in rows])), 1),
    }
    rows_out = [asdict(row) for row in rows]
    print(json.dumps({**summary, "rows": rows_out} if arguments.json else summary))
    return int(mean > 1.0 or lowest < 0.95)


def _line(row: Row) -> str:
    return (
        f"case {row.case:2d}: {row.degrees:4.1f}° {row.shift:4.1f} mm -> error mean "
        f"{row.mean_error:.2f} largest {row.largest_error:.2f} mm, Dice back "
        f"{row.dice_there_and_back:.3f} (2 mm: {row.dice_back_coarse:.3f}) "
        f"truth {row.dice_with_truth:.3f}, NMI {row.nmi:.3f}, {row.seconds:.1f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
