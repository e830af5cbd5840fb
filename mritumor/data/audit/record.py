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
        label: label map or mask, None if the outline is unknown.
        klass: name of the class, None if it is unknown.
        patient: id, None if unknown.
        person: one name for several ids that stay together; None: the patient.
        site: id, None if unknown.
        fold: of the cross-validation, None if there is none.
        modalities: channel names that the images should have.
        number: in the data set.
        fault: what is wrong with the keys of the item itself, None if nothing is.
    """

    section: str
    name: str
    images: tuple[Path, ...]
    label: Path | None = None
    klass: str | None = None
    patient: str | None = None
    person: str | None = None
    site: str | None = None
    fold: str | None = None
    modalities: tuple[str, ...] = ()
    number: int = -1
    fault: str | None = None

    @property
    def owner(self) -> str | None:
        """Whose it is: the person, else the patient."""
        return self.person or self.patient

    def __str__(self) -> str:
        """Return the name and the section."""
        return f"{self.name} ({self.section})"
