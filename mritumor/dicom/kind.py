"""Series that are no anatomical volume, told by their header."""

from __future__ import annotations

import re

from mritumor.dicom.series import Series

FEWEST_SLICES = 5

_TYPES = {
    "a localizer": {"LOCALIZER"},
    "a diffusion image": {"DIFFUSION", "ADC", "TRACEW", "FA", "TENSOR", "EXP"},
    "a reformatted image": {"MPR", "MIP", "MINIP", "MNIP", "REFORMATTED", "CSA MPR"}
    | {"PROJECTION IMAGE", "RESAMPLED", "CURVED"},
    "a phase image": {"P", "PHASE", "PHASE MAP", "R", "REAL", "I", "IMAGINARY"},
    "a computed image": {"SUBTRACTION", "SUB", "T1 MAP", "T2 MAP"}
    | {"PERFUSION", "CBF", "CBV", "MTT", "TTP", "ASL", "RCBV"},
}
_WORDS = {
    "a localizer": r"locali[sz]er|scout|survey|3 ?plane|loc|aahead\w*",
    "a diffusion image": r"dwi|dti|adc|e?dwi\w*|diff(usion)?|trace\w*|tensor|b\d{3,4}",
    "a perfusion image": r"perf(usion)?|dsc|dce|asl|r?cb[fv]|mtt|ttp|pwi",
    "a reformatted image": r"mpr|mip|min ?ip|reformat\w*|reconstruction",
    "a susceptibility image": r"swi\w*|swan|t2[*]|t2star|hemo|venobold",
    "an angiogram": r"tof|mra|mrv|angio\w*",
    "a functional image": r"mri ?bold|bold|fmri|rest(ing)?",
    "a computed image": r"sub(traction)?|field ?map\w*|b[01] ?map\w*",
}
_PATTERNS = {
    why: re.compile(rf"(?<![a-z0-9])({words})(?![a-z0-9])")
    for why, words in _WORDS.items()
}


def why_not_anatomical(series: Series, fewest: int = FEWEST_SLICES) -> str | None:
    """Say why a series is passed over.

    Args:
        series: any.
        fewest: slices that a volume must have.

    Returns:
        Such as ``"a localizer"``, or None for a volume that may be T1, T2 or FLAIR.
    """
    header = series.header
    said = re.sub(r"[^a-z0-9*]+", " ", (header.description or header.protocol).lower())
    for why, types in _TYPES.items():
        if types & set(header.image_type):
            return why
    if {"DERIVED", "SECONDARY"} <= set(header.image_type):
        return "a computed image"
    for why, pattern in _PATTERNS.items():
        if pattern.search(said):
            return why
    if header.b_value:
        return "a diffusion image"
    if "EP" in header.scanning:
        return "an echo-planar image"
    if series.orientations > 1:
        return "slices of several orientations"
    if len(series.frames) < fewest:
        return f"only {len(series.frames)} slice(s)"
    return None
