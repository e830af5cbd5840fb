"""Scores of a classifier over an epoch, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from monai.metrics import CumulativeIterationMetric

from mritumor.errors import InputError, did_you_mean
from mritumor.losses import UNKNOWN_CLASS
from mritumor.metrics.auc import roc_auc
from mritumor.metrics.calibration import brier_score, calibration_error
from mritumor.metrics.classes import class_report

NAMES = (
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "macro_auc",
    "ece",
    "brier",
    "n_used",
    "n_unknown",
)


class ClassScores(CumulativeIterationMetric):
    """Accuracy, macro F1, macro AUC, calibration … of all images of an epoch.

    With a ``key`` the result is one number, as a key metric must be. Without, it is all
    of them by name, each of which Ignite puts into ``engine.state.metrics`` as
    ``<prefix><name>``: one handler under ``additional_metrics`` logs everything.

    Images of unknown class (-1) are left out and counted. Without any known one every
    score is NaN.

    Args:
        key: one of ``accuracy``, ``balanced_accuracy``, ``macro_f1``, ``macro_auc`` (all
            0 to 1), ``ece`` (15 bins, 0 to 1, lower is better), ``brier`` (0 to 2, lower
            is better), ``n_used``, ``n_unknown``; None: all, by name.
        prefix: before each name.
        num_classes: K, to be checked; None: whatever comes.

    Raises:
        InputError: another key.
    """

    def __init__(
        self,
        key: str | None = None,
        prefix: str = "",
        num_classes: int | None = None,
    ) -> None:
        super().__init__()
        if key is not None and key not in NAMES:
            raise InputError(
                "unknown score",
                where="key",
                got=key,
                expected=", ".join(NAMES),
                remedy=did_you_mean(key, NAMES),
            )
        self.key = key
        self.prefix = prefix
        self.num_classes = num_classes

    def __call__(
        self,
        y_pred: Sequence[torch.Tensor] | torch.Tensor,
        y: Sequence[torch.Tensor | int] | torch.Tensor,
        **_: Any,
    ) -> torch.Tensor:
        """Add one batch.

        Args:
            y_pred: B times (K,) probabilities, or (B, K); K = 1: of class 1 of two.
            y: (B,) classes; -1: unknown.

        Returns:
            (B, K + 1): probabilities and class.

        Raises:
            InputError: another number of classes.
        """
        p = torch.stack([_flat(item) for item in y_pred])
        if self.num_classes not in (None, max(p.shape[1], 2)):
            raise InputError(
                "another number of classes", got=p.shape[1], expected=self.num_classes
            )
        classes = torch.stack([_flat(item) for item in y]).to(p)
        rows = torch.cat([p, classes], 1)
        self.extend(rows)
        return rows

    def _compute_tensor(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError("ClassScores collects in __call__")

    def aggregate(self) -> torch.Tensor | dict[str, float]:
        """Return the score named ``key``, or all by name.

        Raises:
            InputError: before any batch, or no probabilities.
        """
        rows = self.get_buffer()
        if rows is None:
            raise InputError("no image was counted yet", where="ClassScores")
        array = rows.cpu().numpy()
        known = array[:, -1] != UNKNOWN_CLASS
        found = _scores(array[known, :-1], array[known, -1])
        found |= {"n_used": float(known.sum()), "n_unknown": float((~known).sum())}
        if self.key is not None:
            return torch.tensor(found[self.key])
        return {self.prefix + name: found[name] for name in NAMES}


def _scores(p: np.ndarray, y: np.ndarray) -> dict[str, float]:
    if not len(y):
        return dict.fromkeys(NAMES, float("nan"))
    report = class_report(p, y)
    return {
        "accuracy": report.accuracy,
        "balanced_accuracy": report.balanced_accuracy,
        "macro_f1": report.macro["f1"],
        "macro_auc": roc_auc(p, y).macro,
        "ece": calibration_error(p, y),
        "brier": brier_score(p, y),
    }


def _flat(item: Any) -> torch.Tensor:
    """Return (K,) float64, on the item's device, without metadata."""
    tensor = torch.as_tensor(item).detach().as_subclass(torch.Tensor)
    return tensor.reshape(-1).double()
