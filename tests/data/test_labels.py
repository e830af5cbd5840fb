from __future__ import annotations

import numpy as np
import pytest

from mritumor.data.labels import (
    BRATS_LABELS,
    BRATS_REGIONS,
    CONVENTIONS,
    convention,
    detect,
    to_canonical,
)
from mritumor.errors import LabelError

# raw values and what they become: 1 necrotic core, 2 oedema, 3 enhancing tumour
BY_HAND = {
    "brats2012": ([0, 1, 2], [0, 2, 1]),
    "brats2013": ([0, 1, 2, 3, 4], [0, 1, 2, 1, 3]),
    "brats2017": ([0, 1, 2, 4], [0, 1, 2, 3]),
    "brats2023": ([0, 1, 2, 3], [0, 1, 2, 3]),
    "brats2024-post": ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4]),
    "msd": ([0, 1, 2, 3], [0, 2, 1, 3]),
}


def test_every_convention_has_a_case_by_hand():
    assert set(BY_HAND) == set(CONVENTIONS)


@pytest.mark.parametrize("name", BY_HAND)
def test_conversion_by_hand(name):
    raw, wanted = BY_HAND[name]
    made = to_canonical(np.array(raw).reshape(1, -1), convention(name))
    assert made.dtype == np.uint8 and made.shape == (1, len(raw))
    assert made.ravel().tolist() == wanted


@pytest.mark.parametrize("name", ["brats2012", "brats2013"])
def test_what_merges_or_lacks_structures_is_said_to_lose(name):
    assert not CONVENTIONS[name].is_lossless


@pytest.mark.parametrize("name", ["brats2017", "brats2023", "brats2024-post", "msd"])
def test_the_others_lose_nothing(name):
    assert CONVENTIONS[name].is_lossless


def test_regions_contain_each_other():
    wt, tc, et = (set(BRATS_REGIONS[r]) for r in ("WT", "TC", "ET"))
    assert et < tc < wt == set(BRATS_LABELS) - {0}


@pytest.mark.parametrize("values", [{0, 1, 2, 4}, {4}, {0, 2, 4}])
def test_four_without_three_is_brats2017(values):
    assert detect(values).name == "brats2017"


@pytest.mark.parametrize(
    "values, candidates",
    [
        ({0, 1, 2, 3}, "brats2013, brats2023, brats2024-post, msd"),
        ({0, 1, 2, 3, 4}, "brats2013, brats2024-post"),
        ({1, 2}, ", ".join(CONVENTIONS)),
        ({0}, ", ".join(CONVENTIONS)),
    ],
)
def test_ambiguous_values_are_refused_naming_the_candidates(values, candidates):
    with pytest.raises(LabelError, match=f"several.*expected {candidates}.*--labels"):
        detect(values, where="set")


@pytest.mark.parametrize("values", [{5}, {0, 255}, {0, 1, 2, 4, 7}, {-1}])
def test_values_of_no_convention_are_named(values):
    with pytest.raises(LabelError, match="^set: unknown label values") as caught:
        detect(values, where="set")
    assert str(max(values) if max(values) > 0 else -1) in str(caught.value)


@pytest.mark.parametrize("value", [3, 5, 255, -1])
def test_unknown_value_names_file_value_and_convention(value):
    with pytest.raises(LabelError, match=rf"^P1_seg.*\[{value}\].*brats2017: 0, 1"):
        to_canonical(np.array([0, 1, value]), convention("brats2017"), where="P1_seg")


def test_floats_beside_whole_numbers_are_rounded():
    stored = np.array([0.99999, 2.00001, 3.9999998, -1e-6], np.float32)
    assert to_canonical(stored, convention("brats2017")).tolist() == [1, 2, 3, 0]


@pytest.mark.parametrize("value", [0.5, 1.9, np.nan, np.inf])
def test_values_between_are_refused(value):
    with np.errstate(invalid="ignore"), pytest.raises(LabelError, match="not whole"):
        to_canonical(np.array([0.0, value]), convention("brats2017"))


def test_the_given_array_is_not_changed():
    raw = np.array([0, 1, 2, 4], np.int16)
    to_canonical(raw, convention("brats2017"))
    assert raw.tolist() == [0, 1, 2, 4]


def test_mistyped_convention_names_the_nearest():
    with pytest.raises(LabelError, match="did you mean 'brats2017'"):
        convention("brats-2017")
