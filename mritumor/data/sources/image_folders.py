"""Folders of pictures named by their class: Kaggle 7023 (Nickparvar), SARTAJ, Br35H.

``CLASS/x.jpg``, or ``Training/CLASS/x.jpg`` and ``Testing/CLASS/x.jpg``. Such sets
name no patient: each picture is one of its own, copies and near copies are one person's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mritumor.data.audit.thumbs import thumbnail
from mritumor.data.near_copies import near_groups
from mritumor.data.sources.pictures import (
    PICTURES,
    files_under,
    pixel_hash,
    read_picture,
)
from mritumor.data.splits_leakage import PERSON
from mritumor.errors import InputError, MRITumorError
from mritumor.types import Item

if TYPE_CHECKING:
    from mritumor.data.prepare import Options

NAME = "class folders of images"
DESCRIPTION = "2-D images by class; patients unknown"
MODALITIES = ("image",)
LABELS: dict[int, str] = {}  # such sets have no masks
FACTS = {"patients": "unknown: each image counts as one, copies and near copies as one"}
STRATIFY_CLASS = "class"
DEFAULT_SPLIT = "deduplicated"
THUMB = "thumb"  # of an item, until all are compared

_SECTIONS = {
    "training": ("training", "train"),
    "validation": ("validation", "valid", "val"),
    "testing": ("testing", "test"),
}
_SECTION_OF = {word: name for name, words in _SECTIONS.items() for word in words}


def describe(raw: Path, options: Options) -> dict[str, Any]:
    """Return the class names, which are the set's own."""
    return {"classes": dict(enumerate(_classes(_files(raw))))}


def prepare_cases(
    raw: Path, out: Path, options: Options, notes: list[str]
) -> Iterator[tuple[str, Item | MRITumorError]]:
    """Read every picture and give its item; images stay where they are.

    Raises:
        InputError: no pictures, or not in folders of at least two classes.
    """
    files = _files(raw)
    classes = _classes(files)
    if len(classes) < 2:
        raise InputError(
            "no folders of two or more classes were found",
            where=raw,
            got=", ".join(classes) or "no pictures",
            expected="CLASS/x.jpg, or Training/CLASS/x.jpg and Testing/CLASS/x.jpg",
        )
    notes.append(f"patients are unknown; classes: {', '.join(classes)}")
    copies = _Copies()
    for path in files:
        name = path.relative_to(raw).as_posix()
        try:
            item = _item(path, name, classes, copies)
        except MRITumorError as error:
            yield name, error
            continue
        if item:
            yield name, item
    notes += copies.notes()


def join_items(items: Sequence[Item], notes: list[str]) -> list[Item]:
    """Give pictures that are nearly the same one ``person``, which no split divides.

    Such sets hold slices mirrored, recompressed and beside one another.

    Args:
        items: of `prepare_cases`; their thumbnails are taken off.
        notes: receives how many were joined.
    """
    groups = near_groups([item[THUMB] for item in items])
    joined = [{k: v for k, v in item.items() if k != THUMB} for item in items]
    for members in groups:
        for member in members:
            joined[member][PERSON] = joined[members[0]]["patient"]
    count = sum(map(len, groups))
    if count:
        notes.append(
            f"{count} of {len(items)} images are nearly the same as another, exact and "
            f"mirrored copies included; their {len(groups)} groups count as a patient each"
        )
    return joined


def _files(raw: Path) -> list[Path]:
    """Return the pictures that lie in a class's folder, not those in `raw` itself."""
    return [p for p in files_under(raw, PICTURES) if p.parent != raw]


def _classes(files: Sequence[Path]) -> list[str]:
    return sorted({path.parent.name for path in files})


class _Copies:
    """What was seen before, by decoded pixels."""

    def __init__(self) -> None:
        self.first: dict[str, str] = {}
        self.classes: dict[str, set[str]] = defaultdict(set)
        self.places: set[tuple[object, ...]] = set()
        self.total = self.copies = self.doubled = 0

    def notes(self) -> list[str]:
        notes = []
        if self.doubled:
            notes.append(
                f"{self.doubled} image(s) of a doubled folder were passed over"
            )
        several = sum(len(found) > 1 for found in self.classes.values())
        if self.copies:
            notes.append(
                f"{self.copies} of {self.total} images are exact copies of another; "
                f"{several} image(s) stand under several classes"
            )
        return notes


def _item(path: Path, name: str, classes: Sequence[str], seen: _Copies) -> Item | None:
    """Return the item, or None for the second of a doubled folder."""
    pixels = read_picture(path)
    digest = pixel_hash(pixels)
    kind, section = path.parent.name, _SECTION_OF.get(path.parent.parent.name.lower())
    if digest is None:
        raise InputError("this image has one value only", where=path)
    place = (section, kind, path.name, digest)
    if place in seen.places:
        seen.doubled += 1
        return None
    seen.places.add(place)
    seen.total += 1
    seen.copies += digest in seen.first
    seen.classes[digest].add(kind)
    item: Item = {
        "image": str(path.resolve()),
        "class": classes.index(kind),
        "class_name": kind,
        "patient": seen.first.setdefault(digest, name),
        "site": "",
        "pixels": digest,
        THUMB: thumbnail(pixels if pixels.ndim == 2 else pixels[..., :3]),
    }
    return {**item, "official_section": section} if section else item
