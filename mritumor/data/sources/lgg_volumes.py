"""Kaggle "lgg-mri-segmentation" (Buda 2019): a patient's slices become one volume."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np

from mritumor.data.sources.lgg_folders import (
    MODALITIES,
    copied_channels,
    numbered_pairs,
    patient_and_site,
    patient_folders,
    pixels,
    unpaired,
)
from mritumor.errors import InputError, MRITumorError
from mritumor.types import Item, LabelMap

if TYPE_CHECKING:
    from mritumor.data.prepare import Options

NAME = "TCGA-LGG (Buda), stacked volumes"
DESCRIPTION = "FLAIR abnormality of lower-grade gliomas; volumes stacked from slices"
LABELS = {0: "background", 1: "abnormality"}
FACTS = {
    "spacing": "unknown",
    "licence": "CC BY-NC-SA 4.0; images CC BY 3.0 (TCIA TCGA-LGG)",
}

# Assumed: columns run from the patient's right to left (radiological display), rows
# from front to back, slices upwards. TCGA-DU-7294 agrees with its BraTS volume.
AFFINE = np.diag([-1.0, -1.0, 1.0, 1.0])


def prepare_cases(
    raw: Path, out: Path, options: Options, notes: list[str]
) -> Iterator[tuple[str, Item | MRITumorError]]:
    """Stack every patient and give the item.

    Raises:
        InputError: no patient at all.
    """
    folders = patient_folders(raw)
    notes.append("the spacing is lost: 1 x 1 x 1 mm is written; left and right assumed")
    for name, folder in folders.items():
        try:
            yield name, _case(name, folder, out)
        except MRITumorError as error:
            yield name, error


def _case(name: str, folder: Path, out: Path) -> Item:
    image, mask = stack(folder)
    paths = {
        m: _save(image[..., c], out / name / f"{name}_{m}.nii.gz")
        for c, m in enumerate(MODALITIES)
    }
    label = _save(mask, out / name / f"{name}_seg.nii.gz")
    patient, site = patient_and_site(name)
    item: Item = {
        "image": [paths[m] for m in MODALITIES],
        "label": label,
        "patient": patient,
        "site": site,
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
    pairs = numbered_pairs(folder)
    _check_no_gap(sorted(pairs), folder)
    for image, mask in pairs.values():
        if image is None or mask is None:
            raise unpaired(image, mask)
    rgb = [pixels(image, channels=3) for image, _ in pairs.values() if image]
    outlines = [pixels(mask, channels=1) for _, mask in pairs.values() if mask]
    sizes = {a.shape[:2] for a in rgb + outlines}
    if len(sizes) > 1:
        raise InputError("the slices differ in size", where=folder, got=sorted(sizes))
    volume = np.stack(rgb).transpose(2, 1, 0, 3)
    return volume, (np.stack(outlines).transpose(2, 1, 0) > 0).astype(np.uint8)


def _check_no_gap(numbers: list[int], folder: Path) -> None:
    gaps = sorted(set(range(numbers[0], numbers[-1])) - set(numbers)) if numbers else []
    if gaps or not numbers:
        raise InputError(
            "slices are missing, so the stack would be no true volume",
            where=folder,
            got=f"{len(numbers)} slices, without {', '.join(map(str, gaps[:5]))}",
            remedy="fetch the patient again",
        )


def _save(array: np.ndarray, path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(np.ascontiguousarray(array), AFFINE), path)
    return str(path.resolve())
