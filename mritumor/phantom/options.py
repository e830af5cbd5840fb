"""What can be asked of a synthetic study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from mritumor.errors import InputError, did_you_mean
from mritumor.phantom.contrast import MODALITIES
from mritumor.types import Affine

KINDS = ("high-grade", "low-grade", "meningioma", "pituitary", "none")


@dataclass(frozen=True)
class StudyOptions:
    """The settings of `make_study`; the defaults resemble a preprocessed glioma study.

    Args:
        spacing: mm, one number or three.
        affine: voxel index to RAS+ mm of the reference grid; needs `shape`, and
            `spacing`, `oblique` and `flip` are then not used.
        shape: (I, J, K) of the reference grid.
        oblique: degrees that the grid is turned about an axis drawn per case.
        flip: array axes that run backwards, some of ``"xyz"``.
        different_grids: every sequence has its own grid: thick slices in another
            plane, slightly turned. t1c stays on the reference grid.
        modalities: the sequences that exist, some of `MODALITIES`.
        skull: keep scalp, skull and face; else everything outside the dura is 0.
        noise: standard deviation in each receive channel, relative to the brightest
            normal tissue.
        bias: largest deviation of the coil's factor from 1, 0..0.9.
        kind: of tumour, one of `KINDS`; None draws high-grade or low-grade.
        low_grade_fraction: chance of low-grade (oedema label only) when drawn.
        foci: number of lesions; None draws one, sometimes two.
        volumes_ml: exact volumes, some of ``NCR``, ``ET``, ``ED``; None draws them.
        keep_tissues: return the tissue fractions on the reference grid too.

    Raises:
        InputError: a value out of range.
    """

    spacing: float | Sequence[float] = 1.5
    affine: Affine | None = None
    shape: Sequence[int] | None = None
    oblique: float = 0.0
    flip: str = ""
    different_grids: bool = False
    modalities: Sequence[str] = MODALITIES
    skull: bool = False
    noise: float = 0.02
    bias: float = 0.2
    kind: str | None = None
    low_grade_fraction: float = 0.2
    foci: int | None = None
    volumes_ml: Mapping[str, float] | None = None
    keep_tissues: bool = False

    def __post_init__(self) -> None:
        for name in self.modalities:
            _one_of("modality", name, MODALITIES)
        if not self.modalities:
            raise InputError(
                "no sequence is left", expected=f"one of {', '.join(MODALITIES)}"
            )
        if self.kind is not None:
            _one_of("kind of tumour", self.kind, KINDS)
        for name, volume in (self.volumes_ml or {}).items():
            _one_of("label", name, ("NCR", "ET", "ED"))
            if volume < 0:
                raise InputError("a volume is negative", where=name, got=volume)
        if self.volumes_ml is not None and sum(self.volumes_ml.values()) <= 0:
            raise InputError(
                "the volumes leave no tumour", remedy="ask for kind='none' instead"
            )
        _within("noise", self.noise, 0, 0.5)
        _within("bias", self.bias, 0, 0.9)
        _within("low_grade_fraction", self.low_grade_fraction, 0, 1)
        if self.foci is not None:
            _within("foci", self.foci, 1, 5)
        _check_spacing(self.spacing)
        for letter in self.flip:
            _one_of("axis to flip", letter, "xyz")
        if (self.affine is None) != (self.shape is None):
            raise InputError(
                "a grid needs both an affine and a shape, or neither of them"
            )

    @property
    def three_spacings(self) -> tuple[float, float, float]:
        """The spacing along the three array axes in mm."""
        values = np.broadcast_to(np.asarray(self.spacing, np.float64), (3,))
        return float(values[0]), float(values[1]), float(values[2])


def resolve(options: StudyOptions | None, changes: Mapping[str, Any]) -> StudyOptions:
    """Return options with some fields changed.

    Raises:
        InputError: a field that does not exist.
    """
    known = [field.name for field in fields(StudyOptions)]
    for name in changes:
        _one_of("option of a study", name, known)
    return replace(options or StudyOptions(), **changes)


def _check_spacing(spacing: float | Sequence[float]) -> None:
    steps = np.asarray(spacing, np.float64)
    if steps.shape not in ((), (3,)) or not ((steps >= 0.7) & (steps <= 12)).all():
        raise InputError(
            "the voxel spacing cannot be used",
            where="spacing",
            got=spacing,
            expected="one length, or three, of 0.7 to 12 mm",
        )


def _one_of(what: str, word: str, known: Sequence[str]) -> None:
    if word not in known:
        raise InputError(
            f"unknown {what}",
            got=word,
            expected=", ".join(known),
            remedy=did_you_mean(word, known),
        )


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InputError(
            "the value is out of range",
            where=name,
            got=value,
            expected=f"{low} to {high}",
        )
