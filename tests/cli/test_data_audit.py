"""`mritumor data audit`: exit codes, JSON, the table and the page."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from mritumor.cli import data_audit
from mritumor.errors import InputError


def _audit(*words: object) -> int:
    parser = argparse.ArgumentParser()
    data_audit.add_arguments(parser)
    return data_audit.run(parser.parse_args([str(word) for word in words]))


def _leaky(phantoms: Path, out: Path) -> Path:
    document = json.loads((phantoms / "datalist.json").read_text())
    document["testing"] = document["training"][:1]
    for section in ("training", "validation", "testing"):
        for item in document[section]:
            item["image"] = [str(phantoms / name) for name in item["image"]]
            item["label"] = str(phantoms / item["label"])
    out.write_text(json.dumps(document))
    return out


def test_a_clean_set(phantoms: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _audit(phantoms, "--no-baselines") == 0
    printed = capsys.readouterr().out
    assert "nothing was found" in printed
    assert "without learning" not in printed
    assert _audit(phantoms / "datalist.json") == 0
    assert "nearest image's mask" in capsys.readouterr().out


def test_json_and_page_of_a_leak(
    phantoms: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    datalist = _leaky(phantoms, tmp_path / "leaky.json")
    assert _audit(datalist, "--json", "--html", tmp_path / "audit.html") == 1
    report = json.loads(capsys.readouterr().out)
    kinds = {finding["kind"] for finding in report["findings"]}
    assert kinds == {"patient-leak", "exact-duplicate"}
    assert report["counts"] == {"error": 2, "warning": 0, "note": 0}
    volumes = report["fingerprint"]["training"]["tumour_mm3"]
    assert volumes["smallest"] <= volumes["median"] <= volumes["largest"]
    assert report["fingerprint"]["training"]["spacings_mm"] == {
        "5 × 5 × 5": report["fingerprint"]["training"]["items"]
    }
    assert "patient-leak" in (tmp_path / "audit.html").read_text(encoding="utf-8")


def test_what_is_wrong_is_printed(
    phantoms: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _audit(_leaky(phantoms, tmp_path / "leaky.json")) == 1
    printed = capsys.readouterr().out
    assert "error     patient-leak" in printed
    assert "stands in testing and training" in printed


@pytest.mark.parametrize("words", [["nowhere"], [".", "--near-threshold", "3"]])
def test_what_cannot_run(words: list[str], tmp_path: Path) -> None:
    with pytest.raises(InputError):
        _audit(tmp_path / words[0], *words[1:])


def test_help_has_examples() -> None:
    assert "Examples" in (data_audit.__doc__ or "")
