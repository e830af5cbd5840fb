"""What a derived object takes from its source's header: patient and study."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from mritumor._optional import require
from mritumor.dicom.header import text
from mritumor.dicom.read import quiet
from mritumor.dicom.source import SourceImages

# The patient, the clinical trial, the visit: all of these groups is theirs.
_GROUPS = frozenset({0x0010, 0x0012, 0x0038})
# Of the groups that hold much else, what is the study's (PS3.3 C.7.2.1).
_OF_THE_STUDY = frozenset(
    "StudyDate StudyTime StudyDescription StudyInstanceUID StudyID AccessionNumber "
    "IssuerOfAccessionNumberSequence ProcedureCodeSequence ReferencedStudySequence "
    "ReferringPhysicianName ReferringPhysicianIdentificationSequence "
    "ConsultingPhysicianName ConsultingPhysicianIdentificationSequence "
    "PhysiciansOfRecord PhysiciansOfRecordIdentificationSequence "
    "NameOfPhysiciansReadingStudy PhysiciansReadingStudyIdentificationSequence "
    "AdmittingDiagnosesDescription AdmittingDiagnosesCodeSequence "
    "FrameOfReferenceUID PositionReferenceIndicator".split()
)


def patient_and_study(source: SourceImages) -> Any:
    """Return what an object derived from the images takes from their header.

    What DICOM wants to be there is there, empty where unknown; values that it would
    not accept (anonymisers write such dates) are empty as well. Text is in UTF-8.

    Returns:
        A pydicom Dataset with patient, study and frame of reference.
    """
    base = require("pydicom", "dicom").Dataset()
    with quiet():
        for element in source.header:
            if element.tag.group in _GROUPS or element.keyword in _OF_THE_STUDY:
                base.add(deepcopy(element))
        _to_utf8(base, source.header.get("SpecificCharacterSet"))
        for keyword, is_valid in _WANTED.items():
            value = text(base, keyword)
            if not value or not is_valid(value):
                base.pop(keyword, None)
                setattr(base, keyword, "")
    return base


def _to_utf8(base: Any, charset: Any) -> None:
    """Let names of structures be written beside a patient's name in any script."""
    if charset is not None:
        base.SpecificCharacterSet = charset
        base.decode()
        del base.SpecificCharacterSet
    base.SpecificCharacterSet = "ISO_IR 192"


def _is_date(value: str) -> bool:
    return len(value) == 8 and value.isdigit() and _reads(value, "DA")


def _is_time(value: str) -> bool:
    return value[:2].isdigit() and _reads(value, "TM")


def _reads(value: str, kind: str) -> bool:
    try:
        getattr(require("pydicom.valuerep", "dicom"), kind)(value)
    except ValueError:
        return False
    return True


def _anything(value: str) -> bool:
    return True


_WANTED = {
    "PatientID": _anything,
    "PatientName": _anything,
    "PatientBirthDate": _is_date,
    "PatientSex": frozenset("MFO").__contains__,
    "AccessionNumber": _anything,
    "StudyID": _anything,
    "StudyDate": _is_date,
    "StudyTime": _is_time,
    "ReferringPhysicianName": _anything,
    "PositionReferenceIndicator": _anything,
}
