"""BraTS-like case folders: one NIfTI per sequence and, for training, an outline.

Every year's file names are read through the one table of aliases. Images stay where
they are and are referred to; outlines are written anew with canonical values.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from mritumor.data.labels import (
    BRATS_LABELS,
    Convention,
    convention,
    detect,
    label_names,
    to_canonical,
)
from mritumor.data.modalities import (
    BRAIN_MASK,
    SEGMENTATION,
    name_without_modality,
    recognise,
)
from mritumor.data.read import read_volume
from mritumor.data.sources.brats_names import (
    CHILDREN,
    convention_by_name,
    convention_of_children,
    is_of_a_child,
    patient_and_site,
)
from mritumor.data.sources.pictures import files_under
from mritumor.data.sources.volumes import check_one_grid, meaning, write_outline
from mritumor.errors import InputError, MRITumorError
from mritumor.types import Item

if TYPE_CHECKING:
    from mritumor.data.prepare import Options

NAME = "BraTS-like"
DESCRIPTION = "necrotic core, oedema and enhancing tumour in four MRI sequences"
MODALITIES = ("t1n", "t1c", "t2w", "t2f")
LABELS = BRATS_LABELS
FACTS: dict[str, str] = {}

Files: TypeAlias = "Mapping[str, Path]"

_VOLUMES = (".nii", ".nii.gz", ".mha")


def describe(raw: Path, options: Options) -> dict[str, Any]:
    """Return what the datalist says otherwise than the constants above."""
    names = label_names(convention(options.labels or "brats2023"))
    if any(is_of_a_child(path.name) for path in files_under(raw, _VOLUMES)):
        names[1] = "non-enhancing component (tumour, cyst, necrosis)"
    return {"labels": names}


def prepare_cases(
    raw: Path, out: Path, options: Options, notes: list[str]
) -> Iterator[tuple[str, Item | MRITumorError]]:
    """Find every case folder and give its item.

    Raises:
        InputError: no case at all.
        LabelError: label values that could be of several years and no ``--labels``,
            or cases of sets that number their labels differently.
    """
    cases = _named(dict(_folders(raw)), raw)
    if not cases:
        raise InputError(
            "no cases were found",
            where=raw,
            expected="folders of one NIfTI per sequence, such as CASE/CASE_t1c.nii.gz",
        )
    chosen = _convention(cases, options, raw)
    notes.append(f"labels are read as {chosen.name}: {meaning(chosen)}")
    for name, files in cases.items():
        try:
            if isinstance(files, MRITumorError):
                raise files
            yield name, _case(name, files, chosen, out, options)
        except MRITumorError as error:
            yield name, error


def _folders(raw: Path) -> Iterator[tuple[Path, Files | MRITumorError]]:
    """Give each folder of images, with its files or with what is wrong with them."""
    inside: dict[Path, list[Path]] = defaultdict(list)
    for path in files_under(raw, _VOLUMES):
        inside[_case_folder(path)].append(path)
    for folder, paths in inside.items():
        try:
            files = _files(folder, paths)
        except MRITumorError as error:
            yield folder, error
            continue
        if set(files) & set(MODALITIES):
            yield folder, files


def _case_folder(path: Path) -> Path:
    """Return the folder of a case: BraTS 2013 and 2015 have one more per sequence."""
    own = path.parent
    return own.parent if own.name.startswith("VSD.") else own


def _files(folder: Path, paths: Sequence[Path]) -> Files:
    """Return the file of each sequence of one case.

    Raises:
        InputError: a name is unclear, or two files claim one sequence.
    """
    claims: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        kind = recognise(path.name, folder.name)
        if kind is not None:
            claims[kind].append(path)
    return {kind: _plainest(kind, paths) for kind, paths in claims.items()}


def _plainest(kind: str, paths: Sequence[Path]) -> Path:
    """Choose ``P1_T1`` where ``P1_T1_bias`` stands beside it; refuse ``P2_T1``."""
    rest = {path: name_without_modality(path.name) for path in paths}
    plain = min(paths, key=lambda path: len(rest[path]))
    begins = re.compile(re.escape(rest[plain]) + "(?![A-Za-z0-9])")
    others = [path for path in paths if path != plain]
    if kind == BRAIN_MASK or all(
        begins.match(rest[path]) and rest[path] != rest[plain] for path in others
    ):
        return plain
    raise InputError(
        f"two files claim to be the {kind} of one case",
        where=plain.parent,
        got=f"{plain.name} and {others[0].name}",
        expected="one folder per case",
        remedy="give each case a folder of its own, or move one file away",
    )


def _named(
    folders: Mapping[Path, Files | MRITumorError], raw: Path
) -> dict[str, Files | MRITumorError]:
    """Name cases by their folder, by the path to it where the folder's name recurs."""
    often = Counter(folder.name for folder in folders)
    return {
        (
            folder.name
            if often[folder.name] == 1
            else "_".join(folder.relative_to(raw).parts) or folder.name
        ): files
        for folder, files in folders.items()
    }


def _case(
    name: str, files: Files, labels: Convention, out: Path, options: Options
) -> Item:
    present = [m for m in MODALITIES if m in files]
    missing = [m for m in MODALITIES if m not in files]
    if missing and not options.allow_missing:
        raise InputError(
            f"the sequence {' and '.join(missing)} is missing",
            where=files[present[0]].parent,
            got=", ".join(f"{m} ({files[m].name})" for m in present),
            expected=", ".join(MODALITIES),
            remedy="add it, or take the case as it is with --allow-missing",
        )
    check_one_grid([files[m] for m in present])
    patient, site = patient_and_site(name, files[present[0]].parent)
    item: Item = {
        "image": [str(files[m].resolve()) for m in present],
        "patient": patient,
        "site": site,
    }
    if missing:
        item["modalities"] = present
    if SEGMENTATION in files:
        path = out / "labels" / f"{name}_seg.nii.gz"
        item["tumour_voxels"] = write_outline(
            files[SEGMENTATION],
            files[present[0]],
            path,
            lambda array, where: to_canonical(array, labels, where),
        )
        item["label"] = str(path.resolve())
    return item


def _convention(
    cases: Mapping[str, Files | MRITumorError], options: Options, raw: Path
) -> Convention:
    by_name = convention_by_name(cases, raw)
    if options.labels:
        return convention(options.labels)
    if by_name not in (None, CHILDREN):
        return convention(by_name)
    values = _values(cases)
    if by_name == CHILDREN:
        return convention(convention_of_children(values, raw))
    if not values - {0}:
        return convention("brats2023")
    return detect(values, where=raw)


def _values(cases: Mapping[str, Files | MRITumorError]) -> set[int]:
    values: set[int] = set()
    for files in cases.values():
        if not isinstance(files, MRITumorError) and SEGMENTATION in files:
            try:
                array, _ = read_volume(files[SEGMENTATION])
            except MRITumorError:
                continue  # named when its case is prepared
            values |= set(np.unique(np.rint(array)).astype(int).tolist())
    return values
