"""Real data: no false alarm, and the copies that are known to be there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from mritumor.data.audit import audit

pytestmark = pytest.mark.shared_data


@pytest.mark.parametrize("name", ["volumes/brats2015", "volumes/tcga"])
def test_prepared_volumes_raise_no_alarm(shared_data: Path, name: str) -> None:
    assert audit(shared_data / name).findings == []


def test_a_real_head_with_its_skull_is_recognised(shared_data: Path) -> None:
    report = audit(shared_data / "volumes/anisotropic")
    assert [f.kind for f in report.findings] == ["unstripped"]


def test_copies_of_real_pictures_across_a_split(
    shared_data: Path, tmp_path: Path
) -> None:
    files = sorted((shared_data / "kaggle/original").rglob("*.jpg"))
    for n, file in enumerate(files):
        (tmp_path / "Training/any").mkdir(parents=True, exist_ok=True)
        shutil.copy(file, tmp_path / f"Training/any/{n}.jpg")
    clean = audit(tmp_path)
    assert clean.exit_code == 0
    (tmp_path / "Testing/any").mkdir(parents=True)
    with Image.open(files[0]) as picture:
        picture.save(tmp_path / "Testing/any/exact.png")
    with Image.open(files[1]) as picture:
        small = ImageOps.mirror(picture.convert("L")).resize((200, 200))
        small.save(tmp_path / "Testing/any/near.jpg", quality=60)
    new = [f for f in audit(tmp_path).findings if f.severity == "error"]
    assert [f.kind for f in new] == ["exact-duplicate", "near-duplicate"]
