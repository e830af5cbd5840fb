"""Synthetic studies as files: a folder that a bundle can train on as it stands."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from mritumor.data import write_datalist
from mritumor.data.labels import BRATS_LABELS
from mritumor.errors import InputError
from mritumor.phantom.contrast import MODALITIES
from mritumor.phantom.folder import NAME, open_folder
from mritumor.phantom.options import StudyOptions
from mritumor.phantom.splits import assign_folds, assign_sections
from mritumor.phantom.study import Study, make_study
from mritumor.types import Affine, Item, PathLike


def write_phantoms(
    out: PathLike,
    cases: int,
    seed: int = 0,
    options: StudyOptions | None = None,
    *,
    val_fraction: float = 0.2,
    test_fraction: float = 0.2,
    overwrite: bool = False,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Path:
    """Write a data set of synthetic studies.

    Each case is a folder with one NIfTI file per sequence, its label map and its
    truth as JSON. More cases, or other fractions, leave every image as it was.

    Args:
        out: the folder; `--dataset_dir` of a bundle.
        cases: how many, at least 1.
        seed: of the data set, at least 0.
        options: of the studies.
        val_fraction: of the cases; with three or more cases at least one validates.
        test_fraction: of the cases, likewise.
        overwrite: replace an earlier phantom data set in `out`.
        progress: wraps the case numbers, such as `tqdm.tqdm`.

    Returns:
        The datalist.

    Raises:
        InputError: an option out of range, or a folder that holds something else.
    """
    options = options or StudyOptions()
    check_counts(seed, cases=cases)
    sections = assign_sections(cases, val_fraction, test_fraction)
    folds = assign_folds(sections)
    out = Path(out).resolve()
    open_folder(out, overwrite)
    listed: dict[str, list[Item]] = {"training": [], "validation": [], "testing": []}
    for case in progress(range(cases)):
        item = write_case(out, seed, case, make_study(seed, case, options))
        if folds[case] is not None:
            item["fold"] = folds[case]
        listed[sections[case]].append(item)
    return write_datalist(
        out / "datalist.json",
        name=NAME,
        description="Synthetic brain-tumour MRI with known truth; no real patient.",
        modalities=[m for m in MODALITIES if m in options.modalities],
        labels=BRATS_LABELS,
        sections=listed,
        licence="CC0-1.0",
        seed=seed,
        settings=_plain(options),
        folders=[case_name(seed, case) for case in range(cases)],
    )


def case_name(seed: int, case: int) -> str:
    """Return a case's name; it holds the seed, so that data sets can be joined."""
    return f"phantom-{seed}-{case:04d}"


def write_case(out: Path, seed: int, case: int, study: Study) -> Item:
    """Write one study and return its datalist item, with paths relative to `out`."""
    name = case_name(seed, case)
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    present = [m for m in MODALITIES if m in study.images]
    for modality in present:
        values = np.rint(study.images[modality]).astype(np.int16)
        affine = study.affines[modality]
        save_nifti(folder / f"{name}_{modality}.nii.gz", values, affine)
    save_nifti(folder / f"{name}_seg.nii.gz", study.label, study.affine)
    truth = json.dumps(study.truth, indent=1)
    (folder / f"{name}_truth.json").write_text(truth + "\n", encoding="utf-8")
    item: Item = {
        "image": [f"{name}/{name}_{m}.nii.gz" for m in present],
        "label": f"{name}/{name}_seg.nii.gz",
        "patient": name,
        "site": "phantom",
    }
    if len(present) < len(MODALITIES):
        item["modalities"] = present
    return item


def save_nifti(path: Path, values: NDArray[Any], affine: Affine) -> None:
    """Write a NIfTI file whose bytes depend on values and affine only.

    Args:
        path: ends in ``.nii.gz``.
        values: (I, J, K) int16 or uint8.
        affine: voxel index to RAS+ mm.
    """
    image = nib.Nifti1Image(values, affine)
    image.header.set_xyzt_units("mm")
    # A gzip header holds the time of writing unless told otherwise.
    with path.open("wb") as raw:
        with gzip.GzipFile("", "wb", 4, raw, mtime=0) as packed:
            packed.write(image.to_bytes())


def check_counts(seed: int, **counts: int) -> None:
    """Refuse a negative seed and numbers below 1.

    Raises:
        InputError: names the argument.
    """
    if seed < 0:
        raise InputError("a seed cannot be negative", where="seed", got=seed)
    for name, value in counts.items():
        if value < 1:
            raise InputError(
                "the number is too small", where=name, got=value, expected="at least 1"
            )


def _plain(options: StudyOptions) -> dict[str, Any]:
    """Return the options that differ from the defaults, fit for JSON."""
    defaults = asdict(StudyOptions())
    return {
        name: np.asarray(value).tolist() if name == "affine" else value
        for name, value in asdict(options).items()
        if str(value) != str(defaults[name])
    }
