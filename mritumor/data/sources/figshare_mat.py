"""MATLAB v7.3 files of Figshare 1512427: HDF5 inside, with columns first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mritumor._optional import require
from mritumor.data.present import check_present
from mritumor.errors import InputError

CLASSES = ("meningioma", "glioma", "pituitary")
_KEYS = ("image", "tumorMask", "label", "PID")


@dataclass(frozen=True)
class Slice:
    """One slice of the set.

    Attributes:
        image: (H, W), as stored: int16 in the original, 8-bit values in re-exports.
        mask: (H, W) bool.
        label: 0 meningioma, 1 glioma, 2 pituitary tumour.
        patient: the id as the author wrote it.
    """

    image: np.ndarray
    mask: np.ndarray
    label: int
    patient: str


def read_slice(path: Path) -> Slice:
    """Read one ``<k>.mat``.

    Raises:
        InputError: unreadable, without ``cjdata``, or its parts do not fit together.
        MissingDependencyError: h5py is not installed.
    """
    with _open(path) as file:
        if "cjdata" not in file:
            raise InputError(
                "this file has no 'cjdata', so it is no slice",
                where=path,
                got=", ".join(file) or "nothing",
                expected="cjdata with " + ", ".join(_KEYS),
            )
        parts = _parts(file["cjdata"], path)
    # MATLAB stores columns first, so HDF5 gives the picture transposed.
    image, mask = parts["image"].T, parts["tumorMask"].T > 0
    label = int(parts["label"].ravel()[0]) - 1
    if image.ndim != 2 or mask.shape != image.shape:
        raise InputError(
            "image and mask do not fit together",
            where=path,
            got=f"{image.shape} and {mask.shape}",
            expected="two matrices of one size",
        )
    if not 0 <= label < len(CLASSES):
        raise InputError("no such class", where=path, got=label + 1, expected="1 to 3")
    return Slice(image, mask, label, _text(parts["PID"], path))


def read_folds(path: Path) -> np.ndarray:
    """Read the author's folds from ``cvind.mat``.

    Returns:
        (n,) int, the fold 1 to 5 of slice k at k - 1; 0 where it names none.

    Raises:
        InputError: unreadable, or without ``cvind``.
    """
    with _open(path) as file:
        if "cvind" not in file:
            raise InputError("this file has no 'cvind'", where=path, got=list(file))
        return np.asarray(file["cvind"]).ravel().astype(int)


def eight_bit(image: np.ndarray) -> np.ndarray:
    """Return an image as uint8: as it is, or from its least value to its largest.

    Args:
        image: any shape, finite.
    """
    low, high = float(image.min()), float(image.max())
    if 0 <= low and high <= 255:
        return np.rint(image).astype(np.uint8)
    scale = 255.0 / (high - low) if high > low else 0.0
    return np.rint((image.astype(np.float64) - low) * scale).astype(np.uint8)


def _open(path: Path) -> Any:
    check_present(path)
    h5py = require("h5py", "data")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise InputError(
            f"this is no readable MATLAB v7.3 file: {error}",
            where=path,
            remedy="it may be truncated or of an older version; fetch it again",
        ) from None


def _parts(group: Any, path: Path) -> dict[str, np.ndarray]:
    missing = [key for key in _KEYS if key not in group]
    if missing:
        raise InputError(
            f"'cjdata' lacks {' and '.join(missing)}",
            where=path,
            got=", ".join(group),
            expected=", ".join(_KEYS),
        )
    try:
        parts = {key: np.asarray(group[key]) for key in _KEYS}
    except OSError as error:
        raise InputError(f"this file is damaged: {error}", where=path) from None
    empty = [key for key, value in parts.items() if value.size == 0]
    if empty or not np.isfinite(parts["image"]).all():
        raise InputError(
            f"{' and '.join(empty) or 'image'} is empty or not finite", where=path
        )
    return parts


def _text(codes: np.ndarray, path: Path) -> str:
    """Return characters that MATLAB stores as numbers, in a row or a column."""
    text = "".join(chr(int(code)) for code in codes.ravel() if int(code) > 0).strip()
    if not text:
        raise InputError("the patient id is empty", where=path)
    return text
