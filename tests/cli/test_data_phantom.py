"""`mritumor data phantom`: options arrive, errors are one sentence, JSON parses."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import pytest

from mritumor.cli.main import main
from mritumor.data import read_datalist

FAST = ["--spacing", "2.6"]


def _phantom(out: Path, *words: str) -> int:
    return main(["data", "phantom", str(out), *words])


def test_json_summary_and_refusal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _phantom(tmp_path, "--cases", "3", "--json", *FAST) == 0
    printed = capsys.readouterr()
    summary = json.loads(printed.out)
    assert summary["items"] == {"training": 1, "validation": 1, "testing": 1}
    assert summary["patients"] == 3
    assert Path(summary["datalist"]) == tmp_path.resolve() / "datalist.json"
    assert "phantoms" in printed.err
    assert _phantom(tmp_path, "--cases", "1", *FAST) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_options_arrive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--cases", "1", "--spacing", "5", "5", "7", "--oblique", "10"]
    words += ["--flip", "xy", "--missing", "t1n", "--noise", "0", "--bias", "0"]
    words += ["--low-grade-fraction", "1", "--different-grids"]
    assert _phantom(tmp_path, *words) == 0
    assert "1 training" in capsys.readouterr().out
    (item,) = read_datalist(tmp_path / "datalist.json")
    assert item["modalities"] == ["t1c", "t2w", "t2f"]
    assert nib.load(item["label"]).header.get_zooms() == pytest.approx((5, 5, 7))
    assert set(nib.load(item["label"]).dataobj[...].ravel()) == {0, 2}
    affines = [nib.load(path).affine for path in item["image"]]
    assert abs(affines[0] - affines[1]).max() > 1
    assert affines[0][0, 0] < 0


def test_slices(tmp_path: Path) -> None:
    assert _phantom(tmp_path, "--slices", "--cases", "1", "--spacing", "3") == 0
    assert (tmp_path / "images" / "glioma").is_dir()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--cases", "0"], "cases"),
        (["--seed", "-1"], "seed"),
        (["--spacing", "1", "2"], "spacing"),
        (["--spacing", "0.1"], "spacing"),
        (["--flip", "w"], "flip"),
        (["--noise", "7"], "noise"),
        (["--val-fraction", "0.9", "--test-fraction", "0.3"], "nothing to train on"),
        (["--missing", "t1n", "t1c", "t2w", "t2f"], "no sequence is left"),
        (["--slices", "--cases", "0"], "cases"),
        (["--slices", "--missing", "t1n"], "does not go with --slices"),
    ],
)
def test_errors_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    out = tmp_path / "new"
    assert _phantom(out, *words) == 2
    error = capsys.readouterr().err
    assert error.startswith("mritumor: ")
    assert error.count("\n") == 1
    assert said in error
    assert not out.exists()


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["data", "phantom", "--help"])
    assert exit_.value.code == 0
    assert "mritumor data phantom demo/data --cases 12" in capsys.readouterr().out
