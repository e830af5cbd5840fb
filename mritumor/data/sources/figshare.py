"""Figshare 1512427 (Cheng 2015): MATLAB files become 8-bit pictures and masks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from mritumor.data.sources.figshare_mat import (
    CLASSES,
    Slice,
    eight_bit,
    read_folds,
    read_slice,
)
from mritumor.data.sources.pictures import files_under, pixel_hash
from mritumor.data.splits import without_letter
from mritumor.errors import InputError, MRITumorError
from mritumor.types import Item

if TYPE_CHECKING:
    from mritumor.data.prepare import Options

NAME = "Figshare 1512427 (Cheng)"
DESCRIPTION = "T1 after contrast, one slice an item: tumour mask and class"
MODALITIES = ("t1c",)
LABELS = {0: "background", 1: "tumour"}
FACTS = {
    "classes": dict(enumerate(CLASSES)),
    "mask_values": "0 and 255: what is above 0 is tumour",
    "licence": "CC BY 4.0",
}
STRATIFY_CLASS = "class"
# A patient's tumour is the sum over the slices.
TOTAL = True

PUBLISHED, PATIENTS = 3064, 233
_FOLDS = "cvind.mat"


def prepare_cases(
    raw: Path, out: Path, options: Options, notes: list[str]
) -> Iterator[tuple[str, Item | MRITumorError]]:
    """Write every slice as PNG and give its item.

    Raises:
        InputError: no slices at all, or a damaged ``cvind.mat``.
        MissingDependencyError: h5py is not installed.
    """
    files, others = _files(raw)
    if not files:
        raise InputError(
            "no slices were found", where=raw, expected="1.mat, 2.mat … and cvind.mat"
        )
    folds = _folds(raw, notes)
    sizes: dict[tuple[int, ...], set[str]] = {}
    counts: Counter[tuple[int, ...]] = Counter()
    for number, path in files.items():
        try:
            one = read_slice(path)
            counts[one.image.shape] += 1
            sizes.setdefault(one.image.shape, set()).add(one.patient)
            item = _item(number, one, out)
            if 0 < number <= len(folds) and folds[number - 1] > 0:
                item["author_fold"] = int(folds[number - 1]) - 1
            yield str(number), item
        except MRITumorError as error:
            yield str(number), error
    notes.append(
        f"{sum(counts.values())} of {PUBLISHED} published slices, "
        f"{len(set().union(*sizes.values()))} of {PATIENTS} patients"
    )
    notes += _notes(files, others, counts, sizes)


def _files(raw: Path) -> tuple[dict[int, Path], int]:
    """Return the slices by number, and how many files repeat one (doubled folders)."""
    numbered = [
        (int(path.stem), path)
        for path in files_under(raw, (".mat",))
        if re.fullmatch(r"\d+", path.stem)
    ]
    found: dict[int, Path] = {}
    for number, path in sorted(numbered, key=lambda n: (n[0], len(n[1].parts))):
        found.setdefault(number, path)
    return found, len(numbered) - len(found)


def _folds(raw: Path, notes: list[str]) -> np.ndarray:
    for path in files_under(raw, (".mat",)):
        if path.name.lower() == _FOLDS:
            return read_folds(path)
    notes.append("there is no cvind.mat, so the author's folds are unknown")
    return np.zeros(0, int)


def _item(number: int, one: Slice, out: Path) -> Item:
    image = eight_bit(one.image)
    paths = {kind: out / kind / f"{number:04d}.png" for kind in ("images", "masks")}
    for path, pixels in zip(paths.values(), (image, one.mask.astype(np.uint8) * 255)):
        path.parent.mkdir(parents=True, exist_ok=True)
        # The next level saves 3 % of the space for a third more time.
        Image.fromarray(pixels).save(path, compress_level=1)
    item: Item = {
        "image": str(paths["images"].resolve()),
        "label": str(paths["masks"].resolve()),
        "class": one.label,
        "class_name": CLASSES[one.label],
        "patient": one.patient,
        "person": without_letter(one.patient),
        "site": "",
        "tumour_voxels": int(one.mask.sum()),
    }
    digest = pixel_hash(image)
    return {**item, "pixels": digest} if digest else item


def _notes(
    files: Mapping[int, Path],
    repeated: int,
    counts: Counter[tuple[int, ...]],
    sizes: Mapping[tuple[int, ...], set[str]],
) -> list[str]:
    notes = []
    gaps = ranges(set(range(1, PUBLISHED + 1)) - set(files))
    if gaps:
        absent = PUBLISHED - len(set(files) & set(range(1, PUBLISHED + 1)))
        more = f" and {len(gaps) - 5} more gaps" if len(gaps) > 5 else ""
        notes.append(
            f"{absent} of the {PUBLISHED} published slices are not here: "
            f"{', '.join(gaps[:5])}{more}"
        )
    if repeated:
        notes.append(f"{repeated} file(s) repeat a slice's number and were passed over")
    usual = counts.most_common(1)[0][0] if counts else ()
    for size in counts:
        if size != usual:
            some = ", ".join(sorted(sizes[size])[:3])
            notes.append(
                f"{counts[size]} slices are {size[0]} x {size[1]} and not "
                f"{usual[0]} x {usual[1]}: of {len(sizes[size])} patient(s), {some}"
            )
    return notes


def ranges(numbers: set[int]) -> list[str]:
    """Return whole numbers as runs: ``{1, 2, 3, 7}`` becomes ``["1-3", "7"]``."""
    ends = sorted(n for n in numbers if n + 1 not in numbers)
    starts = sorted(n for n in numbers if n - 1 not in numbers)
    return [str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends)]
