"""Tiny bundles of slices with random weights: plumbing needs no training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser
from PIL import Image

from mritumor.bundle.build import build_bundle, write_bundle

SETTINGS = {
    "segmentation": "network_def: {channels: [4, 8, 16], strides: [2, 2], deep_supervision: 1}",
    "classification": "network_def!: {_target_: mritumor.networks.PlainCNN, "
    'in_channels: "$len(@modalities)", num_classes: "$len(@class_names)", '
    "channels: [4, 8]}",
    "joint_segmentation": "network_def: {unet: {channels: [4, 8, 16], "
    "strides: [2, 2], deep_supervision: 1}}",
}


@pytest.fixture(scope="session")
def make_bundle(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Path]:
    """Return a maker of tiny bundles: a name of configs/bundles to a folder."""

    def make(name: str, change: str = "", network: Any = None) -> Path:
        kind = max((k for k in SETTINGS if name.endswith(k)), key=len)
        folder = tmp_path_factory.mktemp("tiny") / name
        overlay = folder.parent / "tiny.yaml"
        text = f"shared:\n  image_size: 64\n  {SETTINGS[kind]}\n{change}"
        overlay.write_text(text, encoding="utf-8")
        source = root / f"configs/bundles/{name}.yaml"
        content = build_bundle(source, root / "configs/base", (overlay,))
        write_bundle(content, folder)
        (folder / "models").mkdir()
        if network is None:
            torch.manual_seed(0)
            network = ConfigParser(content["inference"]).get_parsed_content(
                "network_def"
            )
        torch.save(network.state_dict(), folder / "models/model.pt")
        return folder

    return make


@pytest.fixture(scope="session")
def bright_bundle(make_bundle: Callable[..., Path]) -> Path:
    """Outlines what is brighter than half: a network set by hand."""
    network = torch.nn.Conv2d(1, 1, 1)
    torch.nn.init.constant_(network.weight, 20.0)
    torch.nn.init.constant_(network.bias, -10.0)
    change = (
        "  network_def!: {_target_: torch.nn.Conv2d, in_channels: 1, out_channels: 1, "
        "kernel_size: 1}\n"
    )
    return make_bundle("figshare_segmentation", change, network)


@pytest.fixture(scope="session")
def joint_bundle(make_bundle: Callable[..., Path]) -> Path:
    """Mask and three classes."""
    return make_bundle("figshare_joint_segmentation")


@pytest.fixture(scope="session")
def classifier(make_bundle: Callable[..., Path]) -> Path:
    """Four classes, one of them no tumour."""
    return make_bundle("tumor_type_classification")


@pytest.fixture(scope="session")
def lgg_classifier(make_bundle: Callable[..., Path]) -> Path:
    """Tumour or none, three sequences."""
    return make_bundle("lgg_classification")


@pytest.fixture()
def raw_lgg(tmp_path: Path) -> Path:
    """Two patients with three slices each, as the Kaggle LGG set names its files."""
    rng = np.random.default_rng(0)
    for patient in ("TCGA_AA_1111_20000101", "TCGA_BB_2222_20000101"):
        folder = tmp_path / "raw" / patient
        folder.mkdir(parents=True)
        for number in range(1, 4):
            image = rng.integers(0, 255, (64, 64, 3)).astype(np.uint8)
            mask = np.zeros((64, 64), np.uint8)
            mask[10:30, 10:30] = 255 * (number == 2)
            Image.fromarray(image).save(folder / f"{patient}_{number}.tif")
            Image.fromarray(mask).save(folder / f"{patient}_{number}_mask.tif")
    return tmp_path / "raw"
