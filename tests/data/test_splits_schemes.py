from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mritumor.data.datalist import SECTIONS, read_datalist, write_datalist
from mritumor.data.splits_groups import drop_duplicates, identical, persons
from mritumor.data.splits_leakage import check_patients_apart
from mritumor.data.splits_schemes import Plan, make_split
from mritumor.errors import InputError, LeakageError

EACH = settings(max_examples=50, deadline=None)


def slices(patients, each=3, **more):
    return [
        {"image": f"P{p}_{n}.png", "patient": f"P{p}", "area": n * p, **more}
        for p in range(patients)
        for n in range(each)
    ]


def people(items, key="patient"):
    return {item[key] for item in items}


def fold_sizes(items, key="patient"):
    return Counter(fold for _, fold in {(i[key], i["fold"]) for i in items})


def everyone(split):
    return [item for part in split.sections.values() for item in part]


def write(folder, split):
    return write_datalist(
        folder / "datalist.json",
        name="set",
        description="made by a test",
        modalities=("t1c",),
        labels={0: "background"},
        sections=split.sections,
        **split.facts,
    )


GROUPED = st.lists(
    st.tuples(st.integers(0, 15), st.integers(0, 8), st.integers(0, 30)),
    min_size=30,
    max_size=80,
).map(
    lambda rows: [
        {
            "image": f"{n}.png",
            "patient": f"{p}",
            "person": f"{p % 9}",
            "pixels": f"{x}-{n}",
        }
        for n, (p, _, x) in enumerate(rows)
    ]
)


@EACH
@given(items=GROUPED, seed=st.integers(0, 99))
def test_random_keeps_persons_on_one_side(items, seed):
    split = make_split(items, Plan(seed=seed, folds=0))
    check_patients_apart(split.sections)
    sides = [people(part, "person") for part in split.sections.values()]
    assert sum(map(len, sides)) == len(set.union(*sides))
    assert len(everyone(split)) == len(items)


@EACH
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 20))),
)
def test_groups_are_the_connected_components(rows):
    items = [{"patient": p, "person": q, "pixels": x} for p, q, x in rows]
    group = persons(items)
    naive = {str(i["patient"]): str(i["patient"]) for i in items}
    changed = True
    while changed:  # reference: names spread until nothing changes
        changed = False
        for a in items:
            for b in items:
                if a["person"] == b["person"] or a["pixels"] == b["pixels"]:
                    ends = {naive[str(a["patient"])], naive[str(b["patient"])]}
                    if len(ends) > 1:
                        changed = True
                        for key, value in naive.items():
                            naive[key] = min(ends) if value in ends else value
    assert group == naive


def test_slices_are_stratified_by_their_patients_sum():
    items = [
        {"image": f"{p}_{n}", "patient": f"P{p}", "area": 1}
        for p in range(20)
        for n in range(p + 1)
    ]
    plan = Plan(folds=0, val_fraction=0.25, test_fraction=0.25, stratify="area")
    split = make_split(items, Plan(**{**vars(plan), "total": True}))
    counts = Counter(item["patient"] for item in split.sections["testing"])
    assert len(counts) == 5 and min(counts.values()) < 8 and max(counts.values()) > 13


def test_buda_makes_22_folds_of_five():
    split = make_split(slices(110), Plan("folds-22x5"))
    assert fold_sizes(everyone(split)) == {fold: 5 for fold in range(22)}
    assert not split.notes and split.facts["split"] == "folds-22x5"
    assert not split.sections["testing"]


def test_fewer_patients_make_fewer_folds_and_it_is_said():
    split = make_split(slices(88), Plan("folds-22x5"))
    sizes = fold_sizes(everyone(split))
    assert len(sizes) == 18 and set(sizes.values()) == {4, 5}
    assert "88 patients and not 110: 18 folds" in split.notes[0]


@pytest.mark.parametrize("fold", range(3))
def test_each_site_is_left_out_once(tmp_path, fold):
    items = [
        {**item, "site": "ABC"[int(item["patient"][1:]) % 3]} for item in slices(9)
    ]
    path = write(tmp_path, make_split(items, Plan("leave-one-site-out")))
    held = read_datalist(path, "validation", fold=fold)
    rest = read_datalist(path, "training", fold=fold)
    assert people(held, "site") == {"ABC"[fold]}
    assert people(rest, "site") == set("ABC") - {"ABC"[fold]}


