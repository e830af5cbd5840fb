"""A plain folder of images: sections and classes by the names of its folders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mritumor.data.audit.decode import PICTURES
from mritumor.data.audit.record import Record
from mritumor.data.inputs import VOLUMES, find_cases
from mritumor.data.modalities import MODALITIES
from mritumor.errors import InputError

SPLIT_FOLDERS = {
    **dict.fromkeys(("train", "training"), "training"),
    **dict.fromkeys(("val", "valid", "validation"), "validation"),
    **dict.fromkeys(("test", "testing"), "testing"),
}
MASK_ENDING = "_mask"


def records_in_folder(root: Path) -> list[Record]:
    """Return the images under a folder, sorted by path.

    A folder called ``train``, ``val`` or ``test`` (or alike) gives the section,
    ``training`` if there is none; the innermost other folder gives the class. Beside
    ``x.tif`` a file ``x_mask.tif`` is its mask, and the folder then the patient.
    Volumes are grouped to cases by their names.

    Args:
        root: the folder.

    Raises:
        InputError: no image under it.
    """
    files = sorted(file for file in root.rglob("*") if _counts(file, root))
    pictures = [f for f in files if f.name.lower().endswith(PICTURES)]
    if pictures:
        return list(_pictures(root, pictures))
    if not any(f.name.lower().endswith(VOLUMES) for f in files):
        raise InputError(
            "no images were found",
            where=root,
            expected=f"files ending in {', '.join(PICTURES + VOLUMES)}",
        )
    return [
        Record(
            section=_section(next(iter(case.files.values())).relative_to(root)),
            name=case.name,
            images=tuple(case.files.values()),
            patient=case.name,
            modalities=() if case.is_whole else tuple(case.files),
        )
        for case in find_cases(root, MODALITIES)
    ]


def _counts(file: Path, root: Path) -> bool:
    parts = file.relative_to(root).parts
    hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
    return not hidden and file.is_file()


def _pictures(root: Path, files: list[Path]) -> Iterable[Record]:
    masks = {f for f in files if f.stem.lower().endswith(MASK_ENDING)}
    for file in files:
        if file in masks:
            continue
        path = file.relative_to(root)
        mask = file.with_name(f"{file.stem}{MASK_ENDING}{file.suffix}")
        folder = _own_folder(path)
        yield Record(
            section=_section(path),
            name=path.as_posix(),
            images=(file,),
            label=mask if mask in masks else None,
            klass=None if masks else folder,
            patient=folder if masks else None,
        )


def _section(path: Path) -> str:
    named = [SPLIT_FOLDERS.get(part.lower()) for part in path.parts[:-1]]
    return next((section for section in named if section), "training")


def _own_folder(path: Path) -> str | None:
    own = [part for part in path.parts[:-1] if part.lower() not in SPLIT_FOLDERS]
    return own[-1] if own else None
