"""One file: is it DICOM, is it an MR image, what does its header say."""

from __future__ import annotations

import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mritumor._optional import require

MR_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.4": "MR Image",
    "1.2.840.10008.5.1.4.1.1.4.1": "Enhanced MR Image",
    "1.2.840.10008.5.1.4.1.1.4.4": "Legacy Converted Enhanced MR Image",
}
# Everything that pydicom was seen to raise on damaged bytes.
DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)
_NAMED_DICOM = (".dcm", ".ima", ".dicom")
_PATIENT_END = 0x0011  # the patient's group is 0010


@contextmanager
def quiet() -> Iterator[None]:
    """Silence pydicom and highdicom, whose warnings quote values: names, at worst.

    It decodes a value when that is first asked for, so that reading a header needs
    silence as much as opening the file.

    Raises:
        ValueError: in place of pydicom's own errors.
    """
    log, writer = logging.getLogger("pydicom"), logging.getLogger("highdicom")
    before, level = log.disabled, writer.level
    log.disabled = True
    writer.setLevel(logging.CRITICAL + 1)  # its modules have loggers of their own
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        # pydicom's own errors have no common base; who calls knows one for all.
        if type(error).__module__ == "pydicom.errors":
            raise ValueError("the file is damaged") from None
        raise
    finally:
        log.disabled = before
        writer.setLevel(level)


def looks_like_dicom(path: Path) -> bool:
    """Whether a file has the mark ``DICM``, or begins with group 0008 without it.

    Old exports lack the preamble; their first bytes are 08 00, as in little text.
    """
    with path.open("rb") as file:
        start = file.read(132)
    return start[128:] == b"DICM" or start[:2] == b"\x08\x00"


def claims_to_be_dicom(path: Path) -> bool:
    """Whether the file's name says DICOM: if it is none, somebody should know."""
    return path.suffix.lower() in _NAMED_DICOM


def read_dataset(path: Path, pixels: bool = False) -> Any:
    """Read a file.

    Args:
        path: a DICOM file, with or without preamble.
        pixels: read the pixel data too.

    Returns:
        A pydicom Dataset.

    Raises:
        MissingDependencyError: pydicom is not installed.
        Exception: one of `DAMAGED`.
    """
    pydicom = require("pydicom", "dicom")
    with quiet():
        return pydicom.dcmread(path, stop_before_pixels=not pixels, force=True)


def read_patient_group(path: Path) -> Any:
    """Read what comes first of a damaged file, the patient included.

    Returns:
        A pydicom Dataset, empty where nothing can be read.
    """
    reader = require("pydicom.filereader", "dicom")
    try:
        with path.open("rb") as file, quiet():
            dataset = reader.read_partial(
                file, lambda tag, vr, length: tag.group >= _PATIENT_END, force=True
            )
    except DAMAGED:
        return require("pydicom", "dicom").Dataset()
    for tag in list(dataset.keys()):
        try:
            with quiet():
                dataset[tag]
        except DAMAGED:
            del dataset[tag]
    return dataset


def sop_class(dataset: Any) -> str:
    """Return the UID of the kind of object, empty where it is not told."""
    meta = getattr(dataset, "file_meta", None) or {}
    told = dataset.get("SOPClassUID") or meta.get("MediaStorageSOPClassUID")
    return str(told or "")
