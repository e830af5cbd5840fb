"""Losses that MONAI lacks.

BCE + Dice, Dice, Tversky and focal come from MONAI (``DiceCELoss(sigmoid=True)`` …).
Beware of slices without tumour: MONAI's Dice and Tversky score each image by itself
unless ``batch=True``, and with the default smoothing of 1e-5 the first false positive
on an empty slice already costs everything and the rest is free: no gradient is left to
remove it. Give ``batch: true, smooth_nr: 1.0, smooth_dr: 1.0`` for 2-D slices, and
never ``smooth_nr: 0``, which is blind on a batch without tumour.
``tests/losses/test_empty_slices.py`` shows each case.

- `FocalTverskyLoss`: misses cost more than false alarms, hard images more than easy.
- `MultiTaskLoss`: mask and class from one network, targets may be unknown per image.
- `UncertaintyWeights`: the weight of each task, learned.

Names are loaded when first touched, so importing this package does not load torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "FocalTverskyLoss": "focal_tversky",
    "MultiTaskLoss": "multi_task",
    "UNKNOWN_CLASS": "joint_targets",
    "FixedWeights": "task_weights",
    "UncertaintyWeights": "task_weights",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
