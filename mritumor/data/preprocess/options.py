"""What can be asked of `preprocess`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mritumor.data.modalities import MODALITIES
from mritumor.data.preprocess import brain, normalisation
from mritumor.data.preprocess.registration import KINDS, MIN_NMI, MIN_OVERLAP
from mritumor.errors import InputError


@dataclass(frozen=True)
class Options:
    """The steps of `preprocess`, all of which can be left out.

    Args:
        reference: the sequence onto which the others are laid.
        spacing: mm, one length or three, of the result; None keeps the reference's.
        n4: correct the bias field.
        registration: lay the sequences onto the reference; else the positions that
            the files state are trusted.
        atlas: file of a head onto which the reference is laid; the result then lies on
            its grid.
        atlas_kind: ``"rigid"`` or ``"affine"``.
        skull_strip: ``"none"``, ``"builtin"`` or ``"hd-bet"``.
        crop: cut the volume to the brain, or to the head where nothing is stripped;
            never with an atlas, whose grid is what is asked for.
        margin: mm left around it.
        normalise: ``"none"``, ``"zscore"`` or ``"percentile"``.
        min_nmi: least normalised mutual information of a registration.
        min_overlap: least overlap of the heads.

    Raises:
        InputError: a value that does not exist or is out of range.
    """

    reference: str = "t1c"
    spacing: float | tuple[float, float, float] | None = None
    n4: bool = True
    registration: bool = True
    atlas: Path | None = None
    atlas_kind: str = "rigid"
    skull_strip: str = "none"
    crop: bool = True
    margin: float = 5.0
    normalise: str = "zscore"
    min_nmi: float = MIN_NMI
    min_overlap: float = MIN_OVERLAP

    def __post_init__(self) -> None:
        for name, value, known in (
            ("reference", self.reference, MODALITIES),
            ("atlas_kind", self.atlas_kind, KINDS),
            ("skull_strip", self.skull_strip, brain.METHODS),
            ("normalise", self.normalise, normalisation.METHODS),
        ):
            if value not in known:
                raise InputError(
                    "no such choice", where=name, got=value, expected=", ".join(known)
                )
        if not self.margin >= 0:
            raise InputError("the margin is negative", where="margin", got=self.margin)
        if self.spacing is not None and np.shape(self.spacing) not in ((), (3,)):
            raise InputError(
                "the spacing is not one length or three",
                where="spacing",
                got=self.spacing,
            )

    @property
    def three_spacings(self) -> tuple[float, float, float] | None:
        """The spacing along the three axes in mm, or None."""
        if self.spacing is None:
            return None
        i, j, k = np.broadcast_to(np.asarray(self.spacing, np.float64), (3,))
        return float(i), float(j), float(k)
