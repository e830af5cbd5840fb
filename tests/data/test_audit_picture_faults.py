"""Faults planted in 2-D images with classes: each is found, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from mritumor.data.audit import AuditReport, audit
from mritumor.phantom import StudyOptions
from mritumor.phantom.slices import CLASSES, Slice, make_slices

FAST = StudyOptions(spacing=3)
BASES = 8
ITEMS = 60
Item = dict[str, Any]


class Album:
    """A data set in the making; `new` adds a sound item that is like no other."""

    def __init__(self, root: Path, bases: list[Slice]) -> None:
        self.root, self.bases = root, bases
        self.sections: dict[str, list[Item]] = {"training": [], "testing": []}
        self.count = 0

    def new(self, section: str = "training") -> Item:
        n, base = self.count, self.bases[self.count % BASES]
        self.count += 1
        angle = -60 + 120 * n / ITEMS
        item: Item = {"image": f"{n:03d}.png", "label": f"{n:03d}_outline.png"}
        for key, pixels in (("image", base.image), ("label", base.mask)):
            picture = Image.fromarray(pixels.astype(np.uint8))
            how = (
                Image.Resampling.NEAREST
                if key == "label"
                else Image.Resampling.BILINEAR
            )
            turned = picture.rotate(angle, how)
            turned.save(self.root / item[key])
        item |= {"class": n % len(CLASSES), "patient": f"P{n:03d}", "site": "phantom"}
        self.sections[section].append(item)
        return item

    def write(self) -> Path:
        document = {
            "name": "album",
            "modality": {"0": "t1c"},
            "labels": {"0": "background", "1": "tumour"},
            "classes": dict(enumerate(CLASSES)),
            **self.sections,
        }
        (self.root / "datalist.json").write_text(json.dumps(document))
        return self.root / "datalist.json"


def _copy(
    section: str,
    change: Callable[[Image.Image], Image.Image] = lambda picture: picture,
    suffix: str = ".png",
    **settings: Any,
) -> Callable[[Album], str]:
    def plant(album: Album) -> str:
        original, item = album.new(), album.new(section)
        item["image"] = item["image"].replace(".png", suffix)
        picture = change(Image.open(album.root / original["image"]))
        picture.save(album.root / item["image"], **settings)
        item.pop("label")
        item["class"] = original["class"]
        return str(original["image"])

    return plant


def _bytes(
    change: Callable[[bytes], bytes] | None, key: str = "image"
) -> Callable[[Album], str]:
    def plant(album: Album) -> str:
        item = album.new()
        file = album.root / item[key]
        content = file.read_bytes()
        file.unlink()
        if change is not None:
            file.write_bytes(change(content))
        return str(item["image"])

    return plant


def _pixels(
    change: Callable[[np.ndarray], np.ndarray], key: str = "image", suffix: str = ".png"
) -> Callable[[Album], str]:
    def plant(album: Album) -> str:
        item = album.new()
        pixels = change(np.array(Image.open(album.root / item[key])))
        item[key] = item[key].replace(".png", suffix)
        Image.fromarray(pixels).save(album.root / item[key])
        return str(item["image"])

    return plant


def _changed(section: str = "training", **changes: Any) -> Callable[[Album], str]:
    def plant(album: Album) -> str:
        item = album.new(section)
        item.update(changes)
        return str(item["image"])

    return plant


def _patients(first: str, second: str) -> Callable[[Album], str]:
    def plant(album: Album) -> str:
        album.new()["patient"] = first
        album.new("testing")["patient"] = second
        return first

    return plant


def _other_class(album: Album) -> str:
    original, item = album.new(), album.new()
    item.update(image=original["image"])
    item["class"] = (original["class"] + 1) % 4
    item.pop("label")
    return str(original["image"])


def _bright(picture: Image.Image) -> Image.Image:
    return picture.point(lambda value: min(255, int(value * 1.15 + 8)))


def _larger(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width * 2, picture.height * 3 // 2))


def _rgb(picture: Image.Image) -> Image.Image:
    return picture.convert("RGB")


def _wide(picture: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(picture).astype(np.uint16))


def _nan(pixels: np.ndarray) -> np.ndarray:
    values = pixels.astype(np.float32)
    values[3, 3] = np.nan
    return values


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"

FAULTS: list[tuple[str, str, Callable[[Album], str]]] = [
    ("error", "missing-file", _bytes(None)),
    ("error", "missing-file", _bytes(None, "label")),
    ("error", "unreadable", _bytes(lambda content: content[: len(content) // 2])),
    ("error", "unreadable", _bytes(lambda content: content[:40], "label")),
    ("error", "unreadable", _bytes(lambda content: b"")),
    ("error", "unreadable", _bytes(lambda content: POINTER)),
    ("error", "unreadable", _bytes(lambda content: b"no picture" * 9)),
    ("error", "not-finite", _pixels(_nan, suffix=".tif")),
    ("error", "constant", _pixels(np.zeros_like)),
    ("error", "constant", _pixels(lambda pixels: np.full_like(pixels, 200))),
    ("error", "grid", _pixels(lambda pixels: pixels[:-2], "label")),
    ("error", "grid", _pixels(lambda pixels: pixels[:, 1:])),
    ("error", "item-keys", _changed(**{"class": 9})),
    ("error", "item-keys", _changed(**{"class": "glioma"})),
    ("error", "item-keys", _changed(label=2)),
    ("error", "item-keys", _changed(class_name="ependymoma")),
    ("error", "label-values", _pixels(lambda pixels: pixels * 3, "label")),
    ("error", "exact-duplicate", _copy("testing")),
    ("error", "exact-duplicate", _copy("testing", compress_level=0)),
    ("error", "exact-duplicate", _copy("testing", _rgb, ".tif")),
    ("error", "exact-duplicate", _copy("testing", _wide)),
    ("warning", "exact-duplicate", _copy("training", suffix=".bmp")),
    ("error", "class-conflict", _other_class),
    ("error", "near-duplicate", _copy("testing", suffix=".jpg", quality=40)),
    ("error", "near-duplicate", _copy("testing", _bright)),
    ("error", "near-duplicate", _copy("testing", lambda p: p.point(lambda v: v // 2))),
    ("error", "near-duplicate", _copy("testing", _larger)),
    ("error", "near-duplicate", _copy("testing", ImageOps.mirror)),
    ("error", "near-duplicate", _copy("testing", ImageOps.mirror, ".jpg", quality=60)),
    ("warning", "near-duplicate", _copy("training", suffix=".jpg", quality=75)),
    ("warning", "near-duplicate", _copy("training", ImageOps.mirror)),
    ("error", "patient-leak", _patients("Eve", "Eve")),
    ("error", "person-leak", _patients("100234", "100234A")),
]


@pytest.fixture(scope="module")
def bases() -> list[Slice]:
    classes = ("glioma", "meningioma", "pituitary", "meningioma")
    return [s for n, c in enumerate(classes) for s in make_slices(6, n, c, 2, FAST)]


@pytest.fixture(scope="module")
def planted(
    tmp_path_factory: pytest.TempPathFactory, bases: list[Slice]
) -> tuple[AuditReport, list[str]]:
    album = Album(tmp_path_factory.mktemp("album"), bases)
    for section in ("training", "testing"):
        for _ in range(2):
            album.new(section)
    places = [plant(album) for _, _, plant in FAULTS]
    assert album.count <= ITEMS
    return audit(album.write()), places


@pytest.mark.parametrize("n", range(len(FAULTS)), ids=lambda n: f"{n}-{FAULTS[n][1]}")
def test_every_planted_fault_is_found(
    planted: tuple[AuditReport, list[str]], n: int
) -> None:
    report, places = planted
    severity, kind, _ = FAULTS[n]
    own = [f for f in report.findings if f.kind == kind and places[n] in f.where]
    assert [f.severity for f in own] == [severity]


def test_nothing_else_is_found(planted: tuple[AuditReport, list[str]]) -> None:
    report, places = planted
    known = {(kind, place) for (_, kind, _), place in zip(FAULTS, places)}
    known |= {("exact-duplicate", p) for k, p in known if k == "class-conflict"}
    for finding in report.findings:
        if finding.severity != "note":
            assert any(
                finding.kind == kind and place in finding.where for kind, place in known
            ), finding


def test_a_clean_set_gives_neither_error_nor_warning(
    tmp_path: Path, bases: list[Slice]
) -> None:
    album = Album(tmp_path, bases)
    for n in range(ITEMS):
        album.new("testing" if n % 4 == 0 else "training")
    report = audit(album.write())
    assert [f for f in report.findings if f.severity != "note"] == []
    assert report.exit_code == 0
    assert set(report.baselines) == {
        "nearest image's class",
        "nearest image's mask",
        "class by image size",
        "commonest class",
    }
