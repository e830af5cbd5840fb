"""2-D images with classes as files: class folders, masks, and one datalist."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from mritumor.data import write_datalist
from mritumor.phantom.folder import NAME, open_folder
from mritumor.phantom.options import StudyOptions
from mritumor.phantom.slices import CLASSES, Slice, make_slices
from mritumor.phantom.splits import assign_folds, assign_sections
from mritumor.phantom.writer import case_name, check_counts
from mritumor.types import Item, PathLike


def write_slice_phantoms(
    out: PathLike,
    cases: int,
    seed: int = 0,
    options: StudyOptions | None = None,
    *,
    per_patient: int = 3,
    val_fraction: float = 0.2,
    test_fraction: float = 0.2,
    overwrite: bool = False,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Path:
    """Write a data set of 2-D images with a class each.

    Layout::

        out/images/glioma/phantom-0-0000-0.png     8-bit grey, T1 with contrast agent
        out/masks/glioma/phantom-0-0000-0.png      0 and 255; all 0 for notumor
        out/datalist.json

    An item is ``{"image", "label": path of the mask, "class": index, "class_name",
    "patient", "site", "plane", "fold"}``. Patients take the classes in turn, and a
    patient is in one section only.

    Args:
        out: the folder.
        cases: number of patients, at least 1.
        seed: of the data set.
        options: see `make_slices`.
        per_patient: images of each patient, at least 1.
        val_fraction: of the patients.
        test_fraction: of the patients.
        overwrite: replace an earlier phantom data set in `out`.
        progress: wraps the patient numbers, such as `tqdm.tqdm`.

    Returns:
        The datalist.

    Raises:
        InputError: an option out of range, or a folder that holds something else.
    """
    check_counts(seed, cases=cases, per_patient=per_patient)
    sections = assign_sections(cases, val_fraction, test_fraction)
    folds = assign_folds(sections)
    out = Path(out).resolve()
    open_folder(out, overwrite)
    listed: dict[str, list[Item]] = {"training": [], "validation": [], "testing": []}
    for case in progress(range(cases)):
        name = CLASSES[case % len(CLASSES)]
        slices = make_slices(seed, case, name, per_patient, options)
        for number, one in enumerate(slices):
            item = _write(out, case_name(seed, case), number, name, one)
            if folds[case] is not None:
                item["fold"] = folds[case]
            listed[sections[case]].append(item)
    return write_datalist(
        out / "datalist.json",
        name=NAME,
        description="Synthetic 2-D brain MRI with a tumour class; no real patient.",
        modalities=["t1c"],
        labels={0: "background", 1: "tumour"},
        classes=dict(enumerate(CLASSES)),
        sections=listed,
        licence="CC0-1.0",
        seed=seed,
        folders=["images", "masks"],
    )


def _write(out: Path, patient: str, number: int, name: str, one: Slice) -> Item:
    """Write an image and its mask; return the item, paths relative to `out`."""
    file = f"{name}/{patient}-{number}.png"
    item: Item = {
        "image": f"images/{file}",
        "label": f"masks/{file}",
        "class": CLASSES.index(name),
        "class_name": name,
        "patient": patient,
        "site": "phantom",
        "plane": one.plane,
    }
    pictures = {"images": one.image, "masks": one.mask.astype(np.uint8) * 255}
    for kind, pixels in pictures.items():
        path = out / kind / file
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return item
