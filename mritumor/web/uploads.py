"""Uploaded files: checked by name, written to disk piece by piece, counted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from fastapi import UploadFile

from mritumor.web.problems import Problem

PICTURE_ENDS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".mat")
VOLUME_ENDS = (".nii", ".nii.gz")
DICOM_ENDS = (".dcm", ".ima")
ACCEPTED = (*PICTURE_ENDS, *VOLUME_ENDS, *DICOM_ENDS, ".zip")
BLOCK = 1 << 20


def check_names(files: Sequence[UploadFile]) -> list[str]:
    """Return safe, distinct names for uploads.

    Raises:
        Problem: a name that climbs out of a folder (400), or an unknown type (415).
    """
    names: list[str] = []
    for file in files:
        name = file.filename or ""
        if "/" in name or "\\" in name or "\0" in name or name.startswith(".."):
            raise Problem(400, "A file's name must not hold a path.")
        if not name.lower().endswith(ACCEPTED):
            raise Problem(
                415,
                f"{_told(name)} is of no type that is read here: send "
                "PNG, JPEG, TIFF, BMP, MAT, NIfTI, DICOM or a zip of these.",
            )
        safe = re.sub(r"[^\w.\-]", "_", name).lstrip(".-")[-120:]
        if safe.lower() in {n.lower() for n in names}:
            raise Problem(400, f"Two files have the name {_told(name)}.")
        names.append(safe)
    if len(names) > 1 and any(n.lower().endswith(".zip") for n in names):
        raise Problem(400, "Send one zip alone, or files without a zip.")
    return names


async def store(files: Sequence[UploadFile], folder: Path, most: int) -> list[Path]:
    """Write uploads into a folder.

    Raises:
        Problem: see `check_names`; an empty file (400), or too many bytes (413).
    """
    names = check_names(files)
    folder.mkdir(parents=True)
    left, paths = most, []
    for file, name in zip(files, names):
        path = folder / name
        size = 0
        with path.open("wb") as target:
            while block := await file.read(BLOCK):
                size += len(block)
                if size > left:
                    raise too_large(most)
                target.write(block)
        if not size:
            raise Problem(400, f"{_told(name)} is empty.")
        left -= size
        paths.append(path)
    return paths


def too_large(most: int) -> Problem:
    """Return the problem of an upload that is larger than `most` bytes."""
    return Problem(413, f"The upload is larger than {most / 2**20:,.3g} MiB.")


def is_volume(names: Sequence[str]) -> bool:
    """Tell whether uploads are volumes, DICOM or a zip, rather than pictures."""
    return not all(n.lower().endswith(PICTURE_ENDS) for n in names)


def _told(name: str) -> str:
    return repr(name[-60:]) if name else "A file without a name"
