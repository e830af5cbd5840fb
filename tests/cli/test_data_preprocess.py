"""`mritumor data preprocess`: files, exit codes, JSON, and the way back."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from mritumor.cli import data_preprocess
from mritumor.errors import InputError
from mritumor.phantom import make_study

FAST = ("--no-n4", "--no-registration")


def _run(*words: object) -> int:
    parser = argparse.ArgumentParser()
    data_preprocess.add_arguments(parser)
    return data_preprocess.run(parser.parse_args([str(word) for word in words]))


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two studies of t1c and t2f."""
    folder = tmp_path_factory.mktemp("raw")
    for case in (0, 1):
        study = make_study(2, case, spacing=8, modalities=["t1c", "t2f"], flip="xy")
        for name, array in study.images.items():
            file = folder / f"P{case}/P{case}_{name}.nii.gz"
            file.parent.mkdir(exist_ok=True)
            nib.save(nib.Nifti1Image(array, study.affines[name]), file)
    return folder


def test_one_study(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(raw / "P0", "--out", tmp_path, "--no-n4", "--spacing", 5) == 0
    printed = capsys.readouterr().out
    assert "t1c, t2f" in printed and "voxels of 5 × 5 × 5 mm" in printed
    assert "t2f: turned" in printed and "mutual information" in printed
    image = nib.load(tmp_path / "P0/P0_t2f.nii.gz")
    assert nib.aff2axcodes(image.affine) == ("R", "A", "S")


def test_many_studies_as_json(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--reference", "FLAIR", "--normalize", "percentile", "--json")
    assert _run(raw, "--out", tmp_path, *FAST, *words) == 0
    records = json.loads(capsys.readouterr().out)
    assert [record["case"] for record in records] == ["P0", "P1"]
    assert all(Path(record["record"]).is_file() for record in records)
    assert records[0]["reference"] == "t2f"
    assert records[0]["sequences"]["t1c"]["scale"]["divisor"] > 0


def test_one_broken_study_is_named_and_the_other_goes_on(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "raw/P2"
    bad.mkdir(parents=True)
    (bad / "P2_t2f.nii.gz").write_bytes((raw / "P0/P0_t2f.nii.gz").read_bytes())
    (tmp_path / "raw/P0").symlink_to(raw / "P0")
    assert _run(tmp_path / "raw", "--out", tmp_path / "out", *FAST) == 1
    assert "P2: the reference t1c is missing" in capsys.readouterr().err
    assert (tmp_path / "out/P0/P0_t1c.nii.gz").is_file()
    with pytest.raises(InputError, match="reference t1c is missing"):
        _run(bad, "--out", tmp_path / "out", *FAST)


def test_a_mask_is_carried_back(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(raw / "P0", "--out", tmp_path, *FAST, "--skull-strip", "builtin") == 0
    assert "built-in" in capsys.readouterr().err
    record, mask = (
        tmp_path / f"P0/P0_{n}" for n in ("preprocess.json", "brainmask.nii.gz")
    )
    out = tmp_path / "own.nii.gz"
    assert _run(record, "--restore", mask, "--out", out, "--sequence", "flair") == 0
    own = nib.load(out)
    source = nib.load(raw / "P0/P0_t2f.nii.gz")
    assert own.shape == source.shape and np.allclose(own.affine, source.affine)
    filled = np.asarray(own.dataobj) > 0
    assert filled[np.asarray(source.dataobj) > 0].mean() > 0.99


@pytest.mark.parametrize(
    "words, said",
    [
        (("--reference", "t9"), "no such sequence"),
        (("--spacing", "1", "2"), "one length or three"),
        (("--atlas", "nowhere.nii.gz"), "no such file"),
    ],
)
def test_bad_requests(
    raw: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        _run(raw / "P0", "--out", tmp_path, *FAST, *words)


def test_help_has_examples() -> None:
    assert "Examples" in (data_preprocess.__doc__ or "")
