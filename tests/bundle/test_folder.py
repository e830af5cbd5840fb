"""A bundle's configs and weights are read, or one sentence says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mritumor.bundle.folder import load_weights, read_config
from mritumor.errors import BundleError


def test_json_comes_before_yaml(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/inference.yaml").write_text("a: 1")
    assert read_config(tmp_path, "inference") == {"a": 1}
    (tmp_path / "configs/inference.json").write_text('{"a": 2}')
    assert read_config(tmp_path, "inference") == {"a": 2}


def test_a_missing_or_broken_config_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"inference\.json: this folder is no bundle"):
        read_config(tmp_path, "inference")
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/inference.json").write_text("{")
    with pytest.raises(
        BundleError, match=r"inference\.json: .* cannot be read"
    ) as told:
        read_config(tmp_path, "inference")
    assert "\n" not in str(told.value)


def test_weights_of_half_precision_fill_a_network_of_full(tmp_path: Path) -> None:
    made, network = torch.nn.Linear(3, 2).half(), torch.nn.Linear(3, 2)
    torch.save(made.state_dict(), tmp_path / "model.pt")
    assert load_weights(network, tmp_path / "model.pt").training is False
    assert network.weight.dtype == torch.float32
    assert torch.equal(network.weight, made.weight.float())


@pytest.mark.parametrize("content", [b"", b"nonsense"])
def test_what_is_no_weights_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.pt"
    with pytest.raises(BundleError, match=r"model\.pt: this bundle has no weights yet"):
        load_weights(torch.nn.Linear(3, 2), path)
    path.write_bytes(content)
    with pytest.raises(BundleError, match=r"model\.pt: these are no weights"):
        load_weights(torch.nn.Linear(3, 2), path)
