"""Data that spoil a training end it with one sentence that names the file."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from mritumor.cli.main import main

pytestmark = pytest.mark.slow


@pytest.fixture()
def spoil(
    phantoms: Path, tmp_path: Path
) -> Callable[[str, Callable[[Path], None]], Path]:
    """Copy the phantoms and change one file of the first training case."""

    def change(key: str, how: Callable[[Path], None]) -> Path:
        data = tmp_path / "data"
        shutil.copytree(phantoms, data)
        item = json.loads((data / "datalist.json").read_text())["training"][0]
        how(data / (item[key] if key == "label" else item[key][1]))
        return data

    return change


def rewrite(path: Path, edit: Callable[[np.ndarray], np.ndarray]) -> None:
    image = nib.load(path)
    array = edit(np.asarray(image.dataobj).astype(np.float32))
    nib.save(nib.Nifti1Image(array, image.affine), path)


def wrong_label(path: Path) -> None:
    def edit(array: np.ndarray) -> np.ndarray:
        array[10, 10, 10] = 7
        return array

    rewrite(path, edit)


def not_a_number(path: Path) -> None:
    def edit(array: np.ndarray) -> np.ndarray:
        array[10, 10, 10] = np.nan
        return array

    rewrite(path, edit)


@pytest.mark.parametrize(
    ("key", "how", "said"),
    [
        ("label", wrong_label, "7"),
        ("image", not_a_number, "1 such voxel(s) in t1c"),
    ],
)
def test_one_sentence_names_the_file(
    spoil: Callable[..., Path],
    tiny_bundle: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    key: str,
    how: Callable[[Path], None],
    said: str,
) -> None:
    data = spoil(key, how)
    words = ["train", str(tiny_bundle), "--dataset_dir", str(data), "--epochs", "1"]
    assert (
        main([*words, "--output_dir", str(tmp_path), "--ckpt_dir", str(tmp_path)]) == 2
    )
    lines = [
        x for x in capsys.readouterr().err.splitlines() if x.startswith("mritumor: ")
    ]
    item = json.loads((data / "datalist.json").read_text())["training"][0]
    file = item[key] if key == "label" else item[key][0]
    assert len(lines) == 1 and said in lines[0] and Path(file).parent.name in lines[0]


def test_monai_command_ends_without_traceback_too(
    spoil: Callable[..., Path], tiny_bundle: Path, tmp_path: Path
) -> None:
    data = spoil("label", wrong_label)
    command = [sys.executable, "-m", "monai.bundle", "run", "training"]
    command += ["--config_file", str(tiny_bundle / "configs/train.json")]
    command += ["--dataset_dir", str(data), "--output_dir", str(tmp_path)]
    command += ["--ckpt_dir", str(tmp_path), "--epochs", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert [x for x in done.stderr.splitlines() if x.startswith("mritumor: ")]
