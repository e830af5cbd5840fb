"""Coded meanings are those of the standard, and names find theirs."""

from __future__ import annotations

import pytest
from pydicom.sr._cid_dict import cid_concepts
from pydicom.sr.codedict import codes

from mritumor.data.labels import BRATS_LABELS, CONVENTIONS, label_names
from mritumor.dicom import codes as ours
from mritumor.dicom.algorithm import Algorithm, clipped
from mritumor.overlay import PALETTE

ALL = [value for value in vars(ours).values() if isinstance(value, ours.Code)]
LESION_TYPES, CATEGORIES = 7159, 7150


@pytest.mark.parametrize("code", ALL, ids=lambda code: code.meaning)
def test_each_code_is_in_the_standard(code: ours.Code) -> None:
    scheme = getattr(codes, code.scheme)
    known = (getattr(scheme, name) for name in scheme.dir(""))
    assert any((c.value, c.meaning) == (code.value, code.meaning) for c in known)


@pytest.mark.parametrize("name", ["NECROSIS", "EDEMA", "ENHANCING", "LESION"])
def test_types_belong_to_the_context_group(name: str) -> None:
    code = getattr(ours, name)
    group = cid_concepts[LESION_TYPES][code.scheme]
    scheme = getattr(codes, code.scheme)
    assert code.value in {getattr(scheme, keyword).value for keyword in group}
    assert "MorphologicallyAbnormalStructure" in cid_concepts[CATEGORIES]["SCT"]


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("necrotic core", "Necrosis"),
        ("NCR/NET", "Necrosis"),
        ("oedema", "Edema"),
        ("peritumoral_edema", "Edema"),
        ("enhancing tumour", "Enhancing Lesion"),
        ("non-enhancing tumor core", "Non-Enhancing Lesion"),
        ("nonenhancing", "Non-Enhancing Lesion"),
        ("ET", "Enhancing Lesion"),
        ("WT", "Neoplasm"),
        ("whole tumour", "Neoplasm"),
        ("meningioma", "Neoplasm"),
        ("pituitary adenoma", "Neoplasm"),
        ("brain metastases", "Neoplasm, Secondary"),
        ("resection cavity", "Morphologically Abnormal Structure"),
        ("FLAIR abnormality", "Lesion"),
        ("anything else", "Lesion"),
    ],
)
def test_names_find_their_meaning(name: str, meaning: str) -> None:
    assert ours.concept(name).type.meaning == meaning
    assert ours.concept(name).category == ours.ABNORMAL


def test_every_structure_of_the_package_has_its_own_meaning() -> None:
    names = label_names(CONVENTIONS["brats2024-post"])
    found = {ours.concept(names[v]).type for v in names if v}
    assert len(found) == len(names) - 1 == len(BRATS_LABELS)
    assert ours.LESION not in found


def test_colours_are_those_of_figures() -> None:
    assert ours.colour(1) == PALETTE[0] == ours.colour(len(PALETTE) + 1)
    assert ours.colour_bytes(1) == (214, 94, 0)


def test_an_algorithm_fits_into_dicom() -> None:
    assert Algorithm("x" * 80).serial == "x" * 64
    assert Algorithm("a", "1", digest="9f").serial == "9f"
    assert Algorithm("a").software.startswith("mritumor")
    assert clipped("a\\b\n c") == "a b c"
