"""What every object that is written has in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mritumor.dicom.header import text
from mritumor.dicom.read import quiet
from mritumor.dicom.source import SourceImages
from mritumor.errors import InputError, MRITumorError
from mritumor.types import PathLike

_PERSONAL = ("PatientBirthDate", "AccessionNumber", "OtherPatientNames", "StudyDate")


@contextmanager
def built(what: str, source: SourceImages) -> Iterator[None]:
    """Build an object; what goes wrong becomes one sentence that names nobody.

    Args:
        what: such as ``"SEG"``.
        source: the images that it is derived from.

    Raises:
        InputError: in place of what pydicom and highdicom raise.
    """
    try:
        with quiet():
            yield
    except MRITumorError:
        raise
    except (ValueError, TypeError, AttributeError, KeyError, RuntimeError) as error:
        raise InputError(
            f"no valid {what} can be made of these images",
            where=source.name,
            got=hidden(f"{type(error).__name__}: {error}", source),
            remedy="their header holds what DICOM does not allow, or lacks something",
        ) from None


def hidden(words: str, source: SourceImages) -> str:
    """Return the first line of words without what tells who the patient is.

    What stands in quotation marks is a value of the header and goes as well.
    """
    line = re.sub(r"""(["']).*\1""", "'…'", words.splitlines()[0] if words else "")
    line = source.patient.hide(line)
    for keyword in _PERSONAL:
        value = text(source.header, keyword)
        line = line.replace(value, "…") if len(value) > 1 else line
    return line


def new_series_number(source: SourceImages, kind: int) -> int:
    """Return a number that sorts behind the source's, such as 401 for series 4."""
    own = source.series.number or 0
    # Some anonymisers write numbers of ten digits; DICOM ends at 2^31.
    return (own if 0 < own < 10**7 else 0) * 100 + kind


def save(made: Any, path: PathLike) -> Path:
    """Write an object in one step, so that an interruption leaves no half of it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with quiet():
            made.save_as(unfinished, enforce_file_format=True)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path
