"""From what a person points at to cases, for bundles of volumes and of slices.

A case is a volume study (`mritumor.data.InputCase`), one picture or a patient's folder
of them (`PictureCase`), or a DICOM study (`DicomCase`).
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from mritumor.data.datalist import SECTIONS, read_datalist
from mritumor.data.inputs import (
    DATALIST,
    VOLUMES,
    InputCase,
    find_cases,
    with_unique_names,
)
from mritumor.data.picture_inputs import find_pictures
from mritumor.data.sources.pictures import PICTURES
from mritumor.errors import InputError
from mritumor.types import PathLike

if TYPE_CHECKING:
    from mritumor.data.dicom_study import DicomStudy

SLICES = (*PICTURES, ".mat")
"""What a bundle of slices reads besides volumes and DICOM."""


@dataclass(frozen=True)
class PictureCase:
    """One picture, or a patient's pictures in order.

    Attributes:
        name: of the case, unique within one search.
        pictures: the files; several are slices of one patient, from the first to the
            last.
        is_patient: whether the files are one patient's slices, be it a single one.
    """

    name: str
    pictures: tuple[Path, ...]
    is_patient: bool = False


@dataclass(frozen=True)
class DicomCase:
    """One MR study in DICOM.

    Attributes:
        name: a pseudonym, unless ids were to be kept.
        study: its series.
    """

    name: str
    study: DicomStudy = field(repr=False)


Case: TypeAlias = "InputCase | PictureCase | DicomCase"
CASES = (InputCase, PictureCase, DicomCase)


@dataclass
class FoundInputs:
    """What lies under the paths that were given.

    Attributes:
        cases: to be predicted, names unique.
        problems: a sentence for each input that is no case.
    """

    cases: list[Case] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def find_inputs(
    paths: PathLike | Iterable[PathLike],
    modalities: Sequence[str],
    dims: int,
    *,
    as_patient: bool = False,
    keep_ids: bool = False,
) -> FoundInputs:
    """Find the cases under files and folders.

    A folder that holds DICOM gives its MR studies. For bundles of slices
    (``dims=2``) pictures count besides volumes: those of a folder whose names are the
    folder's and a number (``P1/P1_12.tif``) are one patient. A ``datalist.json`` gives
    its testing section, or everything when there is none.

    Args:
        paths: files and folders.
        modalities: channel names that are asked for.
        dims: spatial axes of the bundle's network, 2 or 3.
        as_patient: the pictures of every folder are one patient, whatever their names.
        keep_ids: DICOM: name studies by the patient's id instead of its pseudonym.

    Returns:
        Cases, and a sentence for each path in which there are none.

    Raises:
        InputError: there is no case at all.
    """
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    found = FoundInputs()
    rest: list[Path] = []
    for path in map(Path, given):
        try:
            if path.is_dir() and not _datalist(path) and _holds_dicom(path):
                found.cases += _studies(path, keep_ids, found.problems)
            elif not path.exists():
                raise InputError("there is no such file or folder", where=path)
            else:
                rest.append(path)
        except InputError as error:
            found.problems.append(str(error))
    try:
        if rest:
            found.cases += _plain(rest, modalities, dims, as_patient)
    except InputError as error:
        found.problems.append(str(error))
    if not found.cases:
        raise InputError("; ".join(found.problems) or "no input was given")
    found.cases = with_unique_names(found.cases)
    return found


def _plain(
    paths: list[Path], modalities: Sequence[str], dims: int, as_patient: bool
) -> list[Case]:
    if dims == 3:
        return list(find_cases(paths, modalities))
    cases: list[Case] = []
    volumes: list[Path] = []
    loose: list[Path] = []
    for path in paths:
        if path.is_dir() and _datalist(path):
            cases += _of_datalist(path / DATALIST)
        elif path.is_dir():
            pictures, holds_volumes = _look(path)
            cases += _grouped(pictures, as_patient)
            volumes += [path] if holds_volumes or not pictures else []
        elif path.name.lower().endswith(VOLUMES):
            volumes.append(path)
        else:
            loose.append(path)
    cases += _grouped(list(dict.fromkeys(loose)), as_patient)
    return cases + (_volumes(volumes, modalities) if volumes else [])


def _volumes(paths: list[Path], modalities: Sequence[str]) -> list[Case]:
    try:
        return list(find_cases(paths, modalities))
    except InputError as error:
        if error.what != "no images were found":
            raise
        raise InputError(
            error.what,
            where=error.where,
            expected="files ending in " + ", ".join([*SLICES, *VOLUMES]) + ", or DICOM",
        ) from None


def _look(folder: Path) -> tuple[list[Path], bool]:
    """Return the pictures under a folder, and whether volumes lie there too."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.name[0] != "."]
    mats = [p for p in files if p.suffix.lower() == ".mat" and p.name != "cvind.mat"]
    try:
        pictures = list(map(Path, find_pictures(folder)))
    except InputError:
        pictures = []
    return pictures + sorted(mats), any(p.name.lower().endswith(VOLUMES) for p in files)


def _grouped(pictures: list[Path], as_patient: bool) -> list[Case]:
    folders: dict[Path, list[Path]] = defaultdict(list)
    for path in pictures:
        folders[path.parent].append(path)
    cases: list[Case] = []
    for folder, files in folders.items():
        slices, others = files, []
        if not as_patient:
            slices = [f for f in files if _is_slice_of(folder.name, f.stem)]
            others = [f for f in files if f not in slices]
        if slices:
            cases.append(PictureCase(folder.name, tuple(slices), is_patient=True))
        cases += [PictureCase(f.stem, (f,)) for f in others]
    return cases


def _is_slice_of(folder: str, stem: str) -> bool:
    """Tell whether a file is named by its folder and a number."""
    return stem.startswith(folder) and bool(
        re.fullmatch(r"[_\-. ]?\d+", stem[len(folder) :])
    )


def _of_datalist(path: Path) -> list[Case]:
    """Return a datalist's cases; the items of a patient with numbered slices are one."""
    items = read_datalist(path, "testing", allow_leaky=True) or [
        item for s in SECTIONS for item in read_datalist(path, s, allow_leaky=True)
    ]
    patients: dict[str, list[tuple[int, Path]]] = defaultdict(list)
    cases: list[Case] = []
    for item in items:
        file = Path(item["image"])
        if "slice" in item and "patient" in item:
            patients[str(item["patient"])].append((int(item["slice"]), file))
        else:
            cases.append(PictureCase(file.stem, (file,)))
    stacks = [
        PictureCase(name, tuple(f for _, f in sorted(files)), is_patient=True)
        for name, files in patients.items()
    ]
    return [*stacks, *cases]


def _datalist(folder: Path) -> bool:
    return (folder / DATALIST).is_file()


def _holds_dicom(folder: Path) -> bool:
    from mritumor.dicom import holds_dicom

    return bool(holds_dicom(folder))


def _studies(folder: Path, keep_ids: bool, problems: list[str]) -> list[DicomCase]:
    from mritumor.data.dicom_study import find_studies

    found = find_studies(folder, keep_ids)
    problems += [str(error) for error in found.broken]
    return [DicomCase(study.name, study) for study in found.studies]
