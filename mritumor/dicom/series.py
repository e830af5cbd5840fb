"""Images that belong together: one volume each, as far as headers tell."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from mritumor.dicom.frames import Frame, flatten, frame_count, frame_of
from mritumor.dicom.header import SeriesHeader, header_of, text

SAME_DIRECTION = 1e-3
"""Direction cosines that differ by less are one orientation."""

SAME_SPACING = 1e-3
"""Distances of rows and columns, in mm, that differ by less are one."""


@dataclass(frozen=True)
class Series:
    """Images that may make one volume. Its ``str`` names no person.

    Attributes:
        header: facts of the series.
        frames: its images, in no particular order.
        orientations: how many orientations the SeriesInstanceUID holds in all; more
            than one is usual for localizers.
    """

    header: SeriesHeader
    frames: tuple[Frame, ...] = field(repr=False)
    orientations: int = 1

    def __str__(self) -> str:
        """Name the study by pseudonyms, then the series."""
        return f"{self.header.case}, {self.header}"


@dataclass
class Group:
    """Frames that agree; the first is the measure."""

    header: SeriesHeader
    frames: list[Frame]

    def takes(self, frame: Frame) -> bool:
        """Whether a frame lies as the first does, beside it."""
        own = self.frames[0]
        return bool(
            np.allclose(own.orientation, frame.orientation, 0, SAME_DIRECTION)
            and np.allclose(own.spacing, frame.spacing, 0, SAME_SPACING)
        )


Groups: TypeAlias = "dict[tuple[Any, ...], list[Group]]"
"""Groups by what frames must have exactly alike."""


def collect(dataset: Any, path: Path, groups: Groups) -> None:
    """Add the frames of a file to the groups that they fit.

    Args:
        dataset: its header.
        path: the file.
        groups: changed in place.

    Raises:
        ValueError: a frame without size, position, orientation or spacing.
    """
    flats = [flatten(dataset, k) for k in range(frame_count(dataset))]
    frames = [frame_of(flat, path, k) for k, flat in enumerate(flats)]
    uids: tuple[Any, ...] = (
        text(dataset, "StudyInstanceUID"),
        text(dataset, "SeriesInstanceUID"),
    )
    for flat, frame in zip(flats, frames):
        near = groups[uids + (frame.shape, frame.kind)]
        group = next((g for g in near if g.takes(frame)), None)
        if group is None:
            near.append(Group(header_of(flat), [frame]))
        else:
            group.frames.append(frame)


def as_series(groups: Groups) -> list[Series]:
    """Return the groups as series, in order of study and series number."""
    everything = [group for near in groups.values() for group in near]
    planes: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for group in everything:
        own, known = group.frames[0].orientation, planes[group.header.series]
        if not any(np.allclose(own, other, 0, SAME_DIRECTION) for other in known):
            known.append(own)
    series = [
        Series(g.header, tuple(g.frames), len(planes[g.header.series]))
        for g in everything
    ]
    return sorted(series, key=lambda s: (s.header.case, s.header.number or 0))
