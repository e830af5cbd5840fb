from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mritumor.data.splits import (
    assign_folds,
    same_person,
    split_patients,
    without_letter,
)
from mritumor.errors import InputError, LeakageError


def scans(counts, size=lambda p: 0.0, kind=lambda p: "a"):
    """Items of patients: patient p has counts[p] scans."""
    return [
        {
            "image": f"P{p}_{n}.nii.gz",
            "patient": f"P{p}",
            "mm3": size(p),
            "grade": kind(p),
        }
        for p, count in enumerate(counts)
        for n in range(count)
    ]


def people(items):
    return {item["patient"] for item in items}


SCANS = st.lists(st.integers(1, 4), min_size=6, max_size=40).map(scans)
SEEDS = st.integers(0, 2**32 - 1)
EACH = settings(max_examples=60, deadline=None)


@EACH
@given(items=SCANS, seed=SEEDS, val=st.floats(0, 0.4), test=st.floats(0, 0.4))
def test_no_patient_stands_on_two_sides_and_none_is_lost(items, seed, val, test):
    split = split_patients(items, val, test, seed)
    sides = [people(side) for side in split.values()]
    assert sum(map(len, sides)) == len(set.union(*sides)) == len(people(items))
    assert sum(len(side) for side in split.values()) == len(items)


@EACH
@given(items=SCANS, seed=SEEDS, order=st.randoms(use_true_random=False))
def test_split_does_not_depend_on_the_order_of_items(items, seed, order):
    shuffled = list(items)
    order.shuffle(shuffled)
    one = split_patients(items, 0.2, 0.2, seed, stratify="mm3")
    two = split_patients(shuffled, 0.2, 0.2, seed, stratify="mm3")
    assert {s: people(i) for s, i in one.items()} == {
        s: people(i) for s, i in two.items()
    }


@EACH
@given(items=SCANS, seed=SEEDS, k=st.integers(2, 6))
def test_folds_are_by_patient_and_balanced(items, seed, k):
    folded = assign_folds(items, k, seed)
    pairs = {(item["patient"], item["fold"]) for item in folded}
    assert len(pairs) == len(people(items))
    sizes = Counter(fold for _, fold in pairs)
    assert set(sizes) == set(range(k)) and max(sizes.values()) - min(sizes.values()) < 2
    assert [i["image"] for i in folded] == [i["image"] for i in items]


@EACH
@given(items=SCANS, seed=SEEDS, order=st.randoms(use_true_random=False))
def test_folds_do_not_depend_on_the_order_of_items(items, seed, order):
    shuffled = list(items)
    order.shuffle(shuffled)
    one = {i["patient"]: i["fold"] for i in assign_folds(items, 3, seed)}
    assert one == {i["patient"]: i["fold"] for i in assign_folds(shuffled, 3, seed)}


def test_one_seed_gives_one_split_and_seeds_differ():
    items = scans([1] * 40)
    draws = [split_patients(items, 0.2, 0.2, seed) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_fractions_are_of_patients_not_of_items():
    split = split_patients(scans([50] + [1] * 19), 0.25, 0.1, 0)
    assert [len(people(split[s])) for s in ("validation", "testing")] == [5, 2]


def test_zero_fraction_leaves_the_side_empty():
    split = split_patients(scans([1] * 5), 0.0, 0.0, 0)
    assert not split["validation"] and not split["testing"]


def test_small_fraction_takes_at_least_one():
    assert len(split_patients(scans([1] * 9), 0.01, 0.01, 0)["testing"]) == 1


@pytest.mark.parametrize("seed", range(5))
def test_every_side_has_small_and_large_tumours(seed):
    items = scans([1] * 100, size=lambda p: float(p * 37 % 100))
    split = split_patients(items, 0.2, 0.2, seed, stratify="mm3")
    for side in split.values():
        sizes = [item["mm3"] for item in side]
        assert min(sizes) < 15 and max(sizes) > 84
        assert abs(sum(sizes) / len(sizes) - 49.5) < 6


@pytest.mark.parametrize("seed", range(5))
def test_every_fold_has_its_share_of_each_class(seed):
    items = scans([2] * 40, kind=lambda p: "IV" if p % 4 == 0 else "II")
    folded = assign_folds(items, 5, seed, classes="grade")
    grades = Counter((item["fold"], item["grade"]) for item in folded)
    assert all(
        grades[fold, "IV"] == 4 and grades[fold, "II"] == 12 for fold in range(5)
    )


def test_ids_that_differ_by_a_final_letter_stay_together_if_asked():
    items = [
        {"image": f"{p}.nii", "patient": p}
        for n in range(20)
        for p in (f"MR{n:03}", f"MR{n:03}B")
    ]
    split = split_patients(items, 0.2, 0.2, 0, person=without_letter)
    sides = [{without_letter(p) for p in people(side)} for side in split.values()]
    assert sum(map(len, sides)) == 20
    folds = assign_folds(items, 4, 0, person=without_letter)
    assert len({(without_letter(i["patient"]), i["fold"]) for i in folds}) == 20


@pytest.mark.parametrize(
    "name, person",
    [
        ("MR048294B", "MR048294"),
        ("MR048294", "MR048294"),
        ("AB", "AB"),
        ("P1xy", "P1xy"),
    ],
)
def test_without_letter_takes_one_letter_after_a_digit(name, person):
    assert without_letter(name) == person


def test_one_image_under_two_patients_is_a_leak():
    items = scans([1] * 6)
    items[1]["image"] = items[0]["image"]
    with pytest.raises(LeakageError, match="P0 and P1"):
        split_patients(items, 0.2, 0.2, 0)
    with pytest.raises(LeakageError):
        assign_folds(items, 2, 0)


@pytest.mark.parametrize("patient", [None, ""])
def test_item_without_patient_is_refused(patient):
    with pytest.raises(InputError, match="names no patient"):
        split_patients([{"image": "a.nii", "patient": patient}], 0.1, 0.1, 0)


@pytest.mark.parametrize("share", [-0.1, 1.0, 2.0, float("nan")])
def test_fraction_outside_0_and_1_is_refused_by_name(share):
    with pytest.raises(InputError, match="val_fraction"):
        split_patients(scans([1] * 5), share, 0.1, 0)


def test_split_that_leaves_nobody_to_train_on_is_refused():
    with pytest.raises(InputError, match="nobody to train on.*lower the fractions"):
        split_patients(scans([1, 1]), 0.5, 0.5, 0)


@pytest.mark.parametrize("k", [0, 1, 4])
def test_impossible_number_of_folds_is_refused(k):
    with pytest.raises(InputError, match=f"{k} folds for 3"):
        assign_folds(scans([1, 1, 1]), k, 0)


def test_a_letter_joins_only_where_the_bare_id_is_there():
    person = same_person(["MR048294", "MR048294B", "HT_A61A", "HT_A61B"])
    assert person("MR048294B") == "MR048294"
    assert person("HT_A61A") != person("HT_A61B")
