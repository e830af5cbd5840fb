"""The files of one item, each decoded once, and what the reading itself found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from mritumor import geometry
from mritumor.data.audit.decode import Decoded, decode
from mritumor.data.audit.findings import Finding
from mritumor.data.audit.record import Record
from mritumor.errors import InputError


@dataclass
class Loaded:
    """An item in memory.

    Attributes:
        record: the item.
        images: its readable images.
        outline: its label map or mask, if readable.
        findings: files that could not be read.
    """

    record: Record
    images: list[tuple[Path, Decoded]]
    outline: tuple[Path, Decoded] | None
    findings: list[Finding]

    @property
    def is_whole(self) -> bool:
        """Whether every image could be read."""
        return len(self.images) == len(self.record.images) > 0


def load(record: Record) -> Loaded:
    """Read an item's images and its outline; a broken file becomes a finding."""
    loaded = Loaded(record, [], None, [])
    if not record.images:
        loaded.findings.append(_error(record, "no-image", "the item names no image"))
    for path in record.images:
        content = _try(path, loaded)
        if content is not None:
            loaded.images.append((path, content))
    if record.label is not None:
        content = _try(record.label, loaded)
        loaded.outline = None if content is None else (record.label, content)
    return loaded


def upright(
    array: NDArray[np.generic], affine: NDArray[np.float64]
) -> NDArray[np.generic]:
    """Return a volume (I, J, K) with its axes nearest to RAS+ order."""
    turned: NDArray[np.generic] = nib.orientations.apply_orientation(
        array, nib.orientations.io_orientation(affine)
    )
    return turned


def upright_spacing(affine: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the spacing in mm along the axes of the `upright` volume."""
    order = np.argsort(nib.orientations.io_orientation(affine)[:, 0])
    steps = geometry.spacing(affine)
    i, j, k = (steps[int(axis)] for axis in order)
    return i, j, k


def _try(path: Path, loaded: Loaded) -> Decoded | None:
    try:
        return decode(path)
    except InputError as error:
        kind = "missing-file" if not path.is_file() else "unreadable"
        loaded.findings.append(
            _error(loaded.record, kind, f"{path.name}: {_without_place(error)}")
        )
    return None


def _without_place(error: InputError) -> str:
    return str(error).removeprefix(f"{error.where}: ")


def _error(record: Record, kind: str, sentence: str) -> Finding:
    return Finding("error", kind, str(record), sentence, (record.number,))
