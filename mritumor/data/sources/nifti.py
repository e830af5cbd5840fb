"""Plain volumes: NIfTI, NRRD or MetaImage in folders or side by side, any sequences.

What belongs to one case is found as `mritumor predict` finds it; an outline beside the
images, if there is one, is written anew with values that are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mritumor.data.inputs import VOLUMES, InputCase, find_cases
from mritumor.data.labels import convention, label_names, to_canonical
from mritumor.data.modalities import (
    MODALITIES,
    SEGMENTATION,
    in_order,
    name_without_modality,
    recognise,
)
from mritumor.data.read import read_geometry
from mritumor.data.sources.brats_names import patient_and_site
from mritumor.data.sources.pictures import is_junk, natural
from mritumor.data.sources.volumes import check_one_grid, meaning, write_outline
from mritumor.errors import InputError, LabelError, MRITumorError
from mritumor.types import Item, LabelMap

if TYPE_CHECKING:
    from mritumor.data.prepare import Options

NAME = "plain volumes"
DESCRIPTION = "volumes and, where there are any, outlines"
LABELS = {0: "background", 1: "tumour"}
FACTS: dict[str, str] = {}


def describe(raw: Path, options: Options) -> dict[str, Any]:
    """Return the sequences that the set has, and the labels of ``--labels``."""
    found: dict[str, Any] = {"modalities": _sequences(_cases(raw))}
    if options.labels:
        found["labels"] = label_names(convention(options.labels))
    return found


def prepare_cases(
    raw: Path, out: Path, options: Options, notes: list[str]
) -> Iterator[tuple[str, Item | MRITumorError]]:
    """Give the item of every case; images stay where they are.

    Raises:
        InputError: no volumes, or some named by sequence and some not.
    """
    cases = _cases(raw)
    sequences = _sequences(cases)
    convert = _convert(options)
    notes.append(f"sequences: {', '.join(sequences)}")
    notes.append(
        "labels are read as "
        + (
            f"{options.labels}: {meaning(convention(options.labels))}"
            if options.labels
            else "one structure, 1 tumour"
        )
    )
    for case in cases:
        try:
            yield case.name, _case(case, sequences, convert, out, options)
        except MRITumorError as error:
            yield case.name, error


def _cases(raw: Path) -> list[InputCase]:
    return sorted(find_cases(raw, MODALITIES), key=lambda case: natural(case.name))


def _sequences(cases: Sequence[InputCase]) -> tuple[str, ...]:
    """Return the sequences of all cases; ``image`` where no file name tells them."""
    whole = [case for case in cases if case.is_whole]
    if whole and len(whole) < len(cases):
        named = next(case for case in cases if not case.is_whole)
        raise InputError(
            "some files name their sequence and some do not",
            where=whole[0].files[""],
            got=f"no sequence, but {', '.join(named.files)} for {named.name}",
            remedy="name all files by sequence, such as CASE_t1c.nii.gz, or prepare "
            "the two kinds apart",
        )
    if not whole:
        return in_order({m for case in cases for m in case.files if m})
    shape, _ = read_geometry(whole[0].files[""])
    if len(shape) == 3:
        return ("image",)
    return tuple(f"channel {n}" for n in range(shape[3]))


def _case(
    case: InputCase,
    sequences: Sequence[str],
    convert: Callable[[np.ndarray, Path], LabelMap],
    out: Path,
    options: Options,
) -> Item:
    missing = case.missing(sequences)
    present = [m for m in sequences if m not in missing]
    image = case.in_order(present if options.allow_missing else sequences)
    files = [Path(f) for f in ([image] if isinstance(image, str) else image)]
    check_one_grid(files)
    if case.is_whole:
        _check_channels(files[0], len(sequences))
    patient, site = patient_and_site(case.name, files[0].parent)
    item: Item = {
        "image": [str(f.resolve()) for f in files],
        "patient": patient,
        "site": site,
    }
    if len(files) == 1:
        item["image"] = item["image"][0]
    if missing:
        item["modalities"] = present
    outline = _outline(case)
    if outline is not None:
        path = out / "labels" / f"{case.name}_seg.nii.gz"
        item["tumour_voxels"] = write_outline(outline, files[0], path, convert)
        item["label"] = str(path.resolve())
    return item


def _check_channels(path: Path, wanted: int) -> None:
    shape, _ = read_geometry(path)
    found = shape[3] if len(shape) > 3 else 1
    if found != wanted:
        raise InputError(
            "another number of channels than in the first case",
            where=path,
            got=found,
            expected=wanted,
        )


def _outline(case: InputCase) -> Path | None:
    """Find the outline beside a case's images: of its name, or alone in the folder."""
    first = next(iter(case.files.values()))
    stem = name_without_modality(first.name)
    near = [p for p in sorted(first.parent.iterdir()) if _is_outline(p)]
    own = [p for p in near if _same_case(name_without_modality(p.name), stem)]
    if not own:
        own = near if stem != first.parent.name and _alone(case) else []
    if len(own) > 1:
        raise InputError(
            "two files claim to be the outline of one case",
            where=first.parent,
            got=f"{own[0].name} and {own[1].name}",
            remedy="move one away or rename it",
        )
    return own[0] if own else None


def _is_outline(path: Path) -> bool:
    return (
        path.name.lower().endswith(VOLUMES)
        and not is_junk(path)
        and recognise(path.name, path.parent.name) == SEGMENTATION
    )


def _same_case(outline: str, image: str) -> bool:
    """Whether two names are one case's: ``brain1`` and ``brain1_image``."""
    words = image[len(outline) :]
    return image.startswith(outline) and not words[:1].isalnum() if outline else False


def _alone(case: InputCase) -> bool:
    """Whether a folder holds the images of this case only."""
    folder = next(iter(case.files.values())).parent
    images = {
        p
        for p in folder.iterdir()
        if p.name.lower().endswith(VOLUMES)
        and not is_junk(p)
        and recognise(p.name, folder.name) in (None, *MODALITIES)
    }
    return images <= set(case.files.values())


def _convert(options: Options) -> Callable[[np.ndarray, Path], LabelMap]:
    """Return what turns an outline's values into those of the datalist."""
    if options.labels:
        chosen = convention(options.labels)
        return lambda array, where: to_canonical(array, chosen, where)
    return _one_structure


def _one_structure(array: np.ndarray, where: Path) -> LabelMap:
    values = np.unique(array)
    if not np.isfinite(values).all() or len(values[values != 0]) > 1:
        raise LabelError(
            "the outline has several values, and none says what they mean",
            where=where,
            got=values[:6].tolist(),
            expected="0 and one other value",
            remedy="say which convention it is with --labels",
        )
    return (array != 0).astype(np.uint8)
