"""Rigid and affine registration of one volume to another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mritumor.data.preprocess.match import Match, compare
from mritumor.data.preprocess.pyramid import centre_of_mass, coarse
from mritumor.data.preprocess.search import pair_at, polish
from mritumor.data.preprocess.starts import as_affine_transform, best_start
from mritumor.data.preprocess.volume import (
    Volume,
    from_itk_transform,
)
from mritumor.errors import InputError
from mritumor.types import Affine

KINDS = ("rigid", "affine")
MIN_NMI = 1.06
"""Least normalised mutual information at 4 mm: noise has 1.00, a ball 1.05, sequences of
one head 1.10 to 1.35 (phantoms, and the studies that data/README.md names)."""
WEAK_NMI = 1.09
"""Below this a match is accepted with a warning: another person's head has 1.08."""
MIN_OVERLAP = 0.5
"""Least share of the smaller head that must lie in the other."""

MEDIUM, FINE = 4.0, 2.0  # mm, edges of the voxels looked at


@dataclass(frozen=True)
class Registration:
    """How one volume is laid onto another.

    Args:
        matrix: 4×4, fixed positions to moving positions, RAS+ mm.
        match: with that matrix.
        before: with the positions that the files state.
        kind: ``"rigid"`` or ``"affine"``.
        degrees: that the volume was turned by.
        shift: mm that the middle of the fixed head was moved by.
    """

    matrix: Affine
    match: Match
    before: Match
    kind: str
    degrees: float
    shift: float


def register(
    fixed: Volume,
    moving: Volume,
    kind: str = "rigid",
    *,
    name: str = "the volume",
    min_nmi: float = MIN_NMI,
    min_overlap: float = MIN_OVERLAP,
) -> Registration:
    """Find where a volume's positions lie in another, by mutual information.

    Coarse searches start at the files' own positions, at the middles laid onto each
    other, and tilted by 15° each way; the best is refined at 4 and 2 mm. That covers
    turns of at least 20° and shifts of at least 20 mm. Equal inputs give equal results.

    Args:
        fixed: (I, J, K), any contrast and spacing.
        moving: likewise.
        kind: ``"rigid"`` (6 parameters) or ``"affine"`` (12).
        name: of the moving volume, for the error.
        min_nmi: least normalised mutual information (see `Match`) to accept.
        min_overlap: least overlap of the heads to accept.

    Raises:
        InputError: an unknown kind, or the match is poor.
    """
    if kind not in KINDS:
        raise InputError("no such registration", got=kind, expected=" or ".join(KINDS))
    start = best_start(fixed, moving, name)
    medium, fine = (pair_at(fixed, moving, edge) for edge in (MEDIUM, FINE))
    found = polish(medium, start, 1.0)[1]
    if kind == "affine":
        found = polish(medium, as_affine_transform(found), 1.0)[1]
    found = polish(fine, found, 0.5)[1]
    result = _describe(fixed, moving, from_itk_transform(found), kind)
    _check(result, name, min_nmi, min_overlap)
    return result


def _describe(fixed: Volume, moving: Volume, matrix: Affine, kind: str) -> Registration:
    first, second = coarse(fixed, MEDIUM), coarse(moving, MEDIUM)
    middle: np.ndarray = np.append(centre_of_mass(first), 1.0)
    u, _, v = np.linalg.svd(matrix[:3, :3])
    cosine = (np.trace(u @ v) - 1) / 2
    return Registration(
        matrix=matrix,
        match=compare(first, second, matrix),
        before=compare(first, second, np.eye(4)),
        kind=kind,
        degrees=float(np.rad2deg(np.arccos(np.clip(cosine, -1, 1)))),
        shift=float(np.linalg.norm((matrix @ middle - middle)[:3])),
    )


def _check(result: Registration, name: str, min_nmi: float, min_overlap: float) -> None:
    measured = (
        ("normalised mutual information", result.match.nmi, min_nmi),
        ("overlap of the heads", result.match.overlap, min_overlap),
    )
    for what, value, least in measured:
        if value < least:
            raise InputError(
                f"the registration is refused, its match is poor: {what}",
                where=name,
                got=f"{value:.3f}",
                expected=f"at least {least:g}",
                remedy="check that both show the same head; "
                "--no-registration keeps the positions that the files state",
            )
