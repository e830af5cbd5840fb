"""Find the MR series under a folder; every header is read once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mritumor.dicom.header import text
from mritumor.dicom.patient import Patient, patient_of
from mritumor.dicom.read import (
    DAMAGED,
    MR_CLASSES,
    claims_to_be_dicom,
    looks_like_dicom,
    quiet,
    read_dataset,
    read_patient_group,
    sop_class,
)
from mritumor.dicom.series import Groups, Series, as_series, collect
from mritumor.errors import InputError
from mritumor.types import PathLike


@dataclass
class Found:
    """What lies under a folder.

    Attributes:
        series: in order of study and series number.
        broken: a sentence for each file that is DICOM and cannot be read.
        others: number of files passed over, by what they are.
        twice: number of images passed over because they were there already.
    """

    series: list[Series] = field(default_factory=list)
    broken: list[InputError] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    twice: int = 0


def find_series(folder: PathLike) -> Found:
    """Find the MR series under a folder.

    Files are known by their content, so they may have any name or none. Images of one
    SeriesInstanceUID that differ in orientation, size, spacing, echo, inversion time,
    b-value, time point or component (magnitude, phase) become several series.

    Args:
        folder: read with everything below it.

    Returns:
        Series, broken files, and counts of the rest.

    Raises:
        InputError: no such folder.
        MissingDependencyError: pydicom is not installed.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError("there is no such folder", where=folder)
    found = Found()
    groups: Groups = defaultdict(list)
    damaged: dict[Path, str] = {}
    patients: set[Patient] = set()
    seen: set[str] = set()
    for path in _files(folder):
        try:
            with quiet():
                dataset = _open(path, found, seen)
                if dataset is None:
                    continue
                who = patient_of(dataset)
                collect(dataset, path, groups)
                # Only now: a damaged file must not shut out its sound double.
                seen.add(text(dataset, "SOPInstanceUID"))
        except DAMAGED as error:
            damaged[path] = _reason(error)
            who = patient_of(read_patient_group(path))
        patients.add(who)
    found.broken = [
        _broken(path.relative_to(folder), why, patients)
        for path, why in damaged.items()
    ]
    found.series = as_series(groups)
    return found


def holds_dicom(folder: PathLike) -> bool:
    """Whether a folder, or one below it, holds a DICOM file, by its first bytes."""
    return any(
        looks_like_dicom(path) or claims_to_be_dicom(path)
        for path in _files(Path(folder))
    )


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = path.name.startswith(".") or "__MACOSX" in path.parts
        if path.is_file() and not hidden:
            yield path


def _open(path: Path, found: Found, seen: set[str]) -> Any:
    """Return the dataset of an MR image not seen before, else None.

    Raises:
        ValueError: a file that is named DICOM and is none, or another of `DAMAGED`.
    """
    if not looks_like_dicom(path):
        if claims_to_be_dicom(path):
            raise ValueError("it is named DICOM and is none")
        found.others["not DICOM"] += 1
        return None
    dataset = read_dataset(path)
    kind = sop_class(dataset)
    if not kind:
        raise ValueError("its header ends before it tells what it is")
    if kind not in MR_CLASSES:
        found.others[text(dataset, "Modality") or "DICOM without image"] += 1
        return None
    uid = text(dataset, "SOPInstanceUID")
    if uid and uid in seen:
        found.twice += 1
        return None
    return dataset


def _reason(error: Exception) -> str:
    # What pydicom says may quote values; our own words do not.
    own = isinstance(error, ValueError) and str(error).startswith("it ")
    return str(error) if own else "its header is truncated or damaged"


def _broken(path: Path, why: str, patients: set[Patient]) -> InputError:
    name = path.as_posix()
    for patient in sorted(patients, key=lambda p: (p.pseudonym, p.secrets)):
        name = patient.hide(name)
    return InputError(
        f"this DICOM file cannot be read: {why}",
        where=name,
        remedy="fetch or export it again",
    )
