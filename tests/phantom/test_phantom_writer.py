"""Data sets on disk: readable, growing without change, never lost silently."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mritumor.data import read_datalist
from mritumor.errors import InputError
from mritumor.phantom import StudyOptions, write_phantoms
from mritumor.phantom.splits import assign_folds, assign_sections

FAST = StudyOptions(spacing=2.6)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_phantoms(tmp_path_factory.mktemp("d") / "three", 3, 9, FAST)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.rglob("phantom-*") if p.is_file()}


def test_three_cases_make_a_whole_data_set(dataset: Path) -> None:
    for section in ("training", "validation", "testing"):
        (item,) = read_datalist(dataset, section)
        assert [Path(p).name[-10:-7] for p in item["image"]] == [
            "t1n",
            "t1c",
            "t2w",
            "t2f",
        ]
        for path in (*item["image"], item["label"]):
            assert Path(path).is_file()
        assert item["site"] == "phantom"
    assert len(read_datalist(dataset, "validation", fold=0)) == 1


def test_monai_reads_the_datalist(dataset: Path) -> None:
    data = pytest.importorskip("monai.data")
    (item,) = data.load_decathlon_datalist(str(dataset), True, "training")
    assert all(Path(path).is_file() for path in item["image"])


def test_files_hold_the_study(dataset: Path) -> None:
    (item,) = read_datalist(dataset, "training")
    label = nib.load(item["label"])
    values = np.asarray(label.dataobj)
    assert values.dtype == np.uint8
    truth = json.loads(
        Path(item["label"].replace("_seg.nii.gz", "_truth.json")).read_text()
    )
    assert (values == 3).sum() == truth["voxels"]["ET"]
    for path in item["image"]:
        image = nib.load(path)
        assert image.get_data_dtype() == np.int16
        assert np.allclose(image.affine, label.affine)
        assert image.header.get_xyzt_units()[0] == "mm"


def test_fewer_cases_are_the_same_cases(dataset: Path, tmp_path: Path) -> None:
    fewer = write_phantoms(tmp_path / "one", 1, 9, FAST, test_fraction=0)
    three, one = _bytes(dataset.parent), _bytes(fewer.parent)
    assert len(three) == 3 * len(one)
    assert all(three[name] == content for name, content in one.items())


def test_missing_sequences_are_told(tmp_path: Path) -> None:
    options = StudyOptions(spacing=2.6, modalities=("t1c", "t2w", "t2f"))
    path = write_phantoms(tmp_path, 1, 0, options)
    (item,) = read_datalist(path)
    assert item["modalities"] == ["t1c", "t2w", "t2f"]
    assert len(item["image"]) == 3
    assert not list(tmp_path.rglob("*_t1n*"))
    assert list(json.loads(path.read_text())["modality"].values()) == item["modalities"]


def test_an_earlier_data_set_is_kept(dataset: Path) -> None:
    before = _bytes(dataset.parent)
    with pytest.raises(InputError, match="earlier phantom data set.*--overwrite"):
        write_phantoms(dataset.parent, 1, 0, FAST)
    assert _bytes(dataset.parent) == before


def test_overwrite_replaces_only_our_files(tmp_path: Path) -> None:
    write_phantoms(tmp_path, 1, 0, FAST)
    (tmp_path / "phantom-0-0000" / "notes.txt").write_text("mine")
    (tmp_path / "mine.txt").write_text("mine")
    write_phantoms(tmp_path, 1, 5, FAST, overwrite=True)
    kept = sorted(p.name for p in tmp_path.rglob("*.txt"))
    assert kept == ["mine.txt", "notes.txt"]
    assert not list((tmp_path / "phantom-0-0000").glob("*.nii.gz"))
    assert (tmp_path / "phantom-5-0000").is_dir()


def test_foreign_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "scan.dcm").write_text("x")
    with pytest.raises(InputError, match="not empty.*scan.dcm"):
        write_phantoms(tmp_path, 1, 0, FAST)
    (tmp_path / "datalist.json").write_text('{"name": "clinic"}')
    with pytest.raises(InputError, match="not made by this command"):
        write_phantoms(tmp_path, 1, 0, FAST, overwrite=True)
    with pytest.raises(InputError, match="must be a folder"):
        write_phantoms(tmp_path / "scan.dcm", 1, 0, FAST)


@pytest.mark.parametrize(("cases", "seed"), [(0, 0), (1, -1)])
def test_bad_counts(tmp_path: Path, cases: int, seed: int) -> None:
    with pytest.raises(InputError):
        write_phantoms(tmp_path / "x", cases, seed, FAST)
    assert not (tmp_path / "x").exists()


@given(st.integers(3, 60), st.floats(0.05, 0.4), st.floats(0.05, 0.4))
def test_sections(count: int, validation: float, testing: float) -> None:
    sections = assign_sections(count, validation, testing)
    assert set(sections) == {"training", "validation", "testing"}
    assert sections[:-1] == assign_sections(count - 1, validation, testing)
    assert abs(sections.count("testing") - testing * count) <= 2


def test_sections_without_testing() -> None:
    assert assign_sections(2, 0.5, 0) == ["training", "validation"]
    assert set(assign_sections(9, 0, 0)) == {"training"}
    with pytest.raises(InputError, match="nothing to train on"):
        assign_sections(5, 0.5, 0.5)


def test_folds_count_on_outside_testing() -> None:
    sections = ["training", "testing", "validation"]
    assert assign_folds(sections) == [0, None, 1]
