"""Faults of pictures with classes and masks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps
from planted_collection import POINTER, Collection, Fault, Outcome, examine

from mritumor.phantom import StudyOptions
from mritumor.phantom.slices import CLASSES, Slice, make_slices
from mritumor.types import Item

ITEMS = 60
# A picture that stands twice as a copy may also have two classes.
BROUGHT = {"class-conflict": {"exact-duplicate"}}


class Album(Collection):
    """Pictures; `new` adds a sound item that is like no other."""

    def __init__(self, root: Path, bases: list[Slice]) -> None:
        labels = {"0": "background", "1": "tumour"}
        named = {"labels": labels, "classes": dict(enumerate(CLASSES))}
        super().__init__(root, {"name": "album", "modality": {"0": "t1c"}, **named})
        self.bases = bases

    def new(self, section: str = "training") -> Item:
        n, base = self.count, self.bases[self.count % len(self.bases)]
        angle = -60 + 120 * n / ITEMS
        item: Item = {"image": f"{n:03d}.png", "label": f"{n:03d}_outline.png"}
        for key, pixels, how in (
            ("image", base.image, Image.Resampling.BILINEAR),
            ("label", base.mask, Image.Resampling.NEAREST),
        ):
            picture = Image.fromarray(pixels.astype(np.uint8)).rotate(angle, how)
            picture.save(self.twin / item[key])
        item |= {"class": n % len(CLASSES), "patient": f"P{n:03d}", "site": "phantom"}
        return self.add(section, item)


def make_album(root: Path) -> Album:
    """Return an album with four sound items."""
    kinds = ("glioma", "meningioma", "pituitary", "meningioma")
    fast = StudyOptions(spacing=3)
    bases = [s for n, c in enumerate(kinds) for s in make_slices(6, n, c, 2, fast)]
    album = Album(root, bases)
    for section in ("training", "testing") * 2:
        album.new(section)
    return album


def examine_pictures(root: Path) -> Outcome:
    """Plant all faults of pictures under an empty folder and audit them."""
    return examine(make_album(root), FAULTS, BROUGHT)


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


def _changed(**changes: Any) -> Callable[[Album], str]:
    def plant(album: Album) -> str:
        item = album.new()
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


def _dark(picture: Image.Image) -> Image.Image:
    return picture.point(lambda value: value // 2)


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


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


EXACT, NEAR = "exact-duplicate", "near-duplicate"
FAULTS: list[Fault[Album]] = [
    Fault("file missing", "missing-file", _bytes(None)),
    Fault("file missing", "missing-file", _bytes(None, "label")),
    Fault("file truncated", "unreadable", _bytes(_cut)),
    Fault("file truncated", "unreadable", _bytes(lambda c: c[:40], "label")),
    Fault("file empty", "unreadable", _bytes(lambda content: b"")),
    Fault("Git-LFS pointer", "unreadable", _bytes(lambda content: POINTER)),
    Fault("file corrupt", "unreadable", _bytes(lambda content: b"no picture" * 9)),
    Fault("NaN or infinity", "not-finite", _pixels(_nan, suffix=".tif")),
    Fault("one value only", "constant", _pixels(np.zeros_like)),
    Fault("one value only", "constant", _pixels(lambda p: np.full_like(p, 200))),
    Fault("mask of another shape", "grid", _pixels(lambda p: p[:-2], "label")),
    Fault("mask of another shape", "grid", _pixels(lambda p: p[:, 1:])),
    Fault("unknown class or label", "item-keys", _changed(**{"class": 9})),
    Fault("unknown class or label", "item-keys", _changed(**{"class": "glioma"})),
    Fault("unknown class or label", "item-keys", _changed(label=2)),
    Fault("unknown class or label", "item-keys", _changed(class_name="ependymoma")),
    Fault("unknown mask value", "label-values", _pixels(lambda p: p * 3, "label")),
    Fault("exact copy across the split", EXACT, _copy("testing")),
    Fault("exact copy across the split", EXACT, _copy("testing", compress_level=0)),
    Fault("exact copy across the split", EXACT, _copy("testing", _rgb, ".tif")),
    Fault("exact copy across the split", EXACT, _copy("testing", _wide)),
    Fault(
        "exact copy in a section", EXACT, _copy("training", suffix=".bmp"), "warning"
    ),
    Fault("copy under another class", "class-conflict", _other_class),
    Fault(
        "near copy across: recompressed",
        NEAR,
        _copy("testing", suffix=".jpg", quality=40),
    ),
    Fault("near copy across: brightness", NEAR, _copy("testing", _bright)),
    Fault("near copy across: brightness", NEAR, _copy("testing", _dark)),
    Fault("near copy across: resized", NEAR, _copy("testing", _larger)),
    Fault("near copy across: mirrored", NEAR, _copy("testing", ImageOps.mirror)),
    Fault(
        "near copy across: mirrored",
        NEAR,
        _copy("testing", ImageOps.mirror, ".jpg", quality=60),
    ),
    Fault(
        "near copy in a section",
        NEAR,
        _copy("training", suffix=".jpg", quality=75),
        "warning",
    ),
    Fault(
        "near copy in a section", NEAR, _copy("training", ImageOps.mirror), "warning"
    ),
    Fault("patient on both sides", "patient-leak", _patients("Eve", "Eve")),
    Fault("person under two ids", "person-leak", _patients("100234", "100234A")),
]
