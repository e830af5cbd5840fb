"""What is needed of a series' header, in a small frozen object."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from mritumor.dicom.patient import Patient, patient_of, pseudonym

_NO_AGENT = frozenset({"", "no", "none", "n", "0", "null", "without", "nil"})


@dataclass(frozen=True)
class SeriesHeader:
    """Facts of one series. Its ``str`` is safe to print, its ``repr`` too.

    Attributes:
        patient: whose series it is.
        study: StudyInstanceUID.
        series: SeriesInstanceUID.
        number: SeriesNumber.
        description: SeriesDescription as written, which may hold a name: see `label`.
        protocol: ProtocolName as written.
        image_type: ImageType in capitals, with FrameType where there is one.
        scanning: ScanningSequence, such as ("SE", "IR"), or PulseSequenceName's parts.
        echo_time: TE in ms.
        repetition_time: TR in ms.
        inversion_time: TI in ms; None where there is no inversion.
        b_value: of diffusion in s/mm².
        contrast_agent: whether one is recorded. False also where it was forgotten.
        study_date: YYYYMMDD.
        series_date: YYYYMMDD.
        frame_of_reference: FrameOfReferenceUID: series that share it share positions.
    """

    patient: Patient
    study: str = field(repr=False)
    series: str = field(repr=False)
    number: int | None = None
    description: str = field(repr=False, default="")
    protocol: str = field(repr=False, default="")
    image_type: tuple[str, ...] = ()
    scanning: tuple[str, ...] = ()
    echo_time: float | None = None
    repetition_time: float | None = None
    inversion_time: float | None = None
    b_value: float | None = None
    contrast_agent: bool = False
    study_date: str = field(repr=False, default="")
    series_date: str = field(repr=False, default="")
    frame_of_reference: str = field(repr=False, default="")

    @property
    def case(self) -> str:
        """Name of the study without the patient's: pseudonyms of patient and study."""
        return f"{self.patient.pseudonym}_{pseudonym(self.study, 'S')}"

    @property
    def label(self) -> str:
        """The description with the patient's names hidden."""
        return self.patient.hide(self.description or self.protocol) or "no description"

    def __str__(self) -> str:
        """Such as ``series 4 't1 sag' (TR 550, TE 9, no TI; contrast agent)``."""
        number = "" if self.number is None else f" {self.number}"
        times = ", ".join(
            f"{name} {value:g}" if value is not None else f"no {name}"
            for name, value in (
                ("TR", self.repetition_time),
                ("TE", self.echo_time),
                ("TI", self.inversion_time),
            )
        )
        agent = "contrast agent" if self.contrast_agent else "no contrast agent"
        return f"series{number} '{self.label}' ({times}; {agent})"


def header_of(flat: Any) -> SeriesHeader:
    """Return the header of a frame's series.

    Args:
        flat: the flat dataset of a frame, see `mritumor.dicom.frames.flatten`.

    Raises:
        ValueError: a number that is none.
    """
    return SeriesHeader(
        patient=patient_of(flat),
        study=text(flat, "StudyInstanceUID"),
        series=text(flat, "SeriesInstanceUID"),
        number=whole(flat, "SeriesNumber"),
        description=text(flat, "SeriesDescription"),
        protocol=text(flat, "ProtocolName"),
        image_type=words(flat, "ImageType", "FrameType"),
        scanning=words(flat, "ScanningSequence", "EchoPulseSequence"),
        echo_time=number(flat, "EffectiveEchoTime", "EchoTime"),
        repetition_time=number(flat, "RepetitionTime"),
        # 0 is what scanners write where there is no inversion.
        inversion_time=number(flat, "InversionTimes", "InversionTime") or None,
        b_value=number(flat, "DiffusionBValue"),
        contrast_agent=_has_agent(flat),
        study_date=text(flat, "StudyDate"),
        series_date=text(flat, "SeriesDate"),
        frame_of_reference=text(flat, "FrameOfReferenceUID"),
    )


def text(flat: Any, keyword: str) -> str:
    """Return a value as text, empty where absent."""
    value = flat.get(keyword)
    return "" if value is None else str(value).strip()


def number(flat: Any, *keywords: str) -> float | None:
    """Return the first value of the first keyword that has one."""
    for keyword in keywords:
        value = flat.get(keyword)
        if value is None or value == "":
            continue
        if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
            if not len(value):
                continue
            value = value[0]
        return float(value)
    return None


def whole(flat: Any, *keywords: str) -> int | None:
    """Return a whole number, None where absent."""
    value = number(flat, *keywords)
    return None if value is None else int(value)


def words(flat: Any, *keywords: str) -> tuple[str, ...]:
    """Return all values of the keywords, in capitals."""
    found: list[str] = []
    for keyword in keywords:
        found += re.split(r"\\|', ?'", text(flat, keyword).strip("[]'").upper())
    return tuple(dict.fromkeys(word.strip() for word in found if word.strip()))


def _has_agent(flat: Any) -> bool:
    agent = text(flat, "ContrastBolusAgent").casefold()
    return agent not in _NO_AGENT or bool(flat.get("ContrastBolusAgentSequence"))
