from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mritumor.data.labels import (
    BRATS_LABELS,
    BRATS_REGIONS,
    CONVENTIONS,
    convention,
    convert,
    detect,
    from_canonical,
    label_names,
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
    "brats2024-ped": ([0, 1, 2, 3, 4], [0, 3, 1, 1, 2]),
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


@pytest.mark.parametrize("name", ["brats2012", "brats2013", "brats2024-ped"])
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
        ({0, 1, 2, 3}, "brats2013, brats2023, brats2024-post, brats2024-ped, msd"),
        ({0, 1, 2, 3, 4}, "brats2013, brats2024-post, brats2024-ped"),
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


def test_back_to_each_convention_by_hand():
    canonical = np.array([0, 1, 2, 3], np.uint8)
    wanted = {
        "brats2013": [0, 1, 2, 4],
        "brats2017": [0, 1, 2, 4],
        "brats2023": [0, 1, 2, 3],
        "brats2024-post": [0, 1, 2, 3],
        "brats2024-ped": [0, 2, 4, 1],
        "msd": [0, 2, 1, 3],
    }
    for name, values in wanted.items():
        made = from_canonical(canonical, convention(name))
        assert made.dtype == np.uint8 and made.tolist() == values
    assert from_canonical(canonical[:3], convention("brats2012")).tolist() == [0, 2, 1]


@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from(sorted(CONVENTIONS)),
    values=st.lists(st.integers(0, 4), min_size=1, max_size=30),
)
def test_there_and_back_loses_nothing_or_is_refused(name, values):
    """Canonical to a convention and back; refused only for what it cannot say."""
    chosen = convention(name)
    told = {to_canonical(np.array([v]), chosen).item() for v in chosen.structures}
    given_ = np.array(values, np.uint8)
    if set(values) <= told | {0}:
        back = to_canonical(from_canonical(given_, chosen), chosen)
        np.testing.assert_array_equal(back, given_)
    else:
        with pytest.raises(LabelError, match="would be lost"):
            from_canonical(given_, chosen)


@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from([n for n, c in CONVENTIONS.items() if c.is_lossless]),
    picks=st.lists(st.integers(0, 4), min_size=1, max_size=30),
)
def test_lossless_conventions_come_back_as_they_were(name, picks):
    chosen = convention(name)
    allowed = [0, *chosen.structures]
    raw = np.array([allowed[p % len(allowed)] for p in picks], np.uint8)
    made = from_canonical(to_canonical(raw, chosen), chosen)
    np.testing.assert_array_equal(made, raw)


@settings(max_examples=200, deadline=None)
@given(
    source=st.sampled_from(sorted(CONVENTIONS)),
    target=st.sampled_from(sorted(CONVENTIONS)),
    picks=st.lists(st.integers(0, 4), min_size=1, max_size=20),
)
def test_year_to_year_and_back_is_what_it_was_or_is_refused(source, target, picks):
    """No structure is ever merged with another or taken for one."""
    one, other = convention(source), convention(target)
    allowed = [0, *one.structures]
    raw = np.array([allowed[p % len(allowed)] for p in picks], np.int16)
    lacking = {one.structures[v] for v in set(raw.tolist()) - {0}} - set(
        other.structures.values()
    )
    if lacking:
        with pytest.raises(LabelError, match="would be lost"):
            convert(raw, one, other)
        return
    made = convert(raw, one, other)
    assert made.dtype == np.uint8
    names = [other.structures.get(v) for v in made.tolist()]
    assert names == [one.structures.get(v) for v in raw.tolist()]
    np.testing.assert_array_equal(convert(made, other, one), raw)


def test_year_to_year_by_hand():
    raw = np.array([[0, 1, 2, 4]])
    made = convert(raw, convention("brats2017"), convention("msd"))
    assert made.tolist() == [[0, 2, 1, 3]]
    with pytest.raises(LabelError, match="^P1: CC and NET would be lost"):
        convert(np.array([2, 3]), convention("brats2024-ped"), convention("msd"), "P1")
    with pytest.raises(LabelError, match=r"does not know.*\[3\]"):
        convert(np.array([3]), convention("brats2017"), convention("msd"))


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("brats2012", 3, "ET would be lost"),
        ("brats2017", 4, "RC would be lost"),
        ("msd", 4, "RC would be lost"),
        ("brats2023", 5, r"\[5\]"),
    ],
)
def test_what_a_convention_cannot_say_is_refused(name, value, said):
    with pytest.raises(LabelError, match=said):
        from_canonical(np.array([0, value]), convention(name))


def test_names_include_the_cavity_only_where_there_is_one():
    assert label_names(convention("brats2024-post"))[4] == "resection cavity"
    assert label_names(convention("msd")) == dict(BRATS_LABELS)
