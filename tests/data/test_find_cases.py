from __future__ import annotations

import json

import pytest

from mritumor.data.inputs import InputCase, case_name, find_cases, find_inputs
from mritumor.errors import InputError

FOUR = ("t1n", "t1c", "t2w", "t2f")


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def found(where, modalities=FOUR):
    return {
        case.name: {m: file.name for m, file in case.files.items()}
        for case in find_cases(where, modalities)
    }


def test_a_4d_file_is_a_case(tmp_path):
    file = touch(tmp_path, "BRATS_001.nii.gz") / "BRATS_001.nii.gz"
    (case,) = find_cases(file, FOUR)
    assert case.name == "BRATS_001" and case.is_whole and not case.missing(FOUR)
    assert case.in_order(FOUR) == str(file)


def test_files_of_one_folder_that_differ_in_the_sequence_are_a_case(tmp_path):
    names = [
        f"P{n}_{m}.nii.gz" for n in (1, 2, 10) for m in ("t1", "t1ce", "t2", "flair")
    ]
    touch(tmp_path, *names)
    cases = find_cases(tmp_path, FOUR)
    assert sorted(case.name for case in cases) == ["P1", "P10", "P2"]
    for case in cases:
        wanted = [f"{case.name}_{m}.nii.gz" for m in ("t1", "t1ce", "t2", "flair")]
        assert case.in_order(FOUR) == [str(tmp_path / name) for name in wanted]


def test_files_given_one_by_one_are_grouped_too(tmp_path):
    touch(tmp_path, "P1_t1.nii", "P1_flair.nii")
    files = sorted(tmp_path.iterdir())
    assert found(files, ("t1n", "t2f")) == {
        "P1": {"t1n": "P1_t1.nii", "t2f": "P1_flair.nii"}
    }


def test_a_file_given_twice_counts_once(tmp_path):
    file = touch(tmp_path, "P1_t1.nii") / "P1_t1.nii"
    assert found([file, file]) == {"P1": {"t1n": "P1_t1.nii"}}


def test_a_folder_of_case_folders_at_any_depth(tmp_path):
    touch(tmp_path, "HGG/A/A_t1.nii", "HGG/A/A_t2.nii", "LGG/B/B_t1.nii", "C.nii")
    assert set(found(tmp_path)) == {"A", "B", "C"}


def test_outlines_masks_and_other_files_are_passed_over(tmp_path):
    touch(
        tmp_path,
        *("P1_t1.nii", "P1_seg.nii.gz", "P1_brainmask.nii.gz", "._P1_t2.nii"),
        *("notes.txt", "__MACOSX/P1_t2.nii", "labels/P1_seg.nii.gz"),
    )
    assert found(tmp_path) == {"P1": {"t1n": "P1_t1.nii"}}


def test_sequences_not_asked_for_are_passed_over(tmp_path):
    touch(tmp_path, "P1_t1.nii", "P1_t2.nii")
    assert found(tmp_path, ("t2w",)) == {"P1": {"t2w": "P1_t2.nii"}}


def test_deepmedic_case_is_named_by_its_folder(tmp_path):
    touch(
        tmp_path / "brats_2013_pat0001_1",
        *("Flair_subtrMeanDivStd.nii.gz", "T1c_subtrMeanDivStd.nii.gz"),
        *("OTMultiClass.nii.gz", "brainmask.nii.gz"),
    )
    assert found(tmp_path, ("t1c", "t2f")) == {
        "brats_2013_pat0001_1": {
            "t2f": "Flair_subtrMeanDivStd.nii.gz",
            "t1c": "T1c_subtrMeanDivStd.nii.gz",
        }
    }


def test_bare_sequence_names_are_named_by_their_folder(tmp_path):
    touch(tmp_path, "P7/t1.nii", "P7/flair.nii")
    assert set(found(tmp_path)) == {"P7"}


def test_two_files_of_one_sequence_are_refused_by_name(tmp_path):
    touch(tmp_path, "P1_t1c.nii.gz", "P1_t1ce.nii.gz")
    with pytest.raises(InputError, match="the t1c of one case.*P1_t1c.*P1_t1ce"):
        find_cases(tmp_path, FOUR)


def test_two_whole_files_of_one_name_are_refused_in_words(tmp_path):
    touch(tmp_path, "P1.nii", "P1.nrrd")
    with pytest.raises(InputError, match="the image of one case"):
        find_cases(tmp_path, FOUR)


