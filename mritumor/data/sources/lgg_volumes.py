"""Kaggle "lgg-mri-segmentation" (Buda 2019): a patient's slices become one volume.

A folder ``TCGA_CS_4941_19960909`` holds ``…_<n>.tif`` (RGB = before contrast, FLAIR,
after contrast) and ``…_<n>_mask.tif``, n counted upwards from the skull base and not
padded with zeros: sorted as text, 10 would come before 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
from PIL import Image, UnidentifiedImageError

from mritumor.errors import InputError, MRITumorError
from mritumor.types import Item, LabelMap

if TYPE_CHECKING:
    from mritumor.data.prepare import Options

NAME = "TCGA-LGG (Buda), stacked volumes"
DESCRIPTION = "FLAIR abnormality of lower-grade gliomas; volumes stacked from slices"
MODALITIES = ("t1n", "t2f", "t1c")
LABELS = {0: "background", 1: "abnormality"}
FACTS = {
    "spacing": "unknown",
    "licence": "CC BY-NC-SA 4.0; images CC BY 3.0 (TCIA TCGA-LGG)",
}

# Assumed: columns run from the patient's right to left (radiological display), rows
# from front to back, slices upwards. TCGA-DU-7294 agrees with its BraTS volume.
AFFINE = np.diag([-1.0, -1.0, 1.0, 1.0])

# A copy of FLAIR differs by 0, recompressed by 1 to 3 % of the mean grey level of the
# head; another sequence by 14 % or more.
COPIED_BELOW = 0.05

_FOLDER = re.compile(r"^(TCGA_([A-Z0-9]{2})_[A-Z0-9]{4})(_\d{8})?$")
_SLICE = re.compile(r"_(\d+)\.tif$")


def prepare_cases(
    raw: Path, out: Path, options: Options, notes: list[str]
) -> Iterator[tuple[str, Item | MRITumorError]]:
    """Stack every patient and give the item.

    Raises:
        InputError: no patient at all.
    """
    folders = _folders(raw)
    if not folders:
        raise InputError(
            "no patients were found",
            where=raw,
            expected="folders such as TCGA_CS_4941_19960909 with .tif slices",
        )
    notes.append("the spacing is lost: 1 x 1 x 1 mm is written; left and right assumed")
    for name, folder in folders.items():
        try:
            yield name, _case(name, folder, out)
        except MRITumorError as error:
            yield name, error


def _folders(raw: Path) -> dict[str, Path]:
    """Find the patients; of the zip's doubled folders the outermost counts."""
    inside = {p.parent for p in raw.rglob("*.tif") if "__MACOSX" not in p.parts}
    found: dict[str, Path] = {}
    for folder in sorted(inside, key=lambda f: (len(f.parts), f.name)):
        if _FOLDER.match(folder.name):
            found.setdefault(folder.name, folder)
    return dict(sorted(found.items()))


def _case(name: str, folder: Path, out: Path) -> Item:
    image, mask = stack(folder)
    paths = {
        m: _save(image[..., c], out / name / f"{name}_{m}.nii.gz")
        for c, m in enumerate(MODALITIES)
    }
    label = _save(mask, out / name / f"{name}_seg.nii.gz")
    known = _FOLDER.match(name)
    item: Item = {
        "image": [paths[m] for m in MODALITIES],
        "label": label,
        "patient": known.group(1) if known else name,
        "site": known.group(2) if known else "",
        "tumour_voxels": int(mask.sum()),
    }
    copied = copied_channels(image)
    return {**item, "copied_channels": copied} if copied else item


def stack(folder: Path) -> tuple[np.ndarray, LabelMap]:
    """Stack a patient's slices by number.

    Returns:
        (I, J, K, 3) uint8, 0 to 255, channels as in `MODALITIES`, and the mask
        (I, J, K), 0 or 1. I counts columns, J rows, K slices.

    Raises:
        InputError: a slice is missing, has no partner, another size or is unreadable.
    """
    images = _numbered(folder)
    masks = {n: p.with_name(f"{p.stem}_mask.tif") for n, p in images.items()}
    alone = set(folder.glob("[!.]*_mask.tif")) ^ set(masks.values())
    if alone:
        raise InputError(
            "an image or its mask is missing",
            where=folder,
            got=f"no pair for {min(alone).name}",
            remedy="fetch the patient again",
        )
    rgb = [_pixels(path, channels=3) for path in images.values()]
    outlines = [_pixels(path, channels=1) for path in masks.values()]
    sizes = {a.shape[:2] for a in rgb + outlines}
    if len(sizes) > 1:
        raise InputError("the slices differ in size", where=folder, got=sorted(sizes))
    volume = np.stack(rgb).transpose(2, 1, 0, 3)
    return volume, (np.stack(outlines).transpose(2, 1, 0) > 0).astype(np.uint8)


def copied_channels(image: np.ndarray) -> list[str]:
    """Name the channels of (I, J, K, 3) that are FLAIR, put where one was missing."""
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


def _numbered(folder: Path) -> dict[int, Path]:
    """Return the images by slice number, in order; refuse a gap."""
    numbered = {}
    for path in folder.glob("*.tif"):
        match = _SLICE.search(path.name)
        if match and not path.name.startswith("."):
            numbered[int(match.group(1))] = path
    numbers = sorted(numbered)
    gaps = sorted(set(range(numbers[0], numbers[-1])) - set(numbers)) if numbers else []
    if gaps or not numbers:
        raise InputError(
            "slices are missing, so the stack would be no true volume",
            where=folder,
            got=f"{len(numbers)} slices, without {', '.join(map(str, gaps[:5]))}",
            remedy="fetch the patient again",
        )
    return {n: numbered[n] for n in numbers}


def _pixels(path: Path, channels: int) -> np.ndarray:
    try:
        with Image.open(path) as picture:
            array = np.asarray(picture)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise InputError(
            f"this is no readable picture: {error}",
            where=path,
            remedy="it may be truncated or a Git-LFS pointer; fetch it again",
        ) from None
    found = 1 if array.ndim == 2 else array.shape[-1]
    if found != channels or array.dtype != np.uint8:
        raise InputError(
            "a slice of another kind",
            where=path,
            got=f"{found} channel(s) of {array.dtype}",
            expected=f"{channels} channel(s) of uint8",
        )
    return array


def _save(array: np.ndarray, path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(np.ascontiguousarray(array), AFFINE), path)
    return str(path.resolve())
