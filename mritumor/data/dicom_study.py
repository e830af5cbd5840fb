"""A DICOM folder to what a bundle takes: its channels on the grid of one series.

    >>> found = find_studies("export/")
    >>> study = load_dicom_study(found.studies[0], ["t1n", "t1c", "t2w", "t2f"])
    >>> study.image.shape, study.affine, study.reference

What is drawn on `image` lies on the voxels of `reference`, as
`mritumor.dicom.write_seg` wants it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mritumor.data.dicom_choice import choose, some, study_name, told
from mritumor.data.dicom_placing import Placed, place_onto
from mritumor.dicom.kind import FEWEST_SLICES
from mritumor.dicom.search import Found, find_series
from mritumor.dicom.series import Series
from mritumor.errors import InputError
from mritumor.types import Affine, PathLike

PREFERRED = "t1c"
"""The sequence whose grid the others are brought to, where it is there: the one that
outlines are drawn on, and that is scanned finest."""


@dataclass(frozen=True)
class DicomStudy:
    """The series of one study. Its ``str`` names no person.

    Attributes:
        name: pseudonyms of patient and study, unless ids were to be kept.
        series: its MR series.
    """

    name: str
    series: tuple[Series, ...] = field(repr=False)


@dataclass(frozen=True)
class FoundStudies:
    """What lies under a folder.

    Attributes:
        studies: in order of their names.
        broken: one for each file that is DICOM and cannot be read.
        notes: sentences on what was passed over.
    """

    studies: tuple[DicomStudy, ...]
    broken: tuple[InputError, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LoadedStudy:
    """A study as a bundle takes it.

    Attributes:
        name: of the study.
        image: (C, I, J, K) float32, raw intensities; I columns, J rows, K slices of
            the reference; zeros in channels that are missing.
        affine: voxel index to RAS+ mm.
        modalities: names of the channels.
        reference: the series whose voxels these are.
        chosen: the series of each channel that is there.
        missing: channels of zeros.
        notes: sentences: what was chosen, resampled and passed over.
    """

    name: str
    image: NDArray[np.float32] = field(repr=False)
    affine: Affine
    modalities: tuple[str, ...]
    reference: Series
    chosen: Mapping[str, Series] = field(repr=False)
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def slices(self) -> Iterator[NDArray[np.float32]]:
        """Give each slice, (C, I, J): columns, then rows, for bundles of two axes."""
        for k in range(self.image.shape[3]):
            yield np.ascontiguousarray(self.image[..., k])


def find_studies(folder: PathLike, keep_ids: bool = False) -> FoundStudies:
    """Find the MR studies under a folder; pixels are not read.

    Args:
        folder: read with everything below it; files have any name.
        keep_ids: name studies by the patient's id instead of its pseudonym.

    Raises:
        InputError: no such folder, or no MR series in it.
        MissingDependencyError: pydicom is not installed.
    """
    found = find_series(folder)
    if not found.series:
        raise InputError(
            "no MR series were found",
            where=folder,
            got=_others(found) or "no files",
            expected="DICOM files of modality MR, with any name",
        )
    own: dict[str, list[Series]] = defaultdict(list)
    for series in found.series:
        own[study_name(series, keep_ids)].append(series)
    studies = tuple(DicomStudy(name, tuple(own[name])) for name in sorted(own))
    return FoundStudies(studies, tuple(found.broken), tuple(_notes(found)))


def load_dicom_study(
    study: DicomStudy,
    modalities: Sequence[str],
    *,
    reference: str | None = None,
    numbers: Mapping[str, int] | None = None,
    finest: bool = False,
    fill_missing: bool = False,
    register: bool = False,
    fewest: int = FEWEST_SLICES,
) -> LoadedStudy:
    """Choose the series of a bundle's channels and bring them to one grid.

    Args:
        study: from `find_studies`.
        modalities: names of the channels, in order. A name that is no sequence's, such
            as ``"image"``, takes the one anatomical series that there is.
        reference: the sequence whose grid it is; default t1c, else the first there.
        numbers: sequence to SeriesNumber, where a person chooses.
        finest: of several series of one sequence, take the finest; else refuse.
        fill_missing: a missing sequence becomes a channel of zeros; else refuse.
        register: lay the series onto the reference by mutual information, rigidly;
            else the positions that the headers state are trusted.
        fewest: slices that a series must have; 1 for bundles of two axes, which take
            single slices.

    Raises:
        InputError: a sequence is missing, or several series are one sequence.
        GeometryError: a series that is no volume, or series of different frames of
            reference that are not to be registered.
    """
    chosen, passed = choose(
        study.series, modalities, numbers=numbers, finest=finest, fewest=fewest
    )
    missing = tuple(name for name in modalities if name not in chosen)
    if missing and not (fill_missing and chosen):
        raise _incomplete(study, modalities, chosen, passed)
    onto = _reference(study, reference, chosen)
    placed = place_onto(chosen, onto, register, study.name)
    image = np.zeros((len(modalities), *placed[onto].array.shape), np.float32)
    for channel, name in enumerate(modalities):
        if name in placed:
            image[channel] = placed[name].array
    return LoadedStudy(
        name=study.name,
        image=image,
        affine=placed[onto].affine,
        modalities=tuple(modalities),
        reference=chosen[onto],
        chosen=chosen,
        missing=missing,
        notes=tuple(_told_of(chosen, placed, onto, passed)),
    )


def _reference(
    study: DicomStudy, asked: str | None, chosen: Mapping[str, Series]
) -> str:
    if asked is not None and asked not in chosen:
        raise InputError(
            f"the reference {asked} is missing",
            where=study.name,
            got=", ".join(chosen),
            remedy="name one of the sequences that are there",
        )
    return asked or (PREFERRED if PREFERRED in chosen else next(iter(chosen)))


def _incomplete(
    study: DicomStudy,
    modalities: Sequence[str],
    chosen: Mapping[str, Series],
    passed: Sequence[str],
) -> InputError:
    missing = [name for name in modalities if name not in chosen]
    found = [f"{name}: {series.header}" for name, series in chosen.items()]
    return InputError(
        f"the sequence {' and '.join(missing)} is missing",
        where=study.name,
        got=some([*found, *(f"passed over {clause}" for clause in passed)], most=8)
        or "no series",
        expected=", ".join(modalities),
        remedy="export it too, or name its series by number",
    )


def _told_of(
    chosen: Mapping[str, Series],
    placed: Mapping[str, Placed],
    onto: str,
    passed: Sequence[str],
) -> Iterator[str]:
    for name, series in chosen.items():
        how = "the reference" if name == onto else placed[name].how
        yield f"{name}: {told(series)}; {how}"
    for clause in passed:
        yield f"passed over {clause}"


def _others(found: Found) -> str:
    return ", ".join(f"{count} {what}" for what, count in found.others.most_common())


def _notes(found: Found) -> Iterator[str]:
    if found.others:
        yield f"files passed over: {_others(found)}"
    if found.twice:
        yield f"{found.twice} image(s) lie there twice; one of each was read"
