from __future__ import annotations

import json

import nibabel as nib
import numpy as np
import pytest

from mritumor.cli.main import main
from mritumor.data.sources import SOURCES
from mritumor.data.splits_schemes import SCHEMES

SEQUENCES = ("t1", "t1ce", "t2", "flair")


def write_case(raw, name, labels=(0, 1, 2, 4)):
    folder = raw / name
    folder.mkdir(parents=True)
    for word in (*SEQUENCES, "seg"):
        values = labels if word == "seg" else (1, 2)
        array = np.resize(np.array(values, np.uint8), (4, 4, 4))
        nib.save(nib.Nifti1Image(array, np.eye(4)), folder / f"{name}_{word}.nii.gz")
    return folder


@pytest.fixture
def raw(tmp_path):
    for n in range(10):
        write_case(tmp_path / "raw", f"BraTS20_Training_{n:03}")
    return tmp_path / "raw"


def run(raw, out, *more, kind="brats"):
    words = ["data", "prepare", kind, str(raw), "--out", str(out), *more]
    return main(words)


def read(out):
    return json.loads((out / "datalist.json").read_text("utf-8"))


def test_all_done_is_0_and_says_what_was_made(raw, tmp_path, capsys):
    assert run(raw, tmp_path / "out") == 0
    said = capsys.readouterr().out
    assert "datalist.json: 6 training, 2 validation, 2 testing" in said
    assert "note: labels are read as brats2017" in said


def test_json_is_json_and_nothing_else(raw, tmp_path, capsys):
    assert run(raw, tmp_path / "out", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["datalist"] == str(tmp_path / "out/datalist.json")
    assert report["cases"] == {"training": 6, "validation": 2, "testing": 2}
    assert report["failures"] == []


def test_a_broken_case_is_1_is_named_and_the_others_go_on(raw, tmp_path, capsys):
    (raw / "BraTS20_Training_004/BraTS20_Training_004_t2.nii.gz").write_bytes(b"")
    assert run(raw, tmp_path / "out", "--json") == 1
    printed = capsys.readouterr()
    assert "BraTS20_Training_004_t2.nii.gz: the file is empty" in printed.err
    assert sum(json.loads(printed.out)["cases"].values()) == 9


def test_only_broken_cases_are_2_with_the_first_reason(tmp_path, capsys):
    case = write_case(tmp_path / "raw", "BraTS20_Training_001")
    (case / "BraTS20_Training_001_t2.nii.gz").unlink()
    assert run(tmp_path / "raw", tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert "no usable case" in said and "t2w is missing" in said
    assert not (tmp_path / "out/datalist.json").exists()


@pytest.mark.parametrize(
    "kind, more, said",
    [
        ("bratz", (), "did you mean 'brats'?"),
        ("brats", ("--labels", "brats2071"), "did you mean 'brats2017'?"),
        ("brats", ("--val-fraction", "0.6", "--test-fraction", "0.6"), "fractions"),
        ("brats", ("--val-fraction", "2"), "val_fraction"),
        ("lgg-volumes", (), "no patients were found"),
        ("lgg-slices", (), "no patients were found"),
        ("figshare", (), "no slices were found"),
        ("images", (), "two or more classes"),
        ("msd-task01", (), "no images were found"),
        ("brats", ("--split", "randm"), "did you mean 'random'?"),
        ("brats", ("--leave-one-site-out",), "needs a site for each case"),
        ("brats", ("--split", "author"), "needs the author's folds"),
    ],
)
def test_wrong_request_is_2_in_one_sentence(raw, tmp_path, capsys, kind, more, said):
    assert run(raw, tmp_path / "out", *more, kind=kind) == 2
    printed = capsys.readouterr()
    assert said in printed.err and printed.err.count("mritumor: ") == 1
    assert "Traceback" not in printed.err and not printed.out


def test_missing_raw_folder_is_2(tmp_path, capsys):
    assert run(tmp_path / "none", tmp_path / "out") == 2
    assert "none: there is no such folder" in capsys.readouterr().err


def test_folder_with_other_things_is_refused_and_kept(raw, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.txt").write_text("years of work")
    assert run(raw, tmp_path / "out") == 2
    assert "not empty" in capsys.readouterr().err
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["thesis.txt"]


def test_result_of_another_set_is_not_overwritten(raw, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/datalist.json").write_text('{"name": "mine"}')
    assert run(raw, tmp_path / "out") == 2
    assert read(tmp_path / "out") == {"name": "mine"}


def test_out_inside_raw_or_a_file_is_refused(raw, tmp_path, capsys):
    assert run(raw, raw / "prepared") == 2
    assert "inside the raw data" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert run(raw, tmp_path / "file") == 2
    assert "this is a file" in capsys.readouterr().err


def test_preparing_again_gives_the_same_datalist(raw, tmp_path):
    assert run(raw, tmp_path / "out") == 0
    first = (tmp_path / "out/datalist.json").read_bytes()
    assert run(raw, tmp_path / "out") == 0
    assert (tmp_path / "out/datalist.json").read_bytes() == first


def test_seed_and_folds_are_obeyed(raw, tmp_path):
    run(raw, tmp_path / "a", "--seed", "1", "--folds", "2")
    run(raw, tmp_path / "b", "--seed", "2", "--folds", "0")
    a, b = read(tmp_path / "a"), read(tmp_path / "b")
    assert a["seed"] == 1 and {item["fold"] for item in a["training"]} == {0, 1}
    assert all("fold" not in item for item in b["training"])
    names = [{item["patient"] for item in d["training"]} for d in (a, b)]
    assert names[0] != names[1]


@pytest.mark.parametrize(
    "flags, named",
    [
        (("--folds-22x5",), "folds-22x5"),
        (("--leaky-slice-split",), "leaky_slice_split"),
        (("--split", "leaky-slices"), "leaky_slice_split"),
        ((), "random"),
    ],
)
def test_split_is_named_in_the_datalist(raw, tmp_path, flags, named):
    assert run(raw, tmp_path / "out", *flags) == 0
    assert read(tmp_path / "out")["split"] == named


def test_one_split_only(raw, tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        run(raw, tmp_path / "out", "--folds-22x5", "--leave-one-site-out")
    assert caught.value.code == 2 and "not allowed with" in capsys.readouterr().err


def test_overwrite_writes_beside_other_things_and_keeps_them(raw, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.txt").write_text("years of work")
    (tmp_path / "out/datalist.json").write_text('{"name": "mine"}')
    assert run(raw, tmp_path / "out", "--overwrite") == 0
    assert (tmp_path / "out/thesis.txt").read_text() == "years of work"
    assert len(read(tmp_path / "out")["training"]) == 6


def test_overwrite_never_writes_into_raw(raw, tmp_path, capsys):
    assert run(raw, raw / "prepared", "--overwrite") == 2
    assert "inside the raw data" in capsys.readouterr().err


def test_help_names_the_sets(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["data", "prepare", "--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert all(f"  {name} " in said for name in (*SOURCES, *SCHEMES))


def test_the_data_page_shows_a_command_for_every_set(root):
    page = (root / "data/README.md").read_text("utf-8")
    assert all(f"mritumor data prepare {name} " in page for name in SOURCES)
