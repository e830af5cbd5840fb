"""A real server process over two tiny bundles."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import nibabel as nib
import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser
from PIL import Image

from mritumor.bundle.build import build_bundle, write_bundle

BRIGHT = """shared:
  image_size: 64
  network_def!: {_target_: torch.nn.Conv2d, in_channels: 1, out_channels: 1, kernel_size: 1}
"""
SEQUENCES = """shared:
  network_def!: {_target_: torch.nn.Conv3d, in_channels: 4, out_channels: 3, kernel_size: 1}
"""
CLASSES = """shared:
  image_size: 64
  network_def!: {_target_: mritumor.networks.PlainCNN, in_channels: "$len(@modalities)",
    num_classes: "$len(@class_names)", channels: [4, 8]}
"""


def _bundle(root: Path, folder: Path, text: str, weights: bool = True) -> None:
    name = folder.name
    overlay = folder.parent.parent / f"{name}.yaml"
    overlay.write_text(text, encoding="utf-8")
    source = root / f"configs/bundles/{name}.yaml"
    content = build_bundle(source, root / "configs/base", (overlay,))
    write_bundle(content, folder)
    if not weights:
        return
    torch.manual_seed(0)
    network = ConfigParser(content["inference"]).get_parsed_content("network_def")
    if isinstance(network, torch.nn.Conv2d):  # outlines what is brighter than half
        torch.nn.init.constant_(network.weight, 20.0)
        torch.nn.init.constant_(network.bias, -10.0)
    if isinstance(
        network, torch.nn.Conv3d
    ):  # the whole tumour: what is bright in FLAIR
        torch.nn.init.zeros_(network.weight)
        torch.nn.init.constant_(network.weight[1, 3], 20.0)
        torch.nn.init.constant_(network.bias, -20.0)
    (folder / "models").mkdir(exist_ok=True)
    torch.save(network.state_dict(), folder / "models/model.pt")


@pytest.fixture(scope="session")
def web_bundles(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("web") / "bundles"
    folder.mkdir()
    _bundle(root, folder / "figshare_segmentation", BRIGHT)
    _bundle(root, folder / "figshare_classification", CLASSES)
    _bundle(root, folder / "tumor_type_classification", CLASSES)
    _bundle(root, folder / "brats_segmentation", SEQUENCES)
    _bundle(root, folder / "lgg_classification", CLASSES, weights=False)
    return folder


@pytest.fixture(scope="session")
def server_files(tmp_path_factory: Any) -> Path:
    """Where the server puts its temporary folder."""
    folder: Path = tmp_path_factory.mktemp("served")
    return folder


@pytest.fixture(scope="session")
def server(
    web_bundles: Path, server_files: Path, tmp_path_factory: Any
) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mritumor.cli.main", "serve"]
    command += ["--bundles", str(web_bundles), "--port", str(port)]
    command += ["--max-upload", "4"]
    log = tmp_path_factory.mktemp("log") / "server.txt"
    with log.open("w") as file:
        process = subprocess.Popen(
            command,
            stderr=file,
            env={**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(server_files)},
        )
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            if httpx.get(f"{address}/health").json()["workers"]:
                break
        except httpx.TransportError:
            time.sleep(0.1)
    else:
        pytest.fail(log.read_text())
    yield address
    process.terminate()
    process.wait(10)


def blob(size: int = 64) -> np.ndarray:
    """A bright disc on dim noise, (size, size) uint8."""
    y, x = np.mgrid[:size, :size]
    dim = np.random.default_rng(0).integers(1, 60, (size, size))
    disc = (x - size * 0.6) ** 2 + (y - size * 0.4) ** 2 < (size / 6) ** 2
    return np.where(disc, 250, dim).astype(np.uint8)


@pytest.fixture(scope="session")
def picture(tmp_path_factory: Any) -> Path:
    path: Path = tmp_path_factory.mktemp("png") / "slice.png"
    Image.fromarray(blob()).save(path)
    return path


@pytest.fixture(scope="session")
def volume(tmp_path_factory: Any) -> Path:
    path: Path = tmp_path_factory.mktemp("nii") / "scan_t1c.nii.gz"
    array = np.stack([blob()] * 8, -1).astype(np.float32)
    nib.save(nib.Nifti1Image(array, np.diag([3.0, 3.0, 6.0, 1.0])), path)
    return path


@pytest.fixture(scope="session")
def sequences(tmp_path_factory: Any) -> list[Path]:
    """Four sequences of one patient; 64 voxels of 3 mm across, 8 of 6 mm up."""
    folder = tmp_path_factory.mktemp("four")
    for name in ("t1n", "t1c", "t2w", "t2f"):
        array = np.stack([blob()] * 8, -1).astype(np.float32)
        image = nib.Nifti1Image(array, np.diag([3.0, 3.0, 6.0, 1.0]))
        nib.save(image, folder / f"patient_{name}.nii.gz")
    return sorted(folder.iterdir())


@pytest.fixture(scope="session")
def dicom_zip(tmp_path_factory: Any) -> Path:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "dicom"))
    import dicom_writer

    folder = tmp_path_factory.mktemp("dcm")
    array = np.stack([blob()] * 8, -1).astype(np.uint16)
    affine = np.diag([-3.0, -3.0, 6.0, 1.0])
    tags = {
        "SeriesDescription": "AX T1 POST GAD",
        "ContrastBolusAgent": "Gd",
        "RepetitionTime": 500,
        "EchoTime": 10,
    }
    datasets = dicom_writer.slices(array, affine, dicom_writer.uids(), **tags)
    dicom_writer.save(folder / "series", datasets)
    path: Path = folder / "study.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in (folder / "series").iterdir():
            archive.write(file, f"series/{file.name}")
    return path
