"""Which voxels are brain: one interface, two ways."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mritumor.data.preprocess.hd_bet import hd_bet_mask
from mritumor.data.preprocess.rough_brain import looks_stripped, rough_brain
from mritumor.data.preprocess.volume import Volume
from mritumor.errors import InputError

METHODS = ("none", "builtin", "hd-bet")
WARNING = (
    "the brain was found by the built-in threshold and morphology, which is rough "
    "(some mm at the surface, worse around the eyes and after surgery): look at the "
    "mask, or use --skull-strip hd-bet"
)
SUITED = ("t2w", "t2f")  # bright fluid or dark bone: there the skull stands apart


def brain_mask(
    sequences: Mapping[str, Volume],
    reference: str,
    method: str,
    *,
    name: object = None,
) -> NDArray[np.bool_]:
    """Return the brain's voxels, (I, J, K).

    Args:
        sequences: a study on one grid.
        reference: the sequence that HD-BET sees. The built-in method prefers T2 or
            FLAIR where there is one.
        method: ``"builtin"`` or ``"hd-bet"``.
        name: of the study, for errors.

    Raises:
        InputError: an unknown method, or no brain was found.
        MissingDependencyError: HD-BET is not installed.
        MRITumorError: HD-BET failed.
    """
    if method == "hd-bet":
        mask = hd_bet_mask(sequences[reference], name=name)
    elif method == "builtin":
        stripped = looks_stripped(sequences[reference])
        suited = [] if stripped else [key for key in SUITED if key in sequences]
        mask = rough_brain(sequences[suited[0] if suited else reference])
    else:
        raise InputError(
            "no such skull stripping", got=method, expected=" or ".join(METHODS[1:])
        )
    if not mask.any():
        raise InputError(
            "no brain was found",
            where=name,
            remedy="look at the reference, or use --skull-strip none",
        )
    return mask
