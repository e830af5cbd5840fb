"""Which sequence a series is, by its name and by its timing."""

from __future__ import annotations

from typing import Any

import pytest

from mritumor.data.sources.dicom_sequence import sequence_of
from mritumor.dicom.header import SeriesHeader
from mritumor.dicom.kind import why_not_anatomical
from mritumor.dicom.patient import Patient
from mritumor.dicom.series import Series
from mritumor.dicom.weighting import weighting
from mritumor.errors import InputError

T1 = {"repetition_time": 550.0, "echo_time": 9.0}
MPRAGE = {"repetition_time": 2300.0, "echo_time": 3.0, "inversion_time": 900.0}
T2 = {"repetition_time": 4500.0, "echo_time": 95.0}
FLAIR = {"repetition_time": 9000.0, "echo_time": 120.0, "inversion_time": 2500.0}


def header(description: str = "", **facts: Any) -> SeriesHeader:
    patient = Patient("P-0", "17", ("17",))
    return SeriesHeader(patient, "1.2", "1.2.3", description=description, **facts)


@pytest.mark.parametrize(
    ("description", "facts", "expected"),
    [
        ("t1_mprage_sag_p2_iso", MPRAGE, "t1n"),
        ("t1_mprage_sag_p2_iso_Gd", MPRAGE, "t1c"),
        ("AX T1 +C", T1, "t1c"),
        ("AX T1 + C", T1, "t1c"),
        ("AX T1 POST", T1, "t1c"),
        ("Ax T1 SE post contrast", T1, "t1c"),
        ("T1ce", T1, "t1c"),
        ("T1w_postGd", T1, "t1c"),
        ("SAG T1 PRE", T1, "t1n"),
        ("T1 w/o contrast", T1, "t1n"),
        ("T1 non-contrast", T1, "t1n"),
        ("T1 pre Gd", T1, "t1n"),
        ("T1 nativ", T1, "t1n"),
        ("FSPGR 3D", T1, "t1n"),
        ("t2_tse_tra", T2, "t2w"),
        ("AX T2 FLAIR", FLAIR, "t2f"),
        ("t2_tirm_tra_dark-fluid", FLAIR, "t2f"),
        ("3D FLAIR SPACE", FLAIR, "t2f"),
        ("FLAIR post Gd", FLAIR, "t2f"),
        ("T2 post contrast", T2, "t2w"),
        ("T1 FLAIR", {**MPRAGE, "echo_time": 10.0}, "t1n"),
        ("", T1, "t1n"),
        ("", T2, "t2w"),
        ("", FLAIR, "t2f"),
        ("", {**T1, "contrast_agent": True}, "t1c"),
        ("t1_se_tra", {"contrast_agent": True}, "t1c"),
        ("PD", {"repetition_time": 3000.0, "echo_time": 15.0}, None),
        ("STIR", {**T2, "inversion_time": 150.0}, None),
        ("brain", {}, None),
        ("PD T2 TSE", {"repetition_time": 3000.0, "echo_time": 15.0}, None),
        ("PD T2 TSE", {"repetition_time": 3000.0, "echo_time": 95.0}, "t2w"),
        ("T1 TSE 3T", {"repetition_time": 2000.0, "echo_time": 10.0}, "t1n"),
        ("FLAIR", {**T2, "scanning": ("SE", "IR")}, "t2f"),
    ],
)
def test_sequence(description: str, facts: Any, expected: str | None) -> None:
    assert sequence_of(header(description, **facts)) == expected


@pytest.mark.parametrize(
    ("description", "facts", "said"),
    [
        ("t2_tse_tra", T1, "a t2 by its name, a t1 by its timing"),
        ("FLAIR", T2, "a flair by its name, a t2 by its timing"),
        ("T1 pre", {**T1, "contrast_agent": True}, "a contrast agent in the header"),
        ("T1 pre and post Gd", T1, "without contrast by its name, and with"),
    ],
)
def test_doubt_is_refused(description: str, facts: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        sequence_of(header(description, **facts))
    assert description in str(caught.value) and "TE" in str(caught.value)


def test_weighting_of_a_long_gradient_echo_is_unknown() -> None:
    gradient = header(repetition_time=700.0, echo_time=20.0, scanning=("GR",))
    assert weighting(gradient) is None
    assert weighting(header(echo_time=20.0)) is None


@pytest.mark.parametrize(
    ("description", "facts", "why"),
    [
        ("AAHead_Scout", {}, "a localizer"),
        ("3-plane loc", {}, "a localizer"),
        ("x", {"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER")}, "a localizer"),
        ("ep2d_diff_b1000", {}, "a diffusion image"),
        ("ADC", {}, "a diffusion image"),
        ("x", {"b_value": 1000.0}, "a diffusion image"),
        ("x", {"scanning": ("EP", "SE")}, "an echo-planar image"),
        ("T1 MPR cor", {}, "a reformatted image"),
        ("t2*_gre", {}, "a susceptibility image"),
        ("x", {"image_type": ("ORIGINAL", "PRIMARY", "P")}, "a phase image"),
        ("x", {"image_type": ("DERIVED", "SECONDARY")}, "a computed image"),
        ("t1_mprage_sag", {}, "only 0 slice"),
    ],
)
def test_what_is_passed_over(description: str, facts: Any, why: str) -> None:
    found = why_not_anatomical(Series(header(description, **facts), ()))
    assert found is not None and found.startswith(why)


def test_the_header_is_printed_without_the_name() -> None:
    patient = Patient("P-0", "4711", ("Mustermann", "4711", "Max"))
    shown = SeriesHeader(patient, "1.2", "1.3", 4, "T1 MUSTERMANN max 4711", **T1)
    for text in (str(shown), repr(shown)):
        assert not any(s.lower() in text.lower() for s in patient.secrets), text
    assert str(shown).startswith("series 4 'T1 P-0 P-0 P-0' (TR 550, TE 9, no TI")


@pytest.mark.parametrize("text", ["Li", "Ying Li", "Li_1"])
def test_short_names_are_hidden_as_words(text: str) -> None:
    patient = Patient("P-0", "1", ("Li",))
    assert "Li" not in patient.hide(text)
    assert patient.hide("Limit") == "Limit"
