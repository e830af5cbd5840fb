"""Which series of a DICOM study are the sequences that are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mritumor.data.modalities import MODALITIES
from mritumor.data.sources.dicom_sequence import sequence_of
from mritumor.dicom.kind import FEWEST_SLICES, why_not_anatomical
from mritumor.dicom.series import Series
from mritumor.errors import InputError


@dataclass
class Candidates:
    """The series of a study, sorted by what they may be.

    Attributes:
        by_sequence: canonical name to series.
        anatomical: all that are anatomical volumes, recognised or not.
        passed: a clause for each series passed over.
        doubts: for each series whose name and timing contradict each other.
    """

    by_sequence: dict[str, list[Series]] = field(
        default_factory=lambda: defaultdict(list)
    )
    anatomical: list[Series] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    doubts: list[InputError] = field(default_factory=list)


def candidates(series: Sequence[Series], fewest: int = FEWEST_SLICES) -> Candidates:
    """Sort the series of a study.

    Args:
        series: of one study.
        fewest: slices that a volume must have; 1 takes single slices too.
    """
    found = Candidates()
    for one in series:
        why = why_not_anatomical(one, fewest)
        if why:
            found.passed.append(f"{one.header}: {why}")
            continue
        found.anatomical.append(one)
        try:
            kind = sequence_of(one.header)
        except InputError as doubt:
            found.doubts.append(doubt)
            continue
        if kind is None:
            found.passed.append(f"{one.header}: no known sequence")
        else:
            found.by_sequence[kind].append(one)
    return found


def choose(
    series: Sequence[Series],
    modalities: Sequence[str],
    *,
    numbers: Mapping[str, int] | None = None,
    finest: bool = False,
    fewest: int = FEWEST_SLICES,
) -> tuple[dict[str, Series], list[str]]:
    """Choose one series for each sequence.

    Args:
        series: of one study.
        modalities: what is asked for. A name that is no sequence's, such as
            ``"image"``, may be any anatomical series.
        numbers: sequence to SeriesNumber, where a person has chosen.
        finest: of several, take the one with the smallest voxels, then most slices;
            else refuse.
        fewest: as for `candidates`.

    Returns:
        Sequence to series, without those that are missing; and what was passed over.

    Raises:
        InputError: several series are one sequence, or no series has such a number.
    """
    known, found = candidates(series, fewest), {}
    asked = dict(numbers or {})
    _check_asked(asked, modalities)
    taken = [_numbered(series, asked[name], name) for name in asked]
    for name in modalities:
        if name in asked:
            found[name] = _numbered(series, asked[name], name)
            continue
        pool = (
            known.by_sequence.get(name, []) if name in MODALITIES else known.anatomical
        )
        several = [one for one in pool if one not in taken]
        if several:
            found[name] = (
                several[0] if len(several) == 1 else _one(several, name, finest)
            )
    unused = [one for one in known.anatomical if one not in found.values()]
    spare = [f"{one.header}: not used" for one in unused]
    return found, known.passed + spare + [str(doubt) for doubt in known.doubts]


def _check_asked(asked: Mapping[str, int], modalities: Sequence[str]) -> None:
    unknown = [name for name in asked if name not in modalities]
    if unknown:
        raise InputError(
            "a series is chosen for a sequence that is not asked for",
            got=", ".join(unknown),
            expected=", ".join(modalities),
        )


def _numbered(series: Sequence[Series], number: int, name: str) -> Series:
    """Return the series with a number.

    Raises:
        InputError: there is none, or several.
    """
    found = [one for one in series if one.header.number == number]
    if len(found) != 1:
        raise InputError(
            f"{len(found)} series have the number {number}",
            where=series[0].header.case if series else name,
            got=some([told(one) for one in found or series]),
            expected=f"one, the {name}",
        )
    return found[0]


def _one(several: Sequence[Series], name: str, finest: bool) -> Series:
    if finest:
        return min(several, key=_coarseness)
    raise InputError(
        f"{len(several)} series may be the {name}",
        where=several[0].header.case,
        got=some([told(one) for one in several]),
        expected="one series of each sequence",
        remedy="choose one by its number, or move the others out of the folder",
    )


def _coarseness(series: Series) -> tuple[float, int]:
    """Sort by the longest edge of a voxel, which thick slices make, then by slices."""
    positions = np.array([frame.position for frame in series.frames])
    first = series.frames[0]
    reach = float(np.linalg.norm(np.ptp(positions, axis=0)))
    step = reach / (len(positions) - 1) if len(positions) > 1 else first.depth or 10.0
    return round(max(*first.spacing, step), 2), -len(series.frames)


def study_name(series: Series, keep_ids: bool) -> str:
    """Name a study: by pseudonyms, or by the patient's id where that was asked for."""
    own = series.header.patient.id
    if not keep_ids or not own:
        return series.header.case
    safe = "".join(c if c.isalnum() else "-" for c in own)
    return f"{safe}_{series.header.case.partition('_')[2]}"


def some(clauses: Sequence[str], most: int = 4) -> str:
    """Join clauses, the first few of many."""
    more = f" and {len(clauses) - most} more" if len(clauses) > most else ""
    return " and ".join(clauses[:most]) + more


def told(series: Series) -> str:
    """Describe a series and how many images it has."""
    return f"{series.header} with {len(series.frames)} images"
