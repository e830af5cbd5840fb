from __future__ import annotations

import gzip
import shutil

import numpy as np
import pytest

from mritumor.data.datalist import write_datalist
from mritumor.data.fingerprint import datalist_hash


def image(seed: int, change: bool = False) -> bytes:
    """Incompressible, and longer than what is hashed of each end."""
    content = np.random.default_rng(seed).bytes(300_000)
    if change:
        middle = len(content) // 2
        flipped = bytes([content[middle] ^ 1])
        content = content[:middle] + flipped + content[middle + 1 :]
    return gzip.compress(content, mtime=0)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("A.nii.gz", "B.nii.gz", "B_seg.nii.gz"):
        (folder / name).write_bytes(image(len(name)))
    write_datalist(
        folder / "datalist.json",
        name="set",
        description="",
        modalities=("t1n",),
        labels={0: "background"},
        sections={
            "training": [{"image": [str(folder / "A.nii.gz")], "patient": "A"}],
            "testing": [
                {
                    "image": str(folder / "B.nii.gz"),
                    "label": str(folder / "B_seg.nii.gz"),
                    "patient": "B",
                }
            ],
        },
    )
    return folder


def test_hash_is_64_digits_and_repeats(data):
    first = datalist_hash(data / "datalist.json")
    assert first == datalist_hash(data / "datalist.json")
    assert first is not None and len(first) == 64


@pytest.mark.parametrize("name", ["A.nii.gz", "B.nii.gz", "B_seg.nii.gz"])
def test_one_bit_in_the_middle_of_any_file_changes_the_hash(data, name):
    before = datalist_hash(data / "datalist.json")
    (data / name).write_bytes(image(len(name), change=True))
    assert datalist_hash(data / "datalist.json") != before


def test_hash_stays_when_the_folder_moves(data, tmp_path):
    before = datalist_hash(data / "datalist.json")
    shutil.move(data, tmp_path / "elsewhere")
    assert datalist_hash(tmp_path / "elsewhere/datalist.json") == before


def test_hash_changes_when_a_file_vanishes(data):
    before = datalist_hash(data / "datalist.json")
    (data / "A.nii.gz").unlink()
    assert datalist_hash(data / "datalist.json") != before


def test_hash_changes_with_the_datalist(data):
    path = data / "datalist.json"
    before = datalist_hash(path)
    path.write_text(path.read_text("utf-8").replace('"set"', '"other"'), "utf-8")
    assert datalist_hash(path) != before


def test_unreadable_datalist_has_no_hash(tmp_path):
    assert datalist_hash(tmp_path / "none.json") is None
