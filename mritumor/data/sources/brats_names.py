"""What the names of BraTS cases tell: the year's label values, patient and site."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from mritumor.data.labels import Convention, convention

# Names that tell the year, and with it the label values.
_BY_NAME = (
    (re.compile(r"brats[-_](gli|men|met|ped|ssa)[-_]", re.I), "brats2023"),
    (re.compile(r"brats(17|18|19|20|2021)[-_]", re.I), "brats2017"),
    (re.compile(r"(^vsd\.|brats[-_]?20(13|15)|brats_tcia_pat)", re.I), "brats2013"),
    (re.compile(r"^(sim)?brats_[hl]g\d+", re.I), "brats2012"),
)
# Scans of one patient: BraTS-GLI-00000-100 is the second date of BraTS-GLI-00000,
# brats_2013_pat0001_1 and Brats18_CBICA_AAB_1 are the first scans of theirs.
_DATED = (
    re.compile(r"^(?P<patient>brats-[a-z]+-\d+)-\d{3}$", re.I),
    re.compile(r"^(?P<patient>brats_(?P<site>2013|tcia)_pat\d+)_\d+$", re.I),
    re.compile(r"^(?P<patient>brats1[789]_(?P<site>[a-z0-9]+)_[a-z0-9]+)_\d+$", re.I),
)


def convention_by_name(cases: Collection[str]) -> Convention | None:
    """Return the label convention of the year that the names of cases tell."""
    for pattern, name in _BY_NAME:
        if any(pattern.search(case) for case in cases):
            return convention(name)
    return None


def patient_and_site(name: str, folder: Path) -> tuple[str, str]:
    """Return patient and site of a case: dates and sessions of one stay together.

    Args:
        name: of the case.
        folder: where its first image lies; a BIDS ``sub-…`` in it is the patient.

    Returns:
        The patient, and the site or "" where the name tells none.
    """
    for pattern in _DATED:
        dated = pattern.match(name)
        if dated:
            return dated["patient"], dated.groupdict().get("site") or ""
    bids = [part for part in folder.parts if part.startswith("sub-")]
    return (bids[-1] if bids else name), ""
