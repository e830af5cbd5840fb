"""The folders and slices of Kaggle "lgg-mri-segmentation" (Buda 2019).

A folder ``TCGA_CS_4941_19960909`` holds ``…_<n>.tif`` (RGB = before contrast, FLAIR,
after contrast) and ``…_<n>_mask.tif``, n counted upwards from the skull base and not
padded with zeros: sorted as text, 10 would come before 2.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from mritumor.data.sources.pictures import files_under, is_junk, read_picture
from mritumor.errors import InputError

MODALITIES = ("t1n", "t2f", "t1c")

# A copy of FLAIR differs by 0, recompressed by 1 to 3 % of the mean grey level of the
# head; another sequence by 14 % or more.
COPIED_BELOW = 0.05

_FOLDER = re.compile(r"^(TCGA_([A-Z0-9]{2})_[A-Z0-9]{4})(_\d{8})?$")
_SLICE = re.compile(r"_(\d+)(_mask)?\.tif$")


def patient_folders(raw: Path) -> dict[str, Path]:
    """Find the patients; of the zip's doubled folders the outermost counts.

    Raises:
        InputError: no patient at all.
    """
    inside = {path.parent for path in files_under(raw, (".tif",))}
    found: dict[str, Path] = {}
    for folder in sorted(inside, key=lambda f: (len(f.parts), f.name)):
        if _FOLDER.match(folder.name):
            found.setdefault(folder.name, folder)
    if not found:
        raise InputError(
            "no patients were found",
            where=raw,
            expected="folders such as TCGA_CS_4941_19960909 with .tif slices",
        )
    return dict(sorted(found.items()))


def patient_and_site(name: str) -> tuple[str, str]:
    """Return patient and site of a folder's name: ``TCGA_CS_4941`` and ``CS``."""
    known = _FOLDER.match(name)
    return (known.group(1), known.group(2)) if known else (name, "")


def numbered_pairs(folder: Path) -> dict[int, tuple[Path | None, Path | None]]:
    """Return image and mask of each slice by number, in order; None for a lost one."""
    images: dict[int, Path] = {}
    masks: dict[int, Path] = {}
    for path in folder.glob("*.tif"):
        match = _SLICE.search(path.name)
        if match and not is_junk(path.relative_to(folder)):
            (masks if match.group(2) else images)[int(match.group(1))] = path
    return {n: (images.get(n), masks.get(n)) for n in sorted({*images, *masks})}


def unpaired(image: Path | None, mask: Path | None) -> InputError:
    """Return the error of an image without mask, or of a mask without image."""
    there = image or mask or Path()
    stem = there.stem.removesuffix("_mask")
    return InputError(
        "an image or its mask is missing",
        where=there.parent,
        got=f"{there.name} without {stem if mask else f'{stem}_mask'}.tif",
        remedy="fetch the patient again",
    )


def pixels(path: Path, channels: int) -> np.ndarray:
    """Decode a slice.

    Returns:
        (H, W, 3) or, for one channel, (H, W); uint8.

    Raises:
        InputError: unreadable, or of another kind.
    """
    array = read_picture(path)
    found = 1 if array.ndim == 2 else array.shape[-1]
    if found != channels or array.dtype != np.uint8:
        raise InputError(
            "a slice of another kind",
            where=path,
            got=f"{found} channel(s) of {array.dtype}",
            expected=f"{channels} channel(s) of uint8",
        )
    return array


def copied_channels(image: np.ndarray) -> list[str]:
    """Name the channels of an image (…, 3) that are FLAIR, put where one was missing."""
    flair: np.ndarray = image[..., MODALITIES.index("t2f")].astype(np.float32)
    head = flair > 20  # of 255: in the air all channels agree
    limit = COPIED_BELOW * flair[head].mean() if head.any() else 0.0
    return [
        m
        for c, m in enumerate(MODALITIES)
        if m != "t2f"
        and head.any()
        and np.abs(image[..., c][head] - flair[head]).mean() < limit
    ]