def test_patient_of_two_sites_is_a_leak():
    items = [{**i, "site": "AB"[n % 2]} for n, i in enumerate(slices(4))]
    with pytest.raises(LeakageError, match="P0 in fold 0 and fold 1"):
        make_split(items, Plan("leave-one-site-out"))


@pytest.mark.parametrize(
    "scheme, items, said",
    [
        ("leave-one-site-out", slices(4, site=""), "a site for each case"),
        ("leave-one-site-out", slices(4, site="A"), "one site"),
        ("author", slices(4), "the author's folds"),
        ("official", slices(4), "no published split"),
        ("ofical", slices(4), "did you mean 'official'"),
    ],
)
def test_what_a_scheme_needs_and_lacks_is_said(scheme, items, said):
    with pytest.raises(InputError, match=said):
        make_split(items, Plan(scheme))


def test_leaky_slices_leak_and_are_read_only_when_asked(tmp_path):
    split = make_split(slices(20), Plan("leaky-slices", folds=4))
    assert people(split.sections["training"]) & people(split.sections["testing"])
    assert len(everyone(split)) == 60 and "LEAKY" in split.notes[0]
    assert all(i["patient"] == i["image"].split("_")[0] for i in everyone(split))
    path = write(tmp_path, split)
    assert '"split": "leaky_slice_split"' in path.read_text("utf-8")
    for section in SECTIONS:
        with pytest.raises(LeakageError, match="by design.*allow_leaky=True"):
            read_datalist(path, section)
        assert read_datalist(path, section, allow_leaky=True)
    assert read_datalist(path, "validation", fold=1, allow_leaky=True)


def test_allow_leaky_does_not_hide_a_leak_without_the_name(tmp_path):
    path = write(tmp_path, make_split(slices(20), Plan("leaky-slices")))
    path.write_text(path.read_text("utf-8").replace("leaky_slice_split", "random"))
    with pytest.raises(LeakageError, match="both sides"):
        read_datalist(path, allow_leaky=True)


@pytest.mark.parametrize("key", ["patient", "person", "pixels"])
def test_nothing_shared_passes_both_writer_and_reader(tmp_path, key):
    sections = {
        "training": [{"image": "a", "patient": "1", key: "x"}],
        "testing": [{"image": "b", "patient": "2", key: "x"}],
    }
    with pytest.raises(LeakageError, match="x in testing and training"):
        check_patients_apart(sections)


def test_patient_in_two_folds_is_a_leak_when_the_fold_is_read(tmp_path):
    split = make_split(slices(8), Plan(folds=2, val_fraction=0, test_fraction=0))
    split.sections["training"][0]["fold"] ^= 1
    path = write(tmp_path, split)
    assert read_datalist(path)
    with pytest.raises(LeakageError, match="fold 0"):
        read_datalist(path, fold=0)


def test_of_copies_the_one_for_testing_stays():
    items = [
        {"image": "a", "pixels": "1", "official_section": "training"},
        {"image": "b", "pixels": "1", "official_section": "testing"},
        {"image": "c", "pixels": "2", "official_section": "training"},
        {"image": "d"},
        {"image": "e"},
    ]
    notes = []
    assert [i["image"] for i in drop_duplicates(items, notes)] == ["b", "c", "d", "e"]
    assert notes[0].startswith("1 of 5 images")
    assert identical(items, by=lambda i: i["official_section"]) == 1


@pytest.mark.parametrize(("share", "section"), [(0.15, "testing"), (0.0, "training")])
def test_two_patients_are_tested_unless_nobody_is_to_be(
    share: float, section: str
) -> None:
    items = [{"image": f"{p}.nii", "patient": p} for p in ("A", "B")]
    split = make_split(items, Plan("random", folds=0, test_fraction=share))
    found = [i["patient"] for i in split.sections[section]]
    assert found == ["A", "B"]
