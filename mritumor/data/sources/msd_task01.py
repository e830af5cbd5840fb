"""Medical Segmentation Decathlon Task01: 4-D images with another channel order.

The images are written anew with the channels t1n, t1c, t2w, t2f and the outlines with
canonical values; the set has FLAIR, T1w, T1gd, T2w and 1 oedema, 2 core, 3 enhancing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np

from mritumor.data.labels import BRATS_LABELS, Convention, convention, to_canonical
from mritumor.data.modalities import MODALITIES as ORDER
from mritumor.data.modalities import canonical
from mritumor.data.read import read_volume
from mritumor.data.sources.pictures import files_under
from mritumor.data.sources.volumes import meaning, write_outline
from mritumor.errors import InputError, LabelError, MRITumorError
from mritumor.types import Item

if TYPE_CHECKING:
    from mritumor.data.prepare import Options

NAME = "MSD Task01 BrainTumour"
DESCRIPTION = "necrotic core, oedema and enhancing tumour in four MRI sequences"
MODALITIES = ORDER
LABELS = BRATS_LABELS
FACTS = {"licence": "CC BY-SA 4.0", "channels": "re-ordered from the original"}

_CHANNELS = ("t2f", "t1n", "t1c", "t2w")
# What dataset.json calls 1, 2 and 3, in words that any spelling shares.
_WORDS = {"1": "edema", "2": "non-enhancing", "3": "enhancing"}
_IMAGES, _LABELS, _TEST = "imagesTr", "labelsTr", "imagesTs"
_NIFTI = (".nii", ".nii.gz")


def prepare_cases(
    raw: Path, out: Path, options: Options, notes: list[str]
) -> Iterator[tuple[str, Item | MRITumorError]]:
    """Write every labelled case anew and give its item.

    Raises:
        InputError: no images, or a dataset.json with other channels.
        LabelError: a dataset.json with other labels, and no ``--labels``.
    """
    folder = _folder(raw)
    channels = _channels(folder, notes)
    labels = convention(options.labels or "msd")
    if not options.labels:
        _check_labels(folder)
    notes.append(f"labels are read as {labels.name}: {meaning(labels)}")
    notes.append(
        f"images are written anew: {', '.join(channels)} becomes {', '.join(ORDER)}"
    )
    unlabelled = len(list(files_under(folder / _TEST, _NIFTI)))
    if unlabelled:
        notes.append(f"{unlabelled} images of {_TEST} have no labels and are left out")
    for path in files_under(folder / _IMAGES, _NIFTI):
        name = path.name.split(".nii")[0]
        try:
            yield name, _case(name, path, channels, labels, out)
        except MRITumorError as error:
            yield name, error


def _folder(raw: Path) -> Path:
    """Return the folder with imagesTr: `raw`, or the Task01 folder of the archive."""
    found = [raw, *sorted(p.parent for p in raw.glob(f"*/{_IMAGES}"))]
    for folder in found:
        if any(files_under(folder / _IMAGES, _NIFTI)):
            return folder
    raise InputError(
        "no images were found",
        where=raw,
        expected=f"{_IMAGES}/BRATS_001.nii.gz and {_LABELS}/BRATS_001.nii.gz",
    )


def _description(folder: Path) -> dict[str, Any]:
    """Return dataset.json, or nothing where there is none."""
    path = folder / "dataset.json"
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"this is not JSON: {error}", where=path) from None
    return found if isinstance(found, dict) else {}


def _channels(folder: Path, notes: list[str]) -> tuple[str, ...]:
    """Return the sequences in the files' order, by dataset.json."""
    named = _description(folder).get("modality")
    if not isinstance(named, Mapping):
        notes.append("there is no dataset.json: channels as published are assumed")
        return _CHANNELS
    channels = tuple(canonical(str(named[key])) for key in sorted(named, key=str))
    if sorted(channels) != sorted(ORDER):
        raise InputError(
            "these are not the four sequences",
            where=folder / "dataset.json",
            got=", ".join(map(str, named.values())),
            expected="FLAIR, T1w, T1gd, T2w in any order",
        )
    return channels


def _check_labels(folder: Path) -> None:
    """Refuse a dataset.json that gives the values another meaning."""
    named = _description(folder).get("labels")
    if not isinstance(named, Mapping):
        return
    for value, word in _WORDS.items():
        found = str(named.get(value, "")).lower().replace("oe", "e")
        wrong = word not in found or (value == "3" and "non" in found)
        if wrong:
            raise LabelError(
                "the labels are not those of Task01",
                where=folder / "dataset.json",
                got=f"{value}: {named.get(value)}",
                expected="1 edema, 2 non-enhancing tumor, 3 enhancing tumour",
                remedy="say which convention it is with --labels",
            )


def _case(
    name: str, path: Path, channels: Sequence[str], labels: Convention, out: Path
) -> Item:
    outline = path.parent.parent / _LABELS / path.name
    if not outline.is_file():
        raise InputError("the outline is missing", where=outline)
    image = out / "images" / f"{name}.nii.gz"
    _write_image(path, image, channels)
    label = out / "labels" / f"{name}_seg.nii.gz"
    voxels = write_outline(
        outline, image, label, lambda a, where: to_canonical(a, labels, where)
    )
    return {
        "image": str(image.resolve()),
        "label": str(label.resolve()),
        "patient": name,
        "site": "",
        "tumour_voxels": voxels,
    }


def _write_image(source: Path, target: Path, channels: Sequence[str]) -> None:
    """Write an image with its channels in the canonical order, one at a time."""
    array, affine = read_volume(source)
    if array.ndim != 4 or array.shape[3] != len(channels):
        raise InputError(
            "this is no image of four sequences",
            where=source,
            got=f"shape {array.shape}",
            expected=f"(I, J, K, {len(channels)})",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    order = [channels.index(m) for m in ORDER]
    nib.save(nib.Nifti1Image(np.take(array, order, axis=3), affine), target)
