"""What the names of BraTS cases tell: the year's label values, patient and site."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from mritumor.errors import LabelError

CHILDREN = "brats-peds"

# Names that tell the year, and with it the label values.
_BY_NAME = (
    (re.compile(r"brats[-_](gli|men|met|ssa)[-_]", re.I), "brats2023"),
    (re.compile(r"brats(17|18|19|20|2021)[-_]", re.I), "brats2017"),
    (re.compile(r"(^vsd\.|brats[-_]?20(13|15)|brats_tcia_pat)", re.I), "brats2013"),
    (re.compile(r"^(sim)?brats_[hl]g\d+", re.I), "brats2012"),
)
# 2023 and 2024 number the structures differently under the same names.
_CHILDREN = re.compile(r"brats[-_]peds?[-_]", re.I)
_RADIOTHERAPY = re.compile(r"brats[-_]men[-_]rt[-_]", re.I)
# Scans of one patient: BraTS-GLI-00000-100 is the second date of BraTS-GLI-00000,
# brats_2013_pat0001_1 and Brats18_CBICA_AAB_1 are the first scans of theirs.
_DATED = (
    re.compile(r"^(?P<patient>brats-[a-z]+-\d+)-\d{3}$", re.I),
    re.compile(r"^(?P<patient>brats-men-rt-\d+)-\d+$", re.I),
    re.compile(r"^(?P<patient>brats_(?P<site>2013|tcia)_pat\d+)_\d+$", re.I),
    re.compile(r"^(?P<patient>brats1[789]_(?P<site>[a-z0-9]+)_[a-z0-9]+)_\d+$", re.I),
)


def convention_by_name(cases: Collection[str], where: object = None) -> str | None:
    """Return the name of the label convention that the names of cases tell.

    Args:
        cases: names.
        where: the data set, for the error.

    Returns:
        Its name; `CHILDREN` for BraTS-PEDs, whose year only values tell; None if
        the names tell nothing.

    Raises:
        LabelError: names of several conventions, or of BraTS-MEN-RT, which outlines
            one structure and none of those of the others.
    """
    if any(_RADIOTHERAPY.search(case) for case in cases):
        raise LabelError(
            "BraTS-MEN-RT outlines one structure, the gross tumour volume",
            where=where,
            expected="necrotic core, oedema and enhancing tumour",
            remedy="use 'mritumor data prepare nifti'",
        )
    found = {name for case in cases if (name := _one(case))}
    if len(found) > 1:
        raise LabelError(
            "the cases are of data sets that number their labels differently",
            where=where,
            got=", ".join(sorted(found)),
            expected="one data set",
            remedy="prepare each by itself",
        )
    return found.pop() if found else None


def is_of_a_child(name: str) -> bool:
    """Whether a name is one of BraTS-PEDs."""
    return bool(_CHILDREN.search(name))


def _one(case: str) -> str | None:
    if is_of_a_child(case):
        return CHILDREN
    return next((name for pattern, name in _BY_NAME if pattern.search(case)), None)


def convention_of_children(values: Collection[int], where: object = None) -> str:
    """Return the convention of a BraTS-PEDs set by the values of all its outlines.

    2023: 1 non-enhancing component, 2 oedema, 3 enhancing tumour. 2024: 1 enhancing
    tumour, 2 non-enhancing, 3 cystic, 4 oedema. Only 4 tells them apart.

    Raises:
        LabelError: values, and no 4 among them.
    """
    if 4 in values:
        return "brats2024-ped"
    if set(values) <= {0}:
        return "brats2023"
    raise LabelError(
        "the label values fit BraTS-PEDs of 2023 and of 2024",
        where=where,
        got=sorted(set(values) - {0}),
        expected="4, peritumoral oedema, in some case of 2024",
        remedy="say which with --labels brats2023 or --labels brats2024-ped",
    )


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
