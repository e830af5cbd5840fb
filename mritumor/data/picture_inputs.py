"""Pictures to predict: what a person points at, as a flat list of files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mritumor.data.datalist import SECTIONS, read_datalist
from mritumor.data.inputs import DATALIST
from mritumor.data.sources.pictures import PICTURES, files_under, is_junk
from mritumor.errors import InputError
from mritumor.types import PathLike

# Outlines that lie beside the pictures: x_mask.tif, x_seg.png, masks/x.png.
_OUTLINE = re.compile(r"[_-](mask|seg|label|overlay|prediction)s?$", re.IGNORECASE)
_OUTLINE_FOLDERS = {"mask", "masks", "label", "labels", "segmentations"}


def find_pictures(paths: PathLike | Iterable[PathLike]) -> list[str]:
    """Return the pictures under files and folders, outlines passed over.

    A folder with a ``datalist.json`` gives the images of its testing section, or all
    when there are none. A file that is named is taken whatever it is called.

    Args:
        paths: files and folders.

    Returns:
        Files, in the order given and within a folder in natural order.

    Raises:
        InputError: nothing there.
    """
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    found: list[str] = []
    for path in map(Path, given):
        if not path.exists():
            raise InputError("there is no such file or folder", where=path)
        found += [str(path)] if path.is_file() else _in_folder(path)
    if not found:
        raise InputError(
            "no pictures were found",
            where=", ".join(str(p) for p in given),
            expected=f"files ending in {', '.join(PICTURES)}",
        )
    return list(dict.fromkeys(found))


def is_outline(path: Path) -> bool:
    """Tell, by its name or its folder's, whether a picture is an outline."""
    return bool(_OUTLINE.search(path.stem)) or path.parent.name.lower() in (
        _OUTLINE_FOLDERS
    )


def picture_name_formatter(meta: Mapping[str, Any] | None, saver: Any) -> dict:
    """Name a saved mask after its picture: ``x.jpg`` is saved as ``x_seg.png``.

    For ``SaveImage(output_name_formatter=…)``.
    """
    file = (meta or {}).get("filename_or_obj")
    name = Path(file).stem if isinstance(file, str) and file else ""
    subject = name or f"image_{getattr(saver, '_data_index', 0)}"
    # The layout takes all after a dot for the extension.
    return {"subject": subject.replace(".", "_"), "idx": None}


def _in_folder(folder: Path) -> list[str]:
    if (folder / DATALIST).is_file():
        return _in_datalist(folder / DATALIST)
    return [
        str(path)
        for path in files_under(folder, PICTURES)
        if not is_junk(path.relative_to(folder)) and not is_outline(path)
    ]


def _in_datalist(path: Path) -> list[str]:
    # Only the images are wanted, and a leak between sections does not touch them.
    items = read_datalist(path, "testing", allow_leaky=True)
    if not items:
        items = [
            item
            for section in SECTIONS
            for item in read_datalist(path, section, allow_leaky=True)
        ]
    return [str(item["image"]) for item in items]