def test_names_are_made_unique(tmp_path):
    touch(tmp_path, "a/P.nii", "b/P.nii", "c/P_2.nii", "d/P.nii")
    names = [case.name for case in find_cases(tmp_path, FOUR)]
    assert len(set(names)) == 4 and {"P", "P_2"} < set(names)


def test_missing_sequence_is_one_sentence_with_the_remedy(tmp_path):
    touch(tmp_path, "P1_t1.nii.gz", "P1_t2.nii.gz")
    (case,) = find_cases(tmp_path, FOUR)
    assert case.missing(FOUR) == ("t1c", "t2f")
    with pytest.raises(InputError) as caught:
        case.in_order(FOUR)
    assert str(caught.value) == (
        "P1: the sequence t1c and t2f is missing (found t1n (P1_t1.nii.gz), "
        "t2w (P1_t2.nii.gz); expected t1n, t1c, t2w, t2f); add the file, or name it so "
        "that its sequence is recognised, such as P1_t1c.nii.gz"
    )


def test_a_file_of_no_sequence_is_called_unnamed():
    case = InputCase("P1", {"": "P1.nii", "t1n": "P1_t1.nii"})
    with pytest.raises(InputError, match="unnamed"):
        InputCase(case.name, {m: _Named(f) for m, f in case.files.items()}).in_order(
            FOUR
        )


class _Named:
    def __init__(self, name):
        self.name = name


def test_datalist_folder_gives_its_testing_cases(tmp_path):
    document = {
        "modality": {"0": "t1n", "1": "t2f"},
        "training": [{"image": ["A/A_t1n.nii", "A/A_t2f.nii"]}],
        "testing": [{"image": ["B/B_t1n.nii", "B/B_t2f.nii"]}, {"image": "C.nii"}],
    }
    (tmp_path / "datalist.json").write_text(json.dumps(document))
    assert found(tmp_path, ("t1n", "t2f")) == {
        "B": {"t1n": "B_t1n.nii", "t2f": "B_t2f.nii"},
        "C": {"": "C.nii"},
    }


def test_datalist_without_testing_gives_all(tmp_path):
    document = {"training": [{"image": "A.nii"}], "validation": [{"image": "B.nii"}]}
    (tmp_path / "datalist.json").write_text(json.dumps(document))
    assert set(found(tmp_path)) == {"A", "B"}


def test_channels_of_a_datalist_are_those_that_it_states(tmp_path):
    document = {
        "modality": {"0": "T1", "1": "FLAIR", "2": "T1gd"},
        "testing": [{"image": ["A_t1.nii", "A_flair.nii", "A_t1gd.nii"]}],
    }
    (tmp_path / "datalist.json").write_text(json.dumps(document))
    (case,) = find_cases(tmp_path, FOUR)
    assert case.missing(FOUR) == ("t2w",)
    assert case.files["t2f"].name == "A_flair.nii"


@pytest.mark.parametrize("image", [None, [], ["only_one.nii"], {"a": 1}])
def test_item_whose_images_do_not_fit_is_refused(tmp_path, image):
    document = {"modality": {"0": "t1n", "1": "t2f"}, "testing": [{"image": image}]}
    (tmp_path / "datalist.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match="do not fit the channels"):
        find_cases(tmp_path, ("t1n", "t2f"))


def test_nothing_there_is_said(tmp_path):
    with pytest.raises(InputError, match="no such file or folder"):
        find_cases(tmp_path / "none", FOUR)
    with pytest.raises(InputError, match="no images were found.*nii.gz"):
        find_cases(tmp_path, FOUR)


def test_find_inputs_gives_image_entries(tmp_path):
    touch(tmp_path, "A_t1.nii", "A_t2.nii", "B.nii.gz")
    assert sorted(map(str, find_inputs(tmp_path, ("t1n", "t2w")))) == sorted(
        [
            str([str(tmp_path / "A_t1.nii"), str(tmp_path / "A_t2.nii")]),
            str(tmp_path / "B.nii.gz"),
        ]
    )


@pytest.mark.parametrize(
    "file, name",
    [("x/P1/P1_t1n.nii.gz", "P1"), ("x/P1/t1n.nii.gz", "P1"), ("P2.nrrd", "P2")],
)
def test_case_name_is_of_the_file_else_of_its_folder(file, name):
    assert case_name(file) == name
