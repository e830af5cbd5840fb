"""Volumetric Dice per patient from slices that come in any order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, TypeAlias

import torch
from monai.metrics import CumulativeIterationMetric
from monai.utils import MetricReduction, string_list_all_gather

from mritumor.errors import InputError
from mritumor.metrics.counts import Counts
from mritumor.metrics.empty import EmptyPolicy, check_policy
from mritumor.metrics.overlap import dice
from mritumor.metrics.scores import Scores, summarize

UNKNOWN = -1
"""Stands for the patient of a slice whose mask is unknown; no patient's number."""

Masks: TypeAlias = "Sequence[torch.Tensor] | torch.Tensor"


class PatientDice(CumulativeIterationMetric):
    """Mean over patients of the Dice of all their slices together.

    A drop-in for ``monai.metrics.DiceMetric`` where items are slices: voxels are counted
    per slice, added per patient over all processes, and only then divided. It needs to
    know whose a slice is: `PatientMetricHandler` takes that from the batch; else give
    ``patients``, or labels with ``meta["patient"]``. A label with NaN is unknown (as in
    `mritumor.losses.MultiTaskLoss`) and left out; without any known one the result is
    NaN.

    Args:
        empty: what a patient scores in a channel that is empty in reference and
            prediction.
        reduction: ``"mean"``: one number, the mean over patients and channels;
            ``"mean_batch"``: one per channel.
    """

    def __init__(self, empty: EmptyPolicy = "one", reduction: str = "mean") -> None:
        super().__init__()
        check_policy(empty)
        if reduction not in ("mean", "mean_batch"):
            raise InputError(
                "unknown", where="reduction", got=reduction, expected="mean, mean_batch"
            )
        self.empty: EmptyPolicy = empty
        self.reduction = MetricReduction(reduction)
        self._names: dict[int, str] = {}

    def reset(self) -> None:
        """Forget all slices."""
        super().reset()
        self._names = {}

    def __call__(
        self, y_pred: Masks, y: Masks, patients: Sequence[str] | None = None
    ) -> torch.Tensor:
        """Count one batch.

        Args:
            y_pred: B masks (C, *spatial), 0/1; a list, or one tensor.
            y: likewise.
            patients: (B,) whose they are; default: ``meta["patient"]`` of the labels.

        Returns:
            (B, 1 + 3·C) whole numbers: patient (-1: unknown mask), then intersection,
            predicted and true voxels of each channel.

        Raises:
            InputError: shapes that differ, or an item whose patient is unknown.
        """
        whose = patients_of(y) if patients is None else [str(p) for p in patients]
        if not len(whose) == len(y_pred) == len(y):
            raise InputError(
                "one patient per item is needed",
                got=f"{len(y_pred)} predictions, {len(y)} labels, {len(whose)} patients",
            )
        rows = torch.stack([_row(*item) for item in zip(whose, y_pred, y)])
        self._names |= {patient_key(patient): patient for patient in whose}
        self.extend(rows)
        return rows

    def _compute_tensor(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError("PatientDice counts in __call__")

    def per_patient(self) -> dict[str, list[Counts]]:
        """Return the counts of each channel by patient, of all processes, sorted."""
        rows = super().get_buffer()
        if rows is None:
            return {}
        names = dict(self._names)
        if torch.distributed.is_initialized():
            every = string_list_all_gather(list(self._names.values()))
            names = {patient_key(name): name for name in every}
        rows = rows[rows[:, 0] != UNKNOWN]
        keys, place = rows[:, 0].unique(return_inverse=True)
        sums = rows.new_zeros(len(keys), rows.shape[1] - 1)
        sums.index_add_(0, place, rows[:, 1:])
        found = {
            names[int(key)]: [Counts(tp, p - tp, r - tp) for tp, p, r in line]
            for key, line in zip(
                keys, sums.view(len(keys), rows.shape[1] // 3, 3).tolist()
            )
        }
        return dict(sorted(found.items()))

    def per_patient_dice(self) -> dict[str, list[float]]:
        """Return the Dice of each channel by patient, of all processes, sorted."""
        found = self.per_patient().items()
        return {name: [dice(c, self.empty) for c in line] for name, line in found}

    def get_buffer(self) -> torch.Tensor | None:
        """Return (P, C) Dice, a row a patient in sorted order; None before any batch."""
        rows = super().get_buffer()
        if rows is None:
            return None
        values = list(self.per_patient_dice().values())
        return torch.tensor(values).reshape(len(values), rows.shape[1] // 3)

    def scores(self) -> list[Scores]:
        """Return per channel the mean, with the numbers of used and undefined patients."""
        found = self.per_patient_dice()
        return [summarize(channel, list(found)) for channel in zip(*found.values())]

    def aggregate(self) -> torch.Tensor:
        """Return the mean over patients, of the defined values.

        Raises:
            InputError: before any batch.
        """
        values = self.get_buffer()
        if values is None:
            raise InputError("no slice was counted yet", where="PatientDice")
        if self.reduction == MetricReduction.MEAN_BATCH:
            return values.nanmean(0)
        return values.nanmean()


def patient_key(patient: str) -> int:
    """Return a number for a patient's name, the same in all processes.

    63 bits of a hash: two of a million patients share one with probability 5e-8.
    """
    digest = hashlib.blake2b(patient.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def patients_of(labels: Masks) -> list[str]:
    """Return the patient of each label, from its metadata.

    Raises:
        InputError: a label without one.
    """
    names: list[str] = []
    meta = getattr(labels, "meta", None)
    if meta is not None and "patient" in meta:
        given = meta["patient"]
        names = [given] * len(labels) if isinstance(given, str) else list(given)
    else:
        names = [getattr(y, "meta", {}).get("patient", "") for y in labels]
    if not all(names):
        raise InputError(
            "whose slice this is, is unknown",
            where="PatientDice",
            remedy="use mritumor.metrics.PatientMetricHandler, which reads 'patient' of "
            "the batch, give patients=, or put it into the label's meta",
        )
    return list(map(str, names))


def _row(patient: str, prediction: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    if prediction.shape != label.shape:
        raise InputError(
            "prediction and label have different shapes",
            where=patient,
            got=tuple(prediction.shape),
            expected=tuple(label.shape),
        )
    p, r = (
        x.detach().as_subclass(torch.Tensor).flatten(1) for x in (prediction, label)
    )
    key = UNKNOWN if r.isnan().any() else patient_key(patient)
    p, r = p > 0.5, r > 0.5
    counts = torch.stack([(p & r).sum(1), p.sum(1), r.sum(1)], 1).flatten()
    return torch.cat([counts.new_tensor([key]), counts])
