"""Right and wrong voxels: what all overlap metrics are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mritumor.errors import InputError


@dataclass(frozen=True)
class Counts:
    """Voxels of one image, or of several added up.

    Counts of a patient's slices, added, are the counts of the volume; so a ratio of the
    sum is the volumetric score, which no single slice can dominate.

    Attributes:
        tp: in both masks.
        fp: predicted only.
        fn: in the reference only.
        tn: in neither.
    """

    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.tp + other.tp,
            self.fp + other.fp,
            self.fn + other.fn,
            self.tn + other.tn,
        )

    @property
    def reference(self) -> int:
        """Size of the reference, in voxels."""
        return self.tp + self.fn

    @property
    def predicted(self) -> int:
        """Size of the prediction, in voxels."""
        return self.tp + self.fp

    @property
    def total(self) -> int:
        """All voxels."""
        return self.tp + self.fp + self.fn + self.tn


def count(prediction: ArrayLike, reference: ArrayLike) -> Counts:
    """Compare two masks voxel by voxel.

    Args:
        prediction: any shape, False/True or 0/1.
        reference: the same shape.

    Raises:
        InputError: other shapes, or values that are not 0 and 1.
    """
    p, r = two_masks(prediction, reference)
    tp = int(np.count_nonzero(p & r))
    fp, fn = int(np.count_nonzero(p)) - tp, int(np.count_nonzero(r)) - tp
    return Counts(tp, fp, fn, p.size - tp - fp - fn)


def sum_counts(counts: Iterable[Counts]) -> Counts:
    """Return all counts together (none: all 0)."""
    return sum(counts, Counts())


def counts_per_patient(
    counts: Sequence[Counts], patients: Sequence[str]
) -> dict[str, Counts]:
    """Add the counts of each patient's images.

    Args:
        counts: one per image.
        patients: (N,) whose image it is.

    Returns:
        Counts by patient, in the order of their first image.

    Raises:
        InputError: another number of patients than of images.
    """
    if len(counts) != len(patients):
        raise InputError(
            "one patient per image is needed",
            where="patients",
            got=len(patients),
            expected=len(counts),
        )
    sums: dict[str, Counts] = {}
    for item, patient in zip(counts, patients):
        sums[patient] = sums.get(patient, Counts()) + item
    return sums


def two_masks(
    prediction: ArrayLike, reference: ArrayLike
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return both masks as booleans.

    Raises:
        InputError: other shapes, or values that are not 0 and 1: a label map or a
            probability must be made a mask on purpose.
    """
    masks = []
    for name, given in (("prediction", prediction), ("reference", reference)):
        array = np.asarray(given)
        mask = array.astype(bool)
        if array.dtype != bool and not np.array_equal(array, mask):
            raise InputError(
                "a mask has other values than 0 and 1",
                where=name,
                got=f"values from {array.min()} to {array.max()}",
                remedy="choose a label (array == 1) or a threshold (array > 0.5) first",
            )
        masks.append(mask)
    if masks[0].shape != masks[1].shape:
        raise InputError(
            "prediction and reference have different shapes",
            got=masks[0].shape,
            expected=masks[1].shape,
        )
    return masks[0], masks[1]
