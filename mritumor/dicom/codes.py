"""What a structure is called in DICOM's vocabulary, and the colour it is shown in.

Categories are of PS3.16 CID 7150, types of CID 7159 and of its brain lesions (7168,
7169). Codes are of SNOMED CT (SCT), of the NCI Thesaurus (NCIt) and of DICOM (DCM).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from mritumor.overlay import PALETTE, Colour


class Code(NamedTuple):
    """A coded entry: value, scheme and meaning, in pydicom's order."""

    value: str
    scheme: str
    meaning: str


@dataclass(frozen=True)
class Concept:
    """What a segment shows.

    Attributes:
        category: the kind of thing.
        type: the thing.
    """

    category: Code
    type: Code


ABNORMAL = Code("49755003", "SCT", "Morphologically Abnormal Structure")
BRAIN = Code("12738006", "SCT", "Brain")
ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")

NECROSIS = Code("6574001", "SCT", "Necrosis")
EDEMA = Code("79654002", "SCT", "Edema")
ENHANCING = Code("C113842", "NCIt", "Enhancing Lesion")
NON_ENHANCING = Code("C81175", "NCIt", "Non-Enhancing Lesion")
NEOPLASM = Code("108369006", "SCT", "Neoplasm")
METASTASIS = Code("14799000", "SCT", "Neoplasm, Secondary")
LESION = Code("52988006", "SCT", "Lesion")

# The first that fits counts: "non-enhancing tumour" is no "enhancing tumour".
_TYPES = (
    (r"cavity", ABNORMAL),
    (r"necro\w*|ncr", NECROSIS),
    (r"o?edema\w*|ed", EDEMA),
    (r"non\W?enhanc\w*|net|snfh", NON_ENHANCING),
    (r"enhanc\w*|et", ENHANCING),
    (r"metasta\w*", METASTASIS),
    (r"tumou?rs?|neoplas\w*|gliomas?|meningiomas?|pituitary|adenomas?|wt|tc", NEOPLASM),
)
_PATTERNS = tuple(
    (re.compile(rf"(?<![a-z0-9])({words})(?![a-z0-9])"), code) for words, code in _TYPES
)


def concept(name: str) -> Concept:
    """Return the coded meaning of a structure.

    Args:
        name: as a bundle's metadata has it, in British or American spelling, such as
            ``"necrotic core"``, ``"oedema"`` or ``"WT"``.

    Returns:
        Its concept; that of a lesion where the name is not known. A resection cavity
        is an abnormal structure: there is no code for it among CID 7159.

    Example:
        >>> concept("enhancing tumour").type.meaning
        'Enhancing Lesion'
    """
    words = name.lower().replace("_", " ")
    for pattern, code in _PATTERNS:
        if pattern.search(words):
            return Concept(ABNORMAL, code)
    return Concept(ABNORMAL, LESION)


def colour(value: int) -> Colour:
    """Return the colour of a label value, RGB in [0, 1], as figures draw it."""
    return PALETTE[(value - 1) % len(PALETTE)]


def colour_bytes(value: int) -> tuple[int, int, int]:
    """Return the colour of a label value, RGB of 0 to 255."""
    red, green, blue = (round(255 * part) for part in colour(value))
    return red, green, blue
