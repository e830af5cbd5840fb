"""A report says which weights and versions it rests on."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from mritumor import __version__
from mritumor.errors import BundleError
from mritumor.report.provenance import bundle_provenance


def test_facts_of_a_bundle(tmp_path: Path) -> None:
    bundle = tmp_path / "lgg_segmentation"
    (bundle / "configs").mkdir(parents=True)
    (bundle / "configs/metadata.json").write_text(json.dumps({"version": "0.3.0"}))
    facts = bundle_provenance(bundle, device="cpu", input_file="a.nii", seed=None)
    assert facts["bundle"] == "lgg_segmentation 0.3.0"
    assert facts["mritumor"] == __version__ and facts["input file"] == "a.nii"
    assert "weights (SHA-256)" not in facts and "seed" not in facts
    (bundle / "models").mkdir()
    (bundle / "models/model.pt").write_bytes(b"abc" * 500_000)
    expected = hashlib.sha256(b"abc" * 500_000).hexdigest()
    assert bundle_provenance(bundle)["weights (SHA-256)"] == expected
    assert list(facts)[0] == "bundle" and list(facts)[-1] == "made"


def test_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="metadata"):
        bundle_provenance(tmp_path)
