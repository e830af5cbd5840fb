"""Who a file belongs to, under a name that tells no stranger.

A pseudonym is a plain hash: the same patient gets the same one on every machine, so
that splits by patient hold. It is no anonymisation: whoever knows an id can compute
its pseudonym, and one who can list all ids of a hospital can find the id.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

_DIGITS = 12
# A name of this many letters is hidden inside longer words, too (DOEJOHN1).
_LONG = 4


@dataclass(frozen=True)
class Patient:
    """A patient; only the pseudonym is ever printed.

    Attributes:
        pseudonym: such as ``P-3f2a90c1d4e5``.
        id: PatientID as written, empty where there is none.
        secrets: the id and the parts of the name, longest first.
    """

    pseudonym: str
    id: str = field(repr=False, default="")
    secrets: tuple[str, ...] = field(repr=False, default=())

    def hide(self, text: str) -> str:
        """Return a text with the patient's id and names replaced by the pseudonym."""
        return _hide(text, self.secrets, self.pseudonym)


def pseudonym(value: str, prefix: str = "P") -> str:
    """Return a short stable name for an id.

    Args:
        value: the id; case and surrounding spaces do not count.
        prefix: what the name begins with.

    Example:
        >>> pseudonym("1234567")
        'P-8bb0cf6eb9b1'
    """
    digest = hashlib.sha256(value.strip().casefold().encode("utf-8")).hexdigest()
    return f"{prefix}-{digest[:_DIGITS]}"


def patient_of(dataset: Any) -> Patient:
    """Return the patient of a DICOM dataset.

    The pseudonym is that of the PatientID, else of name and birth date, else of the
    study: a file without any of these belongs to a patient of its own.

    Args:
        dataset: a pydicom Dataset.
    """
    own = _text(dataset, "PatientID")
    name = _text(dataset, "PatientName")
    birth = _text(dataset, "PatientBirthDate")
    known = own or (f"{name} {birth}".strip() if name else "")
    known = known or _text(dataset, "StudyInstanceUID")
    parts = [p for p in re.split(r"[\^=\s,._-]+", name) if len(p) > 1]
    secrets = {own, name, *parts, _text(dataset, "OtherPatientIDs")} - {""}
    longest_first = tuple(sorted(secrets, key=lambda s: (-len(s), s)))
    return Patient(pseudonym(known), own, longest_first)


def _hide(text: str, secrets: tuple[str, ...], instead: str) -> str:
    words = [
        re.escape(s) if len(s) >= _LONG else f"(?<![^\\W_]){re.escape(s)}(?![^\\W_])"
        for s in secrets
    ]
    if not words:
        return text
    # A function, so that no part of the text is read as a template.
    return re.sub("|".join(words), lambda _: instead, text, flags=re.IGNORECASE)


def _text(dataset: Any, keyword: str) -> str:
    value = dataset.get(keyword)
    return "" if value is None else str(value).strip()
