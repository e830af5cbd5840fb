from __future__ import annotations

import pytest

from mritumor import errors
from mritumor.errors import InputError, MRITumorError, PreflightError, did_you_mean


def test_sentence_has_what_where_got_expected_remedy():
    error = InputError(
        "a sequence is missing",
        where="P1",
        got="t2w",
        expected="t1n and t2w",
        remedy="add P1_t1n.nii.gz",
    )
    assert str(error) == (
        "P1: a sequence is missing (found t2w; expected t1n and t2w); "
        "add P1_t1n.nii.gz"
    )
    assert (error.what, error.where, error.got) == (
        "a sequence is missing",
        "P1",
        "t2w",
    )


@pytest.mark.parametrize(
    "facts, sentence",
    [
        ({}, "it is broken"),
        ({"where": "a.nii"}, "a.nii: it is broken"),
        ({"got": 0}, "it is broken (found 0)"),
        ({"expected": 3}, "it is broken (expected 3)"),
        ({"remedy": "mend it"}, "it is broken; mend it"),
        ({"where": "", "got": [], "remedy": ""}, ": it is broken (found [])"),
    ],
)
def test_sentence_leaves_out_what_is_not_known(facts, sentence):
    assert str(MRITumorError("it is broken", **facts)) == sentence


def test_every_error_of_the_package_is_caught_by_its_base():
    own = [e for e in vars(errors).values() if isinstance(e, type)]
    raised = [e for e in own if issubclass(e, Exception)]
    assert len(raised) >= 7
    assert all(issubclass(e, MRITumorError) for e in raised)


def test_preflight_error_keeps_its_problems_apart():
    error = PreflightError(iter(["one", "two"]))
    assert error.problems == ["one", "two"]
    assert str(error) == "one\ntwo"


def test_did_you_mean_names_the_nearest_word_or_nothing():
    assert did_you_mean("epoch", ["epochs", "seed"]) == "did you mean 'epochs'?"
    assert did_you_mean("xyz", ["epochs", "seed"]) is None
    assert did_you_mean("epochs", iter(())) is None
