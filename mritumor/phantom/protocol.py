"""Which grid each sequence of a study is acquired on."""

from __future__ import annotations

import numpy as np

from mritumor import geometry
from mritumor.phantom.grid import Grid, head_grid
from mritumor.phantom.options import StudyOptions


def study_grids(
    options: StudyOptions, rng: np.random.Generator
) -> tuple[Grid, dict[str, Grid]]:
    """Return the reference grid and the grid of each sequence.

    Args:
        options: of the study.
        rng: draws the axis that oblique grids are turned about.
    """
    axis = rng.normal(size=3)
    if options.affine is not None and options.shape is not None:
        i, j, k = (int(n) for n in options.shape)
        reference = Grid((i, j, k), geometry.as_affine(options.affine))
    else:
        reference = head_grid(
            options.three_spacings,
            oblique=options.oblique,
            axis=axis,
            flip=options.flip,
        )
    grids = dict.fromkeys(options.modalities, reference)
    if options.different_grids:
        grids.update(_other_grids(options, rng))
    return reference, {name: grids[name] for name in options.modalities}


def _other_grids(options: StudyOptions, rng: np.random.Generator) -> dict[str, Grid]:
    """Make grids as of separate 2-D scans: sagittal, axial and coronal slabs."""
    fine = max(1.0, min(options.three_spacings))
    made = {}
    for name, thick, flip in (("t1n", 0, "x"), ("t2w", 2, "xy"), ("t2f", 1, "")):
        steps = [fine] * 3
        steps[thick] = float(rng.choice([3.0, 4.0, 5.0]))
        turn = options.oblique + rng.uniform(2, 8)
        axis = rng.normal(size=3)
        made[name] = head_grid(steps, oblique=turn, axis=axis, flip=flip)
    return made
