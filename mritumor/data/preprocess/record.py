"""A preprocessed study on disk: volumes, transforms, and a record of what was done."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import SimpleITK as sitk

from mritumor import __version__
from mritumor.data.modalities import BRAIN_MASK
from mritumor.data.preprocess.carrier import Carrier
from mritumor.data.preprocess.registration import Registration
from mritumor.data.preprocess.study import Preprocessed
from mritumor.data.preprocess.volume import to_itk_transform
from mritumor.errors import InputError
from mritumor.types import PathLike

SUFFIX = "_preprocess.json"


def write(result: Preprocessed, folder: PathLike) -> dict[str, Path]:
    """Write a preprocessed study.

    ``CASE_t1n.nii.gz`` and so on (float32); ``CASE_t1n.tfm``, ITK's transform from
    positions in the result to the sequence's own (LPS+ mm, as ITK resamples);
    ``CASE_brainmask.nii.gz`` where a skull was stripped; ``CASE_preprocess.json``.

    Args:
        result: of `preprocess`.
        folder: made if it is not there; files of the same name are replaced.

    Returns:
        The files: by sequence, ``"brainmask"`` and ``"record"``.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    affine = result.carrier.grid.affine
    written = {}
    for name, image in result.images.items():
        written[name] = folder / f"{result.case}_{name}.nii.gz"
        _save(image, affine, written[name])
        transform = to_itk_transform(result.carrier.matrices[name])
        sitk.WriteTransform(transform, str(folder / f"{result.case}_{name}.tfm"))
    if result.mask is not None:
        written[BRAIN_MASK] = folder / f"{result.case}_{BRAIN_MASK}.nii.gz"
        _save(result.mask.astype(np.uint8), affine, written[BRAIN_MASK])
    written["record"] = folder / f"{result.case}{SUFFIX}"
    text = json.dumps(describe(result), indent=1, allow_nan=False)
    written["record"].write_text(text + "\n", encoding="utf-8")
    return written


def describe(result: Preprocessed) -> dict[str, Any]:
    """Return what was done, as plain values; matrices in RAS+ mm, lengths in mm."""
    carrier = result.carrier.to_json()
    for name, part in carrier["sequences"].items():
        part["file"] = result.files[name]
        found = result.placing.registrations.get(name)
        part["registration"] = _registration(found)
        part["bias_strength"] = result.bias.get(name)
        scaled = result.options.normalise != "none"
        part["scale"] = asdict(result.scales[name]) if scaled else None
    options = asdict(result.options)
    options["atlas"] = str(result.options.atlas) if result.options.atlas else None
    return {
        "case": result.case,
        "steps": _steps(result),
        **carrier,
        "atlas": _registration(result.placing.atlas),
        "options": options,
        "warnings": result.warnings,
        "versions": {
            "mritumor": __version__,
            "SimpleITK": sitk.Version_VersionString(),
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }


def read_record(path: PathLike) -> Carrier:
    """Return the way back from a record that `write` made.

    Raises:
        InputError: no such file, or it is no record.
    """
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"the record cannot be read: {error}",
            where=path,
            expected=f"a file CASE{SUFFIX}",
        ) from None
    return Carrier.from_json(values, where=path)


def _steps(result: Preprocessed) -> list[str]:
    options = result.options
    asked = (
        ("n4", options.n4),
        ("registration", bool(result.placing.registrations)),
        (f"atlas, {options.atlas_kind}", result.placing.atlas is not None),
        ("orientation RAS", True),
        ("resampling, linear", True),
        (f"skull stripping, {options.skull_strip}", result.mask is not None),
        ("cropping", options.crop and result.placing.atlas is None),
        (f"normalisation, {options.normalise}", options.normalise != "none"),
    )
    return [name for name, done in asked if done]


def _registration(found: Registration | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {**asdict(found), "matrix": found.matrix.tolist()}


def _save(array: np.ndarray, affine: np.ndarray, path: Path) -> None:
    image = nib.Nifti1Image(array, affine)
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
