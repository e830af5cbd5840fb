"""Kaggle "lgg-mri-segmentation" (Buda 2019) as 2-D slices, which stay where they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mritumor.data.sources.lgg_folders import MODALITIES as CHANNELS
from mritumor.data.sources.lgg_folders import (
    copied_channels,
    numbered_pairs,
    patient_and_site,
    patient_folders,
    pixels,
    unpaired,
)
from mritumor.data.sources.pictures import pixel_hash
from mritumor.errors import InputError, MRITumorError
from mritumor.types import Item

if TYPE_CHECKING:
    from mritumor.data.prepare import Options

NAME = "TCGA-LGG (Buda), slices"
DESCRIPTION = "FLAIR abnormality of lower-grade gliomas; one item per slice"
MODALITIES = CHANNELS
LABELS = {0: "background", 1: "abnormality"}
FACTS = {
    "classes": {0: "none", 1: "tumour"},
    "mask_values": "0 and 255: what is above 0 is abnormal",
    "spacing": "unknown",
    "licence": "CC BY-NC-SA 4.0; images CC BY 3.0 (TCIA TCGA-LGG)",
}
CLASSES = ("none", "tumour")
PUBLISHED, PATIENTS = 3929, 110
# A patient's tumour is the sum over the slices.
TOTAL = True


def prepare_cases(
    raw: Path, out: Path, options: Options, notes: list[str]
) -> Iterator[tuple[str, Item | MRITumorError]]:
    """Give the item of every slice.

    Raises:
        InputError: no patient at all.
    """
    folders = patient_folders(raw)
    counts: Counter[str] = Counter()
    for name, folder in folders.items():
        images: list[np.ndarray] = []
        items: list[tuple[str, Item | MRITumorError]] = []
        for number, (image, mask) in numbered_pairs(folder).items():
            case = f"{name}_{number}"
            try:
                items.append((case, _slice(folder.name, number, image, mask, images)))
                counts["slices"] += 1
            except MRITumorError as error:
                items.append((case, error))
        copied = _copied(images)
        counts["patients"] += 1
        counts["copied"] += bool(copied)
        for case, item in items:
            if copied and not isinstance(item, MRITumorError):
                item["copied_channels"] = copied
            yield case, item
    notes.append(
        f"{counts['slices']} of {PUBLISHED} published slices, {counts['patients']} of "
        f"{PATIENTS} patients; in {counts['copied']} of them FLAIR stands in for a "
        "missing sequence"
    )


def _slice(
    name: str,
    number: int,
    image: Path | None,
    mask: Path | None,
    images: list[np.ndarray],
) -> Item:
    """Read a slice and its mask; the image is added to `images`."""
    if image is None or mask is None:
        raise unpaired(image, mask)
    rgb, outline = pixels(image, channels=3), pixels(mask, channels=1)
    if rgb.shape[:2] != outline.shape:
        raise InputError(
            "the mask has another size than the image",
            where=mask,
            got=outline.shape,
            expected=rgb.shape[:2],
        )
    images.append(rgb)
    patient, site = patient_and_site(name)
    area = int((outline > 0).sum())
    item: Item = {
        "image": str(image.resolve()),
        "label": str(mask.resolve()),
        "class": int(area > 0),
        "class_name": CLASSES[area > 0],
        "patient": patient,
        "site": site,
        "slice": number,
        "tumour_voxels": area,
    }
    digest = pixel_hash(rgb)
    return {**item, "pixels": digest} if digest else item


def _copied(images: list[np.ndarray]) -> list[str]:
    """Name the copied channels of a patient, by all slices of the commonest size."""
    if not images:
        return []
    size, _ = Counter(image.shape for image in images).most_common(1)[0]
    return copied_channels(np.stack([i for i in images if i.shape == size]))
