"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data; its one setting is MRITUMOR_SHARED_DATA."""
    folder = Path(os.environ.get("MRITUMOR_SHARED_DATA", ROOT.parent / "shared/data"))
    if not (folder / "README.md").is_file():
        pytest.skip(f"no real data at {folder}: set MRITUMOR_SHARED_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight small phantoms, two or more to validate; treat as read-only."""
    from mritumor.phantom import StudyOptions, write_phantoms

    out = tmp_path_factory.mktemp("phantoms") / "data"
    options = StudyOptions(spacing=5.0, low_grade_fraction=0.0)
    return write_phantoms(out, 8, seed=3, options=options, val_fraction=0.3).parent


TINY = """
shared:
  spacing: [5.0, 5.0, 5.0]
  roi_size: [32, 32, 32]
  network_def: {channels: [4, 8, 16, 16], strides: [2, 2, 2]}
train:
  patch_size: [32, 32, 32]
  epochs: 2
  seed: 5
"""


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The BraTS bundle with a network that trains in seconds; treat as read-only."""
    from mritumor.bundle.build import build_bundle, write_bundle

    folder = tmp_path_factory.mktemp("bundle") / "tiny_segmentation"
    overlay = folder.parent / "tiny.yaml"
    overlay.write_text(TINY, encoding="utf-8")
    source = ROOT / "configs/bundles/brats_segmentation.yaml"
    write_bundle(build_bundle(source, ROOT / "configs/base", (overlay,)), folder)
    logging = ROOT / "configs/base/logging.conf"
    (folder / "configs/logging.conf").write_text(logging.read_text(), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def trained_bundle(
    tiny_bundle: Path, phantoms: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The tiny bundle with weights after two epochs; treat as read-only."""
    import shutil

    from mritumor.bundle.launch import run_bundle

    folder = tmp_path_factory.mktemp("trained") / tiny_bundle.name
    shutil.copytree(tiny_bundle, folder)
    run_bundle(folder, "training", [], ["--dataset_dir", str(phantoms)])
    return folder
