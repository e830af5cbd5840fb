"""A false positive on a slice without tumour must raise the loss, and be unlearned.

Two thirds of the slices of a brain are empty. A batch here is three slices, one or none
of them with a tumour; the network is nearly sure that there is nothing, but for a spot
on the last, empty slice.
"""

from __future__ import annotations

import pytest
import torch
from monai.losses import DiceCELoss, DiceLoss, FocalLoss, TverskyLoss
from torch import nn

from mritumor.losses import FocalTverskyLoss, MultiTaskLoss

# What is recommended for slices, and the same by image.
SLICES = {"sigmoid": True, "batch": True, "smooth_nr": 1.0, "smooth_dr": 1.0}
EACH = SLICES | {"batch": False}


class JointMaskPart(nn.Module):
    """The joint loss of a network with two class maps, all classes unknown."""

    def forward(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        joint = torch.cat([pred, torch.zeros(len(pred), 2, *pred.shape[2:])], 1)
        unknown = torch.full((len(pred),), -1)
        return MultiTaskLoss()(joint, {"label": target, "class": unknown})


OFFERED: dict[str, nn.Module] = {
    "dice_ce": DiceCELoss(**SLICES),
    "dice_ce_each": DiceCELoss(**EACH),
    "dice_ce_batch_of_our_base_config": DiceCELoss(sigmoid=True, batch=True),
    "dice_ce_of_monai": DiceCELoss(sigmoid=True),
    "dice": DiceLoss(**SLICES),
    "dice_each": DiceLoss(**EACH),
    "tversky": TverskyLoss(alpha=0.3, beta=0.7, **SLICES),
    "tversky_each": TverskyLoss(alpha=0.3, beta=0.7, **EACH),
    "focal": FocalLoss(),
    "focal_tversky": FocalTverskyLoss(sigmoid=True),
    "focal_tversky_each": FocalTverskyLoss(sigmoid=True, batch=False),
    "joint": JointMaskPart(),
}
BLIND: dict[str, nn.Module] = {
    "dice_of_monai": DiceLoss(sigmoid=True),
    "dice_without_smoothing": DiceLoss(sigmoid=True, smooth_nr=0),
    "tversky_of_monai": TverskyLoss(sigmoid=True),
    "focal_tversky_hardly_smooth": FocalTverskyLoss(sigmoid=True, smooth=1e-5),
}


def batch(with_tumour: bool, spot: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return logits and masks, (3, 1, 64, 64); ``spot``: side of the false positive."""
    target = torch.zeros(3, 1, 64, 64)
    logits = torch.full_like(target, -5.0)
    if with_tumour:
        target[0, 0, 20:40, 20:40] = 1
        logits[0, 0, 22:42, 20:40] = 2.0
    logits[2, 0, :spot, :spot] = 3.0
    return logits, target


@pytest.mark.parametrize("with_tumour", [True, False])
@pytest.mark.parametrize("name", OFFERED)
def test_each_false_positive_raises_the_loss(name: str, with_tumour: bool) -> None:
    none, small, large = (
        OFFERED[name](*batch(with_tumour, spot)) for spot in (0, 4, 8)
    )
    assert small - none > 1e-3 and large - small > 1e-3


@pytest.mark.parametrize("with_tumour", [True, False])
@pytest.mark.parametrize("name", OFFERED)
def test_descent_takes_the_false_positive_away(name: str, with_tumour: bool) -> None:
    logits, target = batch(with_tumour, 4)
    logits.requires_grad_()
    OFFERED[name](logits, target).backward()
    assert logits.grad[2, 0, :4, :4].min() > 1e-6


@pytest.mark.parametrize("name", BLIND)
def test_the_traps_that_the_package_warns_of(name: str) -> None:
    small, large = (BLIND[name](*batch(False, spot)) for spot in (4, 8))
    assert abs(large - small) < 1e-6
