"""One item of a data set, before any of its files is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Record:
    """One item.

    Attributes:
        section: ``training``, ``validation`` or ``testing``.
        name: its first image, relative to the data set.
        images: files in channel order; one file may hold all channels.
        label: label map, None if there is none.
        mask: binary outline beside a class, None if there is none.
        value: number of the class, None for an item without class number.
        klass: name of the class.
        patient: id, None if unknown.
        site: id, None if unknown.
        fold: of the cross-validation, None if there is none.
        modalities: channel names that the images should have.
        number: in the data set.
    """

    section: str
    name: str
    images: tuple[Path, ...]
    label: Path | None = None
    mask: Path | None = None
    value: int | None = None
    klass: str | None = None
    patient: str | None = None
    site: str | None = None
    fold: str | None = None
    modalities: tuple[str, ...] = ()
    number: int = -1

    def __str__(self) -> str:
        """Return the name and the section."""
        return f"{self.name} ({self.section})"
