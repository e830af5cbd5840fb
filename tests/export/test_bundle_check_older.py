"""A bundle in the older style of four files: who cannot take it, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mritumor.export.consumers.outcome import FAIL, PASS
from mritumor.export.consumers.run import check_bundles

NETWORK = {
    "_target_": "UNet",
    "spatial_dims": 3,
    "in_channels": 4,
    "out_channels": 3,
    "channels": [4, 8],
    "strides": [2],
}
METADATA = {
    "version": "0.1.0",
    "network_data_format": {
        "inputs": {
            "image": {
                "type": "image",
                "num_channels": 4,
                "spatial_shape": ["8*n", "8*n", "8*n"],
                "dtype": "float32",
                "value_range": [],
                "is_patch_data": True,
                "channel_def": {"0": "T1c", "1": "T1", "2": "T2", "3": "FLAIR"},
            }
        },
        "outputs": {
            "pred": {
                "type": "image",
                "format": "segmentation",
                "num_channels": 3,
                "spatial_shape": ["8*n", "8*n", "8*n"],
                "dtype": "float32",
                "value_range": [0, 4],
                "is_patch_data": True,
                "channel_def": {
                    "0": "background",
                    "1": "necrotic core",
                    "2": "edema",
                    "4": "enhancing tumor",
                },
            }
        },
    },
}
# Nested regions (whole, core, enhancing) become BraTS's label numbers, as int64.
TO_LABELS = (
    "$lambda x: torch.where(x[2:3] > 0, 4, "
    "torch.where(x[1:2] > 0, 1, torch.where(x[:1] > 0, 2, 0))).to(torch.int64)"
)


def inference(bundle: Path) -> dict[str, Any]:
    """Return inference.json: LoadImaged of four files stacks them by itself."""
    return {
        "imports": ["$import torch"],
        "bundle_root": str(bundle),
        "device": "cpu",
        "network_def": NETWORK,
        "network": "$@network_def.to(@device)",
        "preprocessing": {
            "_target_": "Compose",
            "transforms": [
                {"_target_": "LoadImaged", "keys": "image"},
                {"_target_": "NormalizeIntensityd", "keys": "image"},
            ],
        },
        "inferer": {"_target_": "SlidingWindowInferer", "roi_size": [32, 32, 32]},
        "postprocessing": {
            "_target_": "Compose",
            "transforms": [{"_target_": "Lambdad", "keys": "pred", "func": TO_LABELS}],
        },
    }


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bundle = tmp_path_factory.mktemp("older") / "older_segmentation"
    (bundle / "configs").mkdir(parents=True)
    for name, content in (("metadata", METADATA), ("inference", inference(bundle))):
        (bundle / f"configs/{name}.json").write_text(json.dumps(content))
    return bundle


@pytest.mark.slow
def test_each_consumer_that_fails_is_named_with_its_reason(older: Path) -> None:
    rows = ("files", "labels named", "network (", "one file in")
    found = {o.check: o for o in check_bundles([older], names=rows)}
    status = {name: outcome.status for name, outcome in found.items()}
    assert status == {
        "files": FAIL,
        "labels named, contiguous, uint8": FAIL,
        "network (verify_net_in_out)": PASS,
        "one file in": FAIL,
    }
    assert "configs/train.json" in found["files"].reason
    assert "EnsureChannelFirstd must follow" in found["one file in"].reason
    labels = found["labels named, contiguous, uint8"].reason
    assert "0, 1, 2, 4" in labels and "int64, not uint8" in labels
    for outcome in found.values():
        assert "\n" not in outcome.reason and "Traceback" not in outcome.reason
