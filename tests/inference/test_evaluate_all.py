"""Every bundle of a folder, each on the raw set that it takes."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from mritumor.cli.main import main


@pytest.fixture(scope="module")
def bundles(make_bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Slices, volumes, one whose set is not given and one without weights."""
    folder = tmp_path_factory.mktemp("all")
    thin = "  roi_size: [32, 32, 8]\n"
    made = {
        "lgg_segmentation": make_bundle("lgg_segmentation"),
        "lgg_3d_segmentation": make_bundle("lgg_3d_segmentation", thin),
        "figshare_segmentation": make_bundle("figshare_segmentation"),
        "lgg_classification": make_bundle("lgg_classification"),
    }
    for name, bundle in made.items():
        shutil.copytree(bundle, folder / name)
    (folder / "lgg_classification/models/model.pt").unlink()
    return folder


def test_each_bundle_takes_its_set(
    bundles: Path, raw_lgg: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate-all", str(bundles), "--raw", "lgg", str(raw_lgg)]
    assert main([*words, "--device", "cpu", "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    assert "figshare_segmentation: passed over, no --raw figshare" in said.err
    assert "lgg_classification: passed over, it has no weights" in said.err
    lines = said.out.splitlines()
    for name in ("lgg_segmentation", "lgg_3d_segmentation"):
        dice = [x for x in lines if x.startswith(f"{name} ") and "per patient" in x]
        assert len(dice) == 1 and dice[0].endswith("n=2")
        assert (tmp_path / "out" / name / "report.html").is_file()
    with (tmp_path / "out/table.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(lines)


def test_table_as_json_equals_the_single_command(
    bundles: Path, raw_lgg: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = ["--raw", "lgg-slices", str(raw_lgg), "--device", "cpu", "--json"]
    assert main(["evaluate-all", str(bundles), *raw]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["bundle"] for row in rows} == {"lgg_segmentation"}
    assert main(["evaluate", str(bundles / "lgg_segmentation"), *raw]) == 0
    single = json.loads(capsys.readouterr().out)
    assert [(r["score"], r["value"]) for r in rows] == [
        (s["name"], s["value"]) for s in single
    ]


def test_nothing_to_do_is_an_error(
    bundles: Path, raw_lgg: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate-all", str(tmp_path), "--raw", "lgg", str(raw_lgg)]) == 2
    assert "no bundles in this folder" in capsys.readouterr().err
    assert main(["evaluate-all", str(bundles), "--raw", "msd", str(raw_lgg)]) == 2
    assert "no bundle fits the raw folders" in capsys.readouterr().err
