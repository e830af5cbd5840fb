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
