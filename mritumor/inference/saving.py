"""Predictions as files: NIfTI, PNG, one CSV a run, DICOM."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mritumor.inference.prediction import Prediction
from mritumor.types import Affine, LabelMap, PathLike

CSV = "predictions.csv"


def save_labels(prediction: Prediction, folder: PathLike) -> Path | None:
    """Write a prediction's label map; see `Prediction.save`."""
    labels, folder = prediction.labels, Path(folder)
    if labels is None:
        return None
    if prediction.affine is not None:
        path = folder / f"{prediction.case}_seg.nii.gz"
        return save_nifti(path, labels, prediction.affine)
    if labels.ndim == 2:
        return save_mask(folder / f"{prediction.case}_seg.png", labels)
    for index, file in enumerate(prediction.files):
        path = folder / prediction.case / f"{file.stem}_seg.png"
        save_mask(path, labels[..., index])
    return folder / prediction.case


def save_nifti(path: Path, array: NDArray, affine: Affine) -> Path:
    """Write a volume (I, J, K) in one step, in the array's number type."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(array, affine, dtype=array.dtype)
    image.header.set_xyzt_units("mm")
    unfinished = path.with_name(f".{path.name.removesuffix('.nii.gz')}.part.nii.gz")
    nib.save(image, unfinished)
    unfinished.replace(path)
    return path


def save_mask(path: Path, labels: LabelMap) -> Path:
    """Write a picture's label map (H, W): one label as 0 and 255, several as they are."""
    one = labels.max(initial=0) <= 1
    return save_grey(path, labels * np.uint8(255) if one else labels)


def save_grey(path: Path, pixels: NDArray[np.uint8]) -> Path:
    """Write an 8-bit picture (H, W) in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.stem}.part.png")
    Image.fromarray(np.ascontiguousarray(pixels, dtype=np.uint8)).save(unfinished)
    unfinished.replace(path)
    return path


def save_uncertainty(prediction: Prediction, folder: PathLike) -> Path | None:
    """Write the entropy map: NIfTI float32 of a volume, PNG (255: unsure) of pictures."""
    entropy, folder = prediction.uncertainty, Path(folder)
    if entropy is None:
        return None
    if prediction.affine is not None:
        path = folder / f"{prediction.case}_entropy.nii.gz"
        return save_nifti(path, entropy.astype(np.float32), prediction.affine)
    grey = np.rint(entropy * 255).astype(np.uint8)
    if grey.ndim == 2:
        return save_grey(folder / f"{prediction.case}_entropy.png", grey)
    for index, file in enumerate(prediction.files):
        path = folder / prediction.case / f"{file.stem}_entropy.png"
        save_grey(path, grey[..., index])
    return folder / prediction.case


def save_dicom(
    prediction: Prediction,
    folder: PathLike,
    algorithm: tuple[str, str, str],
    rtstruct: bool = False,
) -> list[Path]:
    """Write a DICOM study's labels as SEG, on request as RT Structure Set too.

    Args:
        prediction: of a `DicomCase`.
        folder: for ``<case>_seg.dcm`` and ``<case>_rtstruct.dcm``.
        algorithm: name, version and checksum of what drew it.
        rtstruct: write that as well.

    Returns:
        The files; none when nothing was outlined, or the input was no DICOM.

    Raises:
        InputError, GeometryError: as `mritumor.dicom.write_seg`.
    """
    from mritumor.dicom import Algorithm, write_rtstruct, write_seg

    labels, source = prediction.labels, prediction.source
    if labels is None or source is None or not labels.any():
        return []
    rest = (labels, prediction.affine, source, prediction.names, Algorithm(*algorithm))
    folder = Path(folder)
    files = [write_seg(folder / f"{prediction.case}_seg.dcm", *rest)]
    if rtstruct:
        path = folder / f"{prediction.case}_rtstruct.dcm"
        files.append(write_rtstruct(path, *rest))
    return files


def csv_rows(prediction: Prediction) -> Iterator[dict[str, str]]:
    """Give the lines of ``predictions.csv``: one a picture, or one a volume.

    Columns: ``input``, ``class`` and ``p_<class>`` where classes are told, and
    ``<label>_px`` (or ``_mm3``) where something is outlined.
    """
    several = len(prediction.slices) or len(prediction.files)
    for index in range(several) if prediction.files else (None,):
        row = {"input": prediction.case}
        told = prediction.probabilities
        if index is not None:
            row["input"] = str(prediction.files[index])
            told = prediction.slices[index] if prediction.slices else told
        if told:
            row["class"] = max(told, key=lambda name: told[name])
            row |= {f"p_{name}": f"{p:.6f}" for name, p in told.items()}
        yield row | _sizes(prediction, index)


def _sizes(prediction: Prediction, index: int | None) -> dict[str, str]:
    labels = prediction.labels
    if labels is None:
        return {}
    if prediction.affine is not None:
        return {f"{n}_mm3": f"{v:.1f}" for n, v in prediction.volumes.items()}
    part = labels if index is None or labels.ndim == 2 else labels[..., index]
    return {f"{n}_px": str(int((part == v).sum())) for v, n in prediction.names.items()}


def write_csv(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    """Write rows in one step; columns in the order in which they first appear."""
    columns = list(dict.fromkeys(key for row in rows for key in row)) or ["input"]
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    unfinished.replace(path)
    return path
