"""DICOM trees, as a scanner or an archive exports them: each study becomes a case.

Patients appear under pseudonyms (``P-…``) in file names, datalist and sentences,
unless `Options.keep_ids` is set.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel as nib

from mritumor.data.dicom_choice import candidates, some, study_name, told
from mritumor.data.labels import BRATS_LABELS
from mritumor.data.modalities import MODALITIES
from mritumor.data.read import read_geometry
from mritumor.dicom.search import Found, find_series
from mritumor.dicom.series import Series
from mritumor.dicom.volume import Volume, read_series
from mritumor.errors import GeometryError, InputError, MRITumorError
from mritumor.geometry import grid_difference
from mritumor.types import Item

if TYPE_CHECKING:
    from mritumor.data.prepare import Options

NAME = "DICOM studies"
DESCRIPTION = "MRI studies from DICOM; one NIfTI per sequence, no outlines"
LABELS = BRATS_LABELS
FACTS: dict[str, str] = {}


def prepare_cases(
    raw: Path, out: Path, options: Options, notes: list[str]
) -> Iterator[tuple[str, Item | MRITumorError]]:
    """Find every study, write its sequences and give its item.

    Raises:
        InputError: no MR series at all.
    """
    found = find_series(raw)
    if not found.series and not found.broken:
        raise InputError(
            "no MR series were found",
            where=raw,
            got=_counted(found.others) or "no files",
            expected="DICOM files of modality MR, with any name",
        )
    studies: dict[str, list[Series]] = defaultdict(list)
    for series in found.series:
        studies[series.header.case].append(series)
    _note(found, studies, notes)
    if not getattr(options, "keep_ids", False):
        notes.append("patients are named by pseudonyms of their ids (P-…)")
    for broken in found.broken:
        yield "", broken
    for own in studies.values():
        name = study_name(own[0], getattr(options, "keep_ids", False))
        try:
            yield name, _case(name, own, out, options)
        except MRITumorError as error:
            yield name, error


def _note(found: Found, studies: Mapping[str, list[Series]], notes: list[str]) -> None:
    if found.others:
        notes.append(f"files passed over: {_counted(found.others)}")
    if found.twice:
        notes.append(f"{found.twice} image(s) lie there twice; one of each was read")
    patients = {own[0].header.patient.pseudonym for own in studies.values()}
    if len(patients) == 1 and len(studies) > 1:
        notes.append(
            f"all {len(studies)} studies carry one PatientID, so they count as one "
            "patient; if an anonymiser wrote it, they cannot be split"
        )


def _case(name: str, series: Sequence[Series], out: Path, options: Options) -> Item:
    """Write what can be written, then say what is wrong.

    Raises:
        InputError: a sequence is missing, doubtful or there twice.
        GeometryError: slices that make no volume, or sequences on different grids.
    """
    chosen, passed = _choose(series)
    files, problems = {}, []
    for kind, one in chosen.items():
        try:
            files[kind] = _save(read_series(one), out / name / f"{name}_{kind}.nii.gz")
        except MRITumorError as error:
            problems.append(error)
    if problems:
        raise problems[0]
    _check_complete(name, chosen, passed, options)
    _check_one_grid(name, files, out)
    header = series[0].header
    keep = getattr(options, "keep_ids", False) and header.patient.id
    present = [m for m in MODALITIES if m in files]
    item: Item = {
        "image": [str(files[m].resolve()) for m in present],
        "patient": header.patient.id if keep else header.patient.pseudonym,
        "site": "",
    }
    return item if len(present) == len(MODALITIES) else {**item, "modalities": present}


def _choose(series: Sequence[Series]) -> tuple[dict[str, Series], list[str]]:
    """Return the series of each sequence, and a clause for each one passed over.

    Raises:
        InputError: a series is doubtful, or several are one sequence.
    """
    known = candidates(series)
    if known.doubts:
        raise known.doubts[0]
    for kind, several in known.by_sequence.items():
        if len(several) > 1:
            raise InputError(
                f"{len(several)} series may be the {kind}",
                where=several[0].header.case,
                got=some([told(one) for one in several]),
                expected="one series of each sequence",
                remedy="move the ones that are not wanted out of the folder",
            )
    sure = {m: known.by_sequence[m][0] for m in MODALITIES if m in known.by_sequence}
    return sure, known.passed


def _save(volume: Volume, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(volume.array, volume.affine)
    # 1: scanner coordinates, in both of NIfTI's ways to write them.
    image.set_qform(volume.affine, code=1)
    image.set_sform(volume.affine, code=1)
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
    return path


def _check_complete(
    name: str, chosen: Mapping[str, Series], passed: Sequence[str], options: Options
) -> None:
    missing = [m for m in MODALITIES if m not in chosen]
    if not missing or (options.allow_missing and chosen):
        return
    found = [f"{kind}: {series.header}" for kind, series in chosen.items()]
    raise InputError(
        f"the sequence {' and '.join(missing)} is missing",
        where=name,
        got="; ".join([*found, *(f"passed over {p}" for p in passed)]),
        expected=", ".join(MODALITIES),
        remedy="export it too, or take the case as it is with --allow-missing",
    )


def _check_one_grid(name: str, files: Mapping[str, Path], out: Path) -> None:
    first, *others = files
    shape, affine = read_geometry(files[first])
    for kind in others:
        difference = grid_difference(shape, affine, *read_geometry(files[kind]))
        if difference:
            raise GeometryError(
                f"the sequences lie on different grids: {difference}",
                where=name,
                got=f"{kind} apart from {first}",
                expected="one grid; the NIfTI files are written as they are",
                remedy=f"run 'mritumor data preprocess {out / name} --out DIR'",
            )


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.most_common())
