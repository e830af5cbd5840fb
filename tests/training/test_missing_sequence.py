"""Cases without one of the sequences, from raw folders to a trained network."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mritumor.bundle.launch import run_bundle
from mritumor.data.prepare import Options, prepare

pytestmark = pytest.mark.slow


def test_training_fills_the_missing_sequence_and_says_so(
    tiny_bundle: Path,
    phantoms: Path,
    tmp_path: Path,
    recwarn: pytest.WarningsRecorder,
) -> None:
    raw = tmp_path / "raw"
    for folder in sorted(phantoms.glob("phantom-*")):
        shutil.copytree(folder, raw / folder.name)
    for file in sorted(raw.rglob("*_t2w.nii.gz"))[1::2]:  # every second case
        file.unlink()
    options = Options(allow_missing=True, labels="brats2023", folds=0)
    report = prepare("brats", raw, tmp_path / "data", options)
    assert not report.failures and report.datalist is not None
    items = json.loads(report.datalist.read_text("utf-8"))["training"]
    assert {len(item["image"]) for item in items} == {3, 4}
    bundle = tmp_path / tiny_bundle.name
    shutil.copytree(tiny_bundle, bundle)
    words = ["--dataset_dir", str(tmp_path / "data"), "--epochs", "1"]
    run_bundle(bundle, "training", [], [*words, "--batch_size", "2"])
    assert (bundle / "models/model.pt").is_file()
    said = [str(w.message) for w in recwarn if "filled with 0" in str(w.message)]
    assert said and all("t2w missing" in sentence for sentence in said)
