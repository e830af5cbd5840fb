"""Pictures that are nearly the same: recompressed, resized, brightened, mirrored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from mritumor.data.audit.groups import Groups
from mritumor.data.audit.thumbs import Thumb
from mritumor.data.audit.vectors import mirrored, pairs_above, vectors

NEAR = 0.95
"""Least correlation of fine detail: other heads stay below 0.85, copies above 0.98, and
neighbouring slices of one head reach 0.94."""


def near_pairs(
    thumbs: Sequence[Thumb | None], threshold: float = NEAR, flips: bool = True
) -> Iterator[tuple[int, int, float, bool]]:
    """Yield (i, j, correlation, mirrored) of pictures that are nearly the same, i < j.

    Args:
        thumbs: of `mritumor.data.audit.thumbs`; None is like nothing.
        threshold: least correlation of the fine detail of two thumbnails, 0..1.
        flips: look for mirrored ones too; a pair may then be given twice.
    """
    by_shape: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, thumb in enumerate(thumbs):
        if thumb is not None:
            by_shape[thumb.shape].append(number)
    for numbers in by_shape.values():
        own = [t for n in numbers if (t := thumbs[n]) is not None]
        plain = vectors(own, fine=True)
        for i, j, r in pairs_above(plain, plain, threshold):
            yield numbers[i], numbers[j], r, False
        if flips:
            turned = vectors([mirrored(t) for t in own], fine=True)
            for i, j, r in pairs_above(plain, turned, threshold):
                yield numbers[i], numbers[j], r, True


def near_groups(thumbs: Sequence[Thumb | None]) -> list[list[int]]:
    """Return the groups of two or more that are joined by near pairs, each sorted."""
    groups = Groups(len(thumbs))
    for i, j, _, _ in near_pairs(thumbs):
        groups.join(i, j)
    return groups.all()
