"""Pictures found under what a person points at."""

from __future__ import annotations

from pathlib import Path

import pytest

from mritumor.data import find_pictures, picture_name_formatter
from mritumor.errors import InputError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(found: list[str]) -> list[str]:
    return [Path(path).name for path in found]


def test_outlines_and_litter_are_passed_over_in_natural_order(tmp_path: Path) -> None:
    touch(tmp_path, "p_10.tif", "p_9.tif", "p_9_mask.tif", "p_10_seg.png", "notes.txt")
    touch(tmp_path, "masks/p.png", ".DS_Store", "__MACOSX/p.png", "deep/q.JPG")
    assert names(find_pictures(tmp_path)) == ["q.JPG", "p_9.tif", "p_10.tif"]


def test_a_named_file_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    touch(tmp_path, "p_mask.png")
    assert names(find_pictures([tmp_path / "p_mask.png"] * 2)) == ["p_mask.png"]


def test_nothing_found_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no pictures were found"):
        find_pictures(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        find_pictures(tmp_path / "absent")


def test_masks_are_named_after_their_picture() -> None:
    formatted = picture_name_formatter({"filename_or_obj": "a/x.1.jpg"}, None)
    assert formatted["subject"] == "x_1"
