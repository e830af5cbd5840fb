"""`label` is the path of a mask, `class` a number: the same in every set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mritumor.data.datalist import read_classes, read_datalist, write_datalist
from mritumor.data.item_keys import check_keys, key_problem
from mritumor.errors import InputError
from mritumor.types import Item

CLASSES = {0: "meningioma", 1: "glioma"}


def _write(folder: Path, item: Item) -> Path:
    return write_datalist(
        folder / "datalist.json",
        name="set",
        description="made by a test",
        modalities=("t1c",),
        labels={0: "background", 1: "tumour"},
        classes={1: "glioma", 0: "meningioma"},
        sections={"training": [{"image": "a.png", **item}]},
    )


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"label": "a_mask.png"},
        {"label": Path("a_mask.png"), "class": 1, "class_name": "glioma"},
        {"class": 0},
        {"class": None, "label": None},
    ],
)
def test_known_and_unknown_targets(item: Item, tmp_path: Path) -> None:
    assert key_problem(item, CLASSES) is None
    assert key_problem(item) is None
    path = _write(tmp_path, item)
    assert len(read_datalist(path)) == 1
    assert read_classes(path) == CLASSES
    assert list(json.loads(path.read_text("utf-8"))["classes"]) == ["0", "1"]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"label": 1}, "'label' is no path.*found 1.*'class'"),
        ({"label": [0, 1]}, "'label' is no path"),
        ({"class": "glioma"}, "'class' is no number.*'class_name'"),
        ({"class": True}, "'class' is no number"),
        ({"class": -1}, "'class' is no number"),
        ({"class": 2}, "unknown class.*found 2.*0 meningioma, 1 glioma"),
        ({"class": 0, "class_name": "glioma"}, "another name.*found 0 with.*'glioma'"),
    ],
)
def test_what_means_something_else_is_refused(
    item: Item, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        _write(tmp_path, item)
    assert not (tmp_path / "datalist.json").exists()


def test_an_old_datalist_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text(json.dumps({"training": [{"image": "a.png", "label": 2}]}))
    with pytest.raises(InputError, match="old.json.*number of a class is called"):
        read_datalist(path)


def test_without_names_any_number_is_a_class() -> None:
    check_keys({"class": 7})
