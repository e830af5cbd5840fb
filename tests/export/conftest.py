"""Bundles with random weights: exporting needs a network, not a trained one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from mritumor.export.network import inference_parser


@pytest.fixture(scope="session")
def random_bundle(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny BraTS bundle with random weights; treat as read-only."""
    folder = tmp_path_factory.mktemp("random") / tiny_bundle.name
    shutil.copytree(tiny_bundle, folder)
    torch.manual_seed(0)
    network = inference_parser(folder).get_parsed_content("network_def")
    (folder / "models").mkdir(exist_ok=True)
    torch.save(network.state_dict(), folder / "models/model.pt")
    return folder
