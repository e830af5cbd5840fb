"""BraTS-like case folders: one NIfTI per sequence and, for training, an outline.

Every year's file names are read through the one table of aliases. Images stay where
they are and are referred to; outlines are written anew with canonical values.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import nibabel as nib
import numpy as np

from mritumor.data.labels import (
    BRATS_LABELS,
    Convention,
    convention,
    detect,
    to_canonical,
)
from mritumor.data.modalities import (
    BRAIN_MASK,
    SEGMENTATION,
    name_without_modality,
    recognise,
)
from mritumor.data.read import read_geometry, read_volume
from mritumor.errors import GeometryError, InputError, MRITumorError
from mritumor.geometry import grid_difference
from mritumor.types import Item

if TYPE_CHECKING:
    from mritumor.data.prepare import Options

NAME = "BraTS-like"
DESCRIPTION = "necrotic core, oedema and enhancing tumour in four MRI sequences"
MODALITIES = ("t1n", "t1c", "t2w", "t2f")
LABELS = BRATS_LABELS
FACTS: dict[str, str] = {}

Files: TypeAlias = "Mapping[str, Path]"

# Names that tell the year, and with it the label values.
_BY_NAME = (
    (re.compile(r"brats[-_](gli|men|met|ped|ssa)[-_]", re.I), "brats2023"),
    (re.compile(r"brats(17|18|19|20|2021)[-_]", re.I), "brats2017"),
    (re.compile(r"(^vsd\.|brats[-_]?20(13|15))", re.I), "brats2013"),
)
# BraTS-GLI-00000-100 is the second date of patient BraTS-GLI-00000.
_DATED = re.compile(r"^(brats-[a-z]+-\d+)-\d{3}$", re.I)


def prepare_cases(
    raw: Path, out: Path, options: Options, notes: list[str]
) -> Iterator[tuple[str, Item | MRITumorError]]:
    """Find every case folder and give its item.

    Raises:
        InputError: no case at all.
        LabelError: label values that could be of several years, and no ``--labels``.
    """
    cases = _named(dict(_folders(raw)), raw)
    if not cases:
        raise InputError(
            "no cases were found",
            where=raw,
            expected="folders of one NIfTI per sequence, such as CASE/CASE_t1c.nii.gz",
        )
    chosen = _convention(cases, options, raw)
    notes.append(f"labels are read as {chosen.name}: {_meaning(chosen)}")
    for name, files in cases.items():
        try:
            if isinstance(files, MRITumorError):
                raise files
            yield name, _case(name, files, chosen, out, options)
        except MRITumorError as error:
            yield name, error


def _folders(raw: Path) -> Iterator[tuple[Path, Files | MRITumorError]]:
    """Give each folder of images, with its files or with what is wrong with them."""
    for folder in sorted({p.parent for p in raw.rglob("*.nii*") if p.is_file()}):
        if "__MACOSX" in folder.parts:
            continue
        try:
            files = _files(folder)
        except MRITumorError as error:
            yield folder, error
            continue
        if set(files) & set(MODALITIES):
            yield folder, files


def _files(folder: Path) -> Files:
    """Return the file of each sequence of one folder.

    Raises:
        InputError: a name is unclear, or two files claim one sequence.
    """
    claims: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.glob("*.nii*")):
        if path.is_file() and not path.name.startswith("."):
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
    _check_one_grid([files[m] for m in present])
    item: Item = {
        "image": [str(files[m].resolve()) for m in present],
        "patient": _patient(name, files[present[0]].parent),
        "site": "",
    }
    if missing:
        item["modalities"] = present
    if SEGMENTATION in files:
        path = out / "labels" / f"{name}_seg.nii.gz"
        item["tumour_voxels"] = _write_labels(
            files[SEGMENTATION], files[present[0]], labels, path
        )
        item["label"] = str(path.resolve())
    return item


def _patient(name: str, folder: Path) -> str:
    """Return the patient of a case: dates and sessions of one stay together."""
    dated = _DATED.match(name)
    bids = [part for part in folder.parts if part.startswith("sub-")]
    return dated.group(1) if dated else bids[-1] if bids else name


def _check_one_grid(paths: Sequence[Path]) -> None:
    shape, affine = read_geometry(paths[0])
    for path in paths[1:]:
        difference = grid_difference(shape, affine, *read_geometry(path))
        if difference:
            raise GeometryError(
                f"the sequences lie on different grids: {difference}",
                where=path,
                expected=f"the grid of {paths[0].name}",
                remedy="resample the sequences to one of them",
            )


def _write_labels(source: Path, image: Path, labels: Convention, target: Path) -> int:
    array, affine = read_volume(source)
    difference = grid_difference(array.shape, affine, *read_geometry(image))
    if difference:
        raise GeometryError(
            f"the outline lies on another grid: {difference}",
            where=source,
            expected=f"the grid of {image.name}",
        )
    canonical = to_canonical(array, labels, where=source)
    target.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(canonical, affine), target)
    return int((canonical > 0).sum())


def _convention(
    cases: Mapping[str, Files | MRITumorError], options: Options, raw: Path
) -> Convention:
    if options.labels:
        return convention(options.labels)
    for pattern, name in _BY_NAME:
        if any(pattern.search(case) for case in cases):
            return convention(name)
    values: set[int] = set()
    for files in cases.values():
        if not isinstance(files, MRITumorError) and SEGMENTATION in files:
            try:
                array, _ = read_volume(files[SEGMENTATION])
            except MRITumorError:
                continue  # named when its case is prepared
            values |= set(np.unique(np.rint(array)).astype(int).tolist())
    if not values - {0}:
        return convention("brats2023")
    return detect(values, where=raw)


def _meaning(labels: Convention) -> str:
    return ", ".join(
        f"{value} {structure}" for value, structure in labels.structures.items()
    )
