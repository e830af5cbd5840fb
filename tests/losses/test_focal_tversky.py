"""The focal Tversky loss."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from monai.losses import DiceLoss

from mritumor.errors import InputError
from mritumor.losses import FocalTverskyLoss

MASK = torch.tensor([1.0, 1, 1, 0, 0, 0]).view(1, 1, 2, 3)
PRED = torch.tensor([1.0, 0, 0, 1, 0, 0]).view(1, 1, 2, 3)


def test_hand_case() -> None:
    # TP 1, FN 2, FP 1
    index = (1 + 1) / (1 + 0.7 * 2 + 0.3 * 1 + 1)
    found = FocalTverskyLoss()(PRED, MASK)
    assert found.item() == pytest.approx((1 - index) ** 0.75)


def test_misses_cost_more_than_false_alarms() -> None:
    loss = FocalTverskyLoss()
    miss, alarm = MASK.clone(), MASK.clone()
    miss[..., 0, 0], alarm[..., 1, 0] = 0, 1
    assert loss(miss, MASK) > loss(alarm, MASK) > loss(MASK, MASK)


def test_is_the_dice_loss_without_focus_and_with_equal_weights() -> None:
    torch.manual_seed(0)
    logits, target = torch.randn(3, 2, 8, 8), torch.randint(2, (3, 2, 8, 8))
    ours = FocalTverskyLoss(0.5, 0.5, 1.0, sigmoid=True, batch=False, smooth=0.5)
    dice = DiceLoss(sigmoid=True, smooth_nr=1.0, smooth_dr=1.0)
    torch.testing.assert_close(ours(logits, target), dice(logits, target.float()))


def test_batch_counts_all_images_together() -> None:
    pred = torch.cat([PRED, torch.zeros_like(PRED)])
    mask = torch.cat([MASK, torch.zeros_like(MASK)])
    together, each = FocalTverskyLoss(), FocalTverskyLoss(batch=False)
    torch.testing.assert_close(together(pred, mask), together(PRED, MASK))
    assert each(pred, mask) == pytest.approx(each(PRED, MASK).item() / 2, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 99),
    alpha=st.floats(0.05, 0.95),
    gamma=st.floats(1, 3),
    batch=st.booleans(),
)
def test_lies_in_0_1_and_its_gradient_is_finite(
    seed: int, alpha: float, gamma: float, batch: bool
) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits = 20 * torch.randn(2, 1, 5, 5, generator=generator)
    target = (torch.rand(2, 1, 5, 5, generator=generator) > 0.8).float()
    logits.requires_grad_()
    value = FocalTverskyLoss(alpha, 1 - alpha, gamma, sigmoid=True, batch=batch)(
        logits, target
    )
    value.backward()
    assert 0 <= value <= 1 and logits.grad.isfinite().all()


@pytest.mark.parametrize("target", [torch.zeros(2, 1, 4, 4), torch.ones(2, 1, 4, 4)])
def test_a_perfect_prediction_has_a_finite_gradient(target: torch.Tensor) -> None:
    # The derivative of x^(3/4) is infinite at 0.
    logits = (target * 400 - 200).requires_grad_()
    value = FocalTverskyLoss(sigmoid=True)(logits, target)
    value.backward()
    assert value < 1e-4 and logits.grad.isfinite().all()


@pytest.mark.parametrize(
    "wrong",
    [{"alpha": -1}, {"beta": -1}, {"alpha": 0, "beta": 0}, {"gamma": 0.75}]
    + [{"smooth": 0}],
)
def test_bad_settings(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        FocalTverskyLoss(**wrong)
