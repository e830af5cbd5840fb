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

from mritumor._lazy import lazy_names

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
        "FocalTverskyLoss": "focal_tversky",
        "MultiTaskLoss": "multi_task",
        "UNKNOWN_CLASS": "joint_targets",
        "FixedWeights": "task_weights",
        "UncertaintyWeights": "task_weights",
    },
)
