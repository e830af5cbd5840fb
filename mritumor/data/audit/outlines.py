"""Checks of label maps and masks: their values, one by one and as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mritumor.data.audit.decode import is_picture
from mritumor.data.audit.findings import Finding
from mritumor.data.audit.record import Record

MANY = 10


@dataclass(frozen=True)
class Values:
    """The values of a label map.

    Attributes:
        counts: value to number of voxels; empty where not whole.
        whole: whether all values are whole numbers.
    """

    counts: Mapping[int, int]
    whole: bool = True

    @property
    def foreground(self) -> int:
        """Voxels that are not background."""
        return sum(n for value, n in self.counts.items() if value)


def count_values(array: NDArray[np.generic]) -> Values:
    """Count the values of a label map of any shape.

    Floats within 1e-3 of a whole number count as whole: scaled headers give them.
    """
    numbers = np.asarray(array)
    if numbers.dtype.kind not in "biu":
        rounded = np.rint(numbers)
        if not (np.abs(numbers - rounded) <= 1e-3).all():  # False for NaN too
            return Values({}, whole=False)
        numbers = rounded.astype(np.int64)
    flat = numbers.ravel().astype(np.int64)
    if flat.min() >= 0 and flat.max() < 1 << 16:
        counted = np.bincount(flat)
        return Values({int(v): int(counted[v]) for v in np.flatnonzero(counted)})
    values, counts = np.unique(flat, return_counts=True)
    return Values({int(v): int(n) for v, n in zip(values, counts)})


def check_values(
    record: Record, path: Path, values: Values, labels: Mapping[int, str] | None
) -> Iterator[Finding]:
    """Yield what is wrong with the values of one label map.

    Kinds: ``label-not-whole``, ``label-year``, ``label-values``.

    Args:
        record: the item.
        path: its label map or mask.
        values: as counted.
        labels: value to meaning as the datalist tells, None where it does not.
    """
    problem = None
    if not values.whole:
        problem = "label-not-whole", "has values that are not whole numbers"
    elif labels is not None:
        problem = _unknown(set(values.counts), set(labels), is_picture(path))
    if problem is not None:
        kind, sentence = problem
        yield Finding(
            "error", kind, str(record), f"{path.name} {sentence}", (record.number,)
        )


def empty_outlines(
    records: Sequence[Record], values: Sequence[Values | None]
) -> Iterator[Finding]:
    """Yield a note for each empty label map where others are not empty.

    More than `MANY` are told in one note: most slices of a head show no tumour.
    """
    known = [(r, v) for r, v in zip(records, values) if v is not None and v.whole]
    empty = [record for record, own in known if not own.foreground]
    if len(empty) == len(known):
        return
    if len(empty) > MANY:
        sentence = f"nothing is outlined in {len(empty)} of {len(known)} items"
        numbers = tuple(record.number for record in empty)
        yield Finding("note", "empty-label", "data set", sentence, numbers)
        return
    for record in empty:
        sentence = "nothing is outlined here, in other items there is"
        yield Finding("note", "empty-label", str(record), sentence, (record.number,))


def _unknown(found: set[int], known: set[int], picture: bool) -> tuple[str, str] | None:
    if picture and found <= {0, 255} and 1 in known:
        return None  # how pictures write a binary mask
    strange = sorted(found - known)
    if not strange:
        return None
    if strange == [4] and 3 in known and 3 not in found:
        return "label-year", (
            "has the values of BraTS 2017 to 2022, in which 4 is the enhancing "
            "tumour; the datalist counts it as 3"
        )
    return "label-values", f"has the values {strange}, the datalist knows " + str(
        sorted(known)
    )
