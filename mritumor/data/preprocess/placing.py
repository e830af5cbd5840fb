"""Where each sequence of a study lies: its registrations put one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from mritumor.data.preprocess.options import Options
from mritumor.data.preprocess.registration import WEAK_NMI, Registration, register
from mritumor.data.preprocess.volume import Volume
from mritumor.types import Affine


@dataclass(frozen=True)
class Placing:
    """How a study's sequences were laid onto each other.

    Args:
        matrices: per sequence 4×4, positions in the result to its own, RAS+ mm.
        registrations: per sequence onto the reference, but for the reference itself.
        atlas: the reference onto the atlas, None without one.
    """

    matrices: dict[str, Affine]
    registrations: dict[str, Registration] = field(default_factory=dict)
    atlas: Registration | None = None


def place(
    volumes: Mapping[str, Volume],
    atlas: Volume | None,
    options: Options,
    case: str,
    warnings: list[str],
) -> Placing:
    """Register what is asked for.

    Args:
        volumes: the sequences, the reference among them.
        atlas: onto which the reference is laid, or None.
        options: whether and how.
        case: for errors.
        warnings: receives a sentence for each weak match.

    Raises:
        InputError: a match is poor.
    """
    nmi, overlap = options.min_nmi, options.min_overlap
    fixed = volumes[options.reference]
    found = {}
    for name in volumes if options.registration else ():
        if name != options.reference:
            where = f"{case}, {name} onto {options.reference}"
            found[name] = register(
                fixed, volumes[name], name=where, min_nmi=nmi, min_overlap=overlap
            )
            _warn_if_weak(found[name], where, warnings)
    onto, first = None, np.eye(4)
    if atlas is not None:
        where = f"{case}, {options.reference} onto the atlas"
        kind = options.atlas_kind
        onto = register(
            atlas, fixed, kind, name=where, min_nmi=nmi, min_overlap=overlap
        )
        first = onto.matrix
    matrices = {
        name: found[name].matrix @ first if name in found else first for name in volumes
    }
    return Placing(matrices, found, onto)


def _warn_if_weak(result: Registration, where: str, warnings: list[str]) -> None:
    if result.match.nmi < WEAK_NMI:
        warnings.append(
            f"{where}: the match is weak (normalised mutual information "
            f"{result.match.nmi:.3f}); look at it, it may be another person's head"
        )
