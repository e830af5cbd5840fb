"""The numbers of a file's frames: decoded, rescaled, black is small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mritumor._optional import require
from mritumor.dicom.frames import Frame, frame_count
from mritumor.dicom.header import text
from mritumor.dicom.read import DAMAGED, quiet, read_dataset
from mritumor.errors import InputError, MissingDependencyError

# What brings a decoder, by the beginning of the transfer syntax UID; the first that
# fits counts. RLE and uncompressed data need nothing but pydicom.
_JPEG = "1.2.840.10008.1.2.4."
PACKAGES = {
    f"{_JPEG}80": "pyjpegls",
    f"{_JPEG}81": "pyjpegls",
    f"{_JPEG}9": "'pylibjpeg[openjpeg]'",
    f"{_JPEG}20": "'pylibjpeg[openjpeg]'",
    f"{_JPEG}5": "'pylibjpeg[libjpeg]'",
    f"{_JPEG}7": "'pylibjpeg[libjpeg]'",
}


def read_pixels(frames: Sequence[Frame], where: object = None) -> list[np.ndarray]:
    """Read frames of one file.

    Args:
        frames: of the same file.
        where: the series named in errors.

    Returns:
        One (columns, rows) array per frame: in the stored number type where nothing is
        to be scaled, else float32. MONOCHROME1 is inverted.

    Raises:
        InputError: truncated or damaged data, colour, or a compression without decoder.
        MissingDependencyError: pydicom, or the decoder's package, is not installed.
    """
    name, dataset = _name(frames[0]), None
    try:
        with quiet():
            dataset = read_dataset(frames[0].path, pixels=True)
            if int(dataset.get("SamplesPerPixel") or 1) != 1:
                raise InputError("this is a colour picture", where=where, got=name)
            stored = _decode(dataset)
    except DAMAGED:
        if dataset is not None:
            _check_decoder(dataset, name, where)
        raise _broken(name, where) from None
    return [_scaled(stored[frame.index].T, frame) for frame in frames]


def _decode(dataset: Any) -> np.ndarray:
    """Return the stored numbers (frames, rows, columns), black small.

    Raises:
        Exception: one of `DAMAGED`.
    """
    _tell_syntax(dataset)
    stored = np.asarray(dataset.pixel_array)
    stored = stored.reshape(frame_count(dataset), *stored.shape[-2:])
    if text(dataset, "PhotometricInterpretation") == "MONOCHROME1":
        return _inverted(stored, dataset)
    return stored


def _tell_syntax(dataset: Any) -> None:
    """Add the transfer syntax to a file without preamble: it is never compressed."""
    meta = getattr(dataset, "file_meta", None)
    if meta is not None and "TransferSyntaxUID" in meta:
        return
    if meta is None:
        dataset.file_meta = meta = require("pydicom.dataset", "dicom").FileMetaDataset()
    implicit = dataset.original_encoding[0]
    meta.TransferSyntaxUID = "1.2.840.10008.1.2" + ("" if implicit else ".1")


def _check_decoder(dataset: Any, name: str, where: object) -> None:
    """Raise if what failed is the lack of a decoder.

    Raises:
        MissingDependencyError: a package would decode it.
        InputError: nothing would.
    """
    meta = getattr(dataset, "file_meta", None) or {}
    syntax: Any = meta.get("TransferSyntaxUID")
    if not _is_compressed(syntax) or _has_decoder(syntax):
        return
    package = next((p for uid, p in PACKAGES.items() if syntax.startswith(uid)), None)
    if package is None:
        raise InputError(
            "its compression can not be read",
            where=where,
            got=f"{syntax.name} in {name}",
            remedy="export it uncompressed (Explicit VR Little Endian)",
        )
    raise MissingDependencyError(
        "its compression needs a decoder that is not installed",
        where=where,
        got=f"{syntax.name} in {name}",
        remedy=f"install it with: pip install {package}",
    )


def _is_compressed(syntax: Any) -> bool:
    try:
        return syntax is not None and bool(syntax.is_compressed)
    except ValueError:  # no transfer syntax at all: damaged
        return False


def _has_decoder(syntax: Any) -> bool:
    try:
        decoder = require("pydicom.pixels", "dicom").get_decoder(syntax)
    except NotImplementedError:
        return False
    return bool(decoder.is_available)


def _inverted(stored: np.ndarray, dataset: Any) -> np.ndarray:
    signed = int(dataset.get("PixelRepresentation") or 0)
    bits = int(dataset.BitsStored)
    # Largest and smallest value change places; the result stays in range.
    top = -1 if signed else (1 << bits) - 1
    return np.asarray(top - stored.astype(np.int64)).astype(stored.dtype)


def _scaled(stored: np.ndarray, frame: Frame) -> np.ndarray:
    if frame.slope == 1 and frame.intercept == 0:
        return stored
    scaled = stored.astype(np.float64) * frame.slope + frame.intercept
    return np.asarray(scaled, dtype=np.float32)


def _name(frame: Frame) -> str:
    return "a file" if frame.instance is None else f"instance {frame.instance}"


def _broken(name: str, where: object) -> InputError:
    return InputError(
        "the pixels of an image cannot be read",
        where=where,
        got=f"{name} truncated or damaged",
        remedy="export the series again",
    )
