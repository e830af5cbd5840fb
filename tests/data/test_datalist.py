from __future__ import annotations

import json

import pytest
from monai.data import load_decathlon_datalist

from mritumor.data.datalist import (
    SECTIONS,
    check_patients_apart,
    owner,
    read_datalist,
    read_modalities,
    write_datalist,
)
from mritumor.errors import InputError, LeakageError


def item(folder, patient, fold=None, many=True):
    image = [folder / f"{patient}_{m}.nii.gz" for m in ("t1n", "t2f")]
    made = {
        "image": [str(i) for i in image] if many else str(image[0]),
        "label": str(folder / f"{patient}_seg.nii.gz"),
        "patient": patient,
    }
    return made if fold is None else {**made, "fold": fold}


def write(folder, sections, **facts):
    return write_datalist(
        folder / "datalist.json",
        name="set",
        description="made by a test, für alle",
        modalities=("t1n", "t2f"),
        labels={1: "tumour", 0: "background"},
        sections=sections,
        **facts,
    )


@pytest.fixture
def folded(tmp_path):
    return write(
        tmp_path,
        {
            "training": [item(tmp_path, "A", 0), item(tmp_path, "B", 1)],
            "validation": [item(tmp_path, "C", 0), item(tmp_path, "D", 1)],
            "testing": [item(tmp_path, "E", 0)],
        },
    )


def patients(path, section, **how):
    return [i["patient"] for i in read_datalist(path, section, **how)]


def test_what_is_written_is_read(tmp_path):
    sections = {s: [item(tmp_path, s, many=s == "testing")] for s in SECTIONS}
    path = write(tmp_path, sections, seed=7)
    assert {s: read_datalist(path, s) for s in SECTIONS} == sections
    assert json.loads(path.read_text("utf-8"))["seed"] == 7


def test_items_given_are_not_changed(tmp_path):
    given = item(tmp_path, "A")
    before = json.dumps(given)
    write(tmp_path, {"training": [given]})
    assert json.dumps(given) == before


def test_paths_are_relative_and_move_with_the_folder(tmp_path):
    (tmp_path / "old").mkdir()
    path = write(tmp_path / "old", {"training": [item(tmp_path / "old", "A")]})
    raw = json.loads(path.read_text("utf-8"))["training"][0]
    assert raw["image"] == ["A_t1n.nii.gz", "A_t2f.nii.gz"]
    (tmp_path / "old").rename(tmp_path / "new")
    moved = read_datalist(tmp_path / "new/datalist.json")[0]
    assert moved["label"] == str(tmp_path / "new/A_seg.nii.gz")


def test_images_elsewhere_are_reached_by_climbing(tmp_path):
    path = write(tmp_path / "out", {"training": [item(tmp_path / "raw", "A")]})
    text = json.loads(path.read_text("utf-8"))["training"][0]["label"]
    assert text == "../raw/A_seg.nii.gz"
    read = read_datalist(path)[0]["label"]
    assert (tmp_path / "out" / read).resolve() == tmp_path / "raw/A_seg.nii.gz"


def test_base_dir_replaces_the_folder(folded, tmp_path):
    read = read_datalist(folded, base_dir=tmp_path / "mirror")[0]
    assert read["label"] == str(tmp_path / "mirror/A_seg.nii.gz")


@pytest.mark.parametrize("section", SECTIONS)
def test_monai_reads_the_same(folded, section):
    assert load_decathlon_datalist(str(folded), True, section) == (
        read_datalist(folded, section)
    )


def test_fold_splits_training_and_validation_anew(folded):
    assert patients(folded, "validation", fold=0) == ["A", "C"]
    assert patients(folded, "training", fold=0) == ["B", "D"]
    assert patients(folded, "testing", fold=0) == ["E"]


def test_without_fold_the_sections_are_as_written(folded):
    assert patients(folded, "training") == ["A", "B"]


def test_unknown_fold_names_those_there_are(folded):
    with pytest.raises(InputError, match=r"found 5; expected \[0, 1\]"):
        read_datalist(folded, fold=5)


def test_fold_of_a_datalist_without_folds_is_refused(tmp_path):
    path = write(tmp_path, {"training": [item(tmp_path, "A")]})
    with pytest.raises(InputError, match="items with a 'fold'"):
        read_datalist(path, fold=0)


def test_patient_on_two_sides_is_not_written(tmp_path):
    a = item(tmp_path, "A")
    with pytest.raises(LeakageError, match="A in testing and training"):
        write(tmp_path, {"training": [a], "testing": [a]})
    assert not (tmp_path / "datalist.json").exists()


def test_patient_on_two_sides_is_not_read(folded):
    document = json.loads(folded.read_text("utf-8"))
    document["testing"] += document["training"]
    folded.write_text(json.dumps(document), "utf-8")
    with pytest.raises(LeakageError, match="2 patient"):
        read_datalist(folded)


def test_items_without_patient_are_not_compared():
    check_patients_apart({"training": [{"image": "a"}], "testing": [{"image": "a"}]})


def test_number_and_text_are_one_patient():
    with pytest.raises(LeakageError):
        check_patients_apart(
            {"training": [{"patient": 7}], "testing": [{"patient": "7"}]}
        )


def test_where_one_item_names_a_person_all_do(tmp_path):
    """What only some items say could not be put into a batch."""
    items = [{"patient": "P1B", "person": "P1"}, {"patient": "P2"}, {}, {}]
    path = tmp_path / "d.json"
    path.write_text(json.dumps({"training": items[:1], "testing": items[1:]}))
    read = [i for s in SECTIONS for i in read_datalist(path, s)]
    assert [i["person"] for i in read] == ["P1", "P2", "", ""]
    assert [owner(i) for i in read] == ["P1", "P2", "", ""]
    check_patients_apart({"training": read[2:3], "testing": read[3:]})
    path.write_text(json.dumps({"training": [{"patient": "P2"}]}))
    assert read_datalist(path) == [{"patient": "P2"}]


def test_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(InputError, match="none.json: .*mritumor data prepare"):
        read_datalist(tmp_path / "none.json")


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe{}", b"[]", b'"text"'])
def test_what_is_no_json_object_is_refused_by_name(tmp_path, content):
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match="bad.json"):
        read_datalist(path)


@pytest.mark.parametrize("section", ['["a.nii"]', '{"image": "a"}', "null", "3"])
def test_section_that_is_no_list_of_items_is_refused(tmp_path, section):
    path = tmp_path / "bad.json"
    path.write_text(f'{{"training": {section}}}')
    with pytest.raises(InputError, match="no list of items"):
        read_datalist(path)


def test_unknown_section_names_the_nearest(folded):
    with pytest.raises(InputError, match="did you mean 'validation'"):
        read_datalist(folded, "valdation")


def test_modalities_come_in_channel_order(tmp_path):
    path = tmp_path / "d.json"
    names = {str(i): f"m{i}" for i in reversed(range(12))}
    path.write_text(json.dumps({"modality": names}))
    assert read_modalities(path) == tuple(f"m{i}" for i in range(12))
    path.write_text("{}")
    assert read_modalities(path) == ()
