"""What is written obeys the standard, as David Clunie's dciodvfy judges it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_writer import enhanced, save, slices, uids

from mritumor.dicom import (
    Algorithm,
    find_series,
    read_series,
    write_rtstruct,
    write_seg,
)

VALIDATOR = shutil.which("dciodvfy")
pytestmark = pytest.mark.skipif(
    VALIDATOR is None, reason="needs dciodvfy (Debian: dicom3tools)"
)


@pytest.mark.parametrize("write", [write_seg, write_rtstruct])
@pytest.mark.parametrize("multi_frame", [False, True])
def test_no_error_is_found(tmp_path: Path, write: Any, multi_frame: bool) -> None:
    image, affine = np.zeros((20, 24, 6), np.uint16), np.diag([-0.9, -1.1, 3.3, 1])
    made = enhanced(image, affine, uids(), EchoTime=9, RepetitionTime=500)
    save(tmp_path / "in", [made] if multi_frame else slices(image, affine, uids()))
    (series,) = find_series(tmp_path / "in").series
    volume = read_series(series)
    labels = np.zeros(volume.array.shape, np.uint8)
    labels[3:12, 4:13, 1:4], labels[5, 5, 2] = 2, 1
    path, ai = tmp_path / "out.dcm", Algorithm("brats_segmentation", "0.1.0")
    write(path, labels, volume.affine, series, {1: "necrosis", 2: "oedema"}, ai)
    said = subprocess.run(
        [str(VALIDATOR), str(path)], capture_output=True, text=True, check=False
    )
    lines = f"{said.stdout}{said.stderr}".splitlines()
    assert lines and [line for line in lines if line.startswith("Error")] == []
